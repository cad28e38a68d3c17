"""A day on each Asterisk, with and without timestamps: every number of ours is the PBX's own."""

from collections import Counter
from typing import Any

import pytest

from tests.asterisk.conftest import asterisk_of
from tests.asterisk.lab.configuration import Setup
from tests.asterisk.lab.day import SOURCES, Day, day
from tests.asterisk.lab.measured import CLOSED_TWICE
from tests.asterisk.lab.packages import SUITES
from tests.asterisk.lab.stories import all_stories

DAYS = {
    f"{version}{'' if timestamps else ', no timestamps'}": Setup(version=version, timestamps=timestamps)
    for version in SUITES
    for timestamps in (True, False)
}


@pytest.fixture(scope="module", params=DAYS)
def chosen(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
async def lived(chosen: str, tmp_path_factory: pytest.TempPathFactory) -> Day:
    """Each day is lived once."""
    setup = DAYS[chosen]
    return await day(setup, asterisk_of(setup.version), tmp_path_factory.mktemp("day"))


@pytest.mark.parametrize("source", SOURCES)
def test_every_figure_is_the_pbxs_own(lived: Day, source: str, chosen: str, record_property: Any) -> None:
    record_property("lab", (f"all figures, {source}", chosen))
    different = lived.differences(source)
    assert not different, "\n".join(different)


@pytest.mark.parametrize("source", SOURCES)
def test_nothing_was_strange_to_us(lived: Day, source: str) -> None:
    """No event or row that we do not know, none that we could not read, nothing that cannot be.

    But for two things that Asterisk does: some transfers it writes down twice, as an end, too; and some talks longer
    than they were, which we tell as a disagreement.
    """
    feed = lived.reports[source]["feed"]
    feed["anomalies"].pop(CLOSED_TWICE, None)
    assert {key: feed[key] for key in ("unknown", "problems", "anomalies", "disagreements", "gaps")} == {
        "unknown": {},
        "problems": {},
        "anomalies": {},
        "disagreements": len(lived.log_is_wrong()) if SOURCES[source][0] else 0,
        "gaps": [],
    }


@pytest.mark.parametrize("name", all_stories())
def test_story(lived: Day, name: str, chosen: str, record_property: Any) -> None:
    """What the story expects is what the PBX wrote; that ours is equal to the PBX's is shown above, for all at once."""
    record_property("lab", (name.replace("_", " "), chosen))
    scene, error = lived.scenes[name]
    if error is not None:
        raise error
    wrong = []
    counted: Counter[tuple[str, str]] = Counter()
    for expected in scene.expected:
        if expected.outcome.startswith("refused"):
            wrong += _refused(lived, expected.queue, expected.outcome)
            continue
        place = counted[expected.number, expected.queue]
        counted[expected.number, expected.queue] += 1
        found = lived.truth.of(expected.number, expected.queue)[place : place + 1]
        if not found:
            wrong.append(f"{expected} is not in queue_log")
            continue
        visit = found[0]
        if visit.outcome != expected.outcome or (expected.agent or visit.agent) != visit.agent:
            wrong.append(f"{expected}, but {visit}")
        if expected.transferred is not None and visit.transferred != expected.transferred:
            wrong.append(f"{expected}, but {visit}")
    wrong += lived.wrong_measures(name)
    assert not wrong, "\n".join(wrong)


def _refused(lived: Day, queue: str, kind: str) -> list[str]:
    """A caller who was refused has no visit: they are counted."""
    expected = sum(
        (one.queue, one.outcome) == (queue, kind) for scene, _ in lived.scenes.values() for one in scene.expected
    )
    written = sum(refused[1:] == (queue, kind) for refused in lived.truth.refused)
    return [] if written == expected else [f"{queue}: {written} refused instead of {expected}"]


def test_nobody_is_left_on_the_floor(lived: Day, chosen: str, record_property: Any) -> None:
    record_property("lab", ("nobody left on the floor", chosen))
    waiting = {key: queue["waiting"] for key, queue in lived.floor["queues"].items() if queue["waiting"]}
    busy = {key: agent["activity"] for key, agent in lived.floor["agents"].items() if agent.get("call")}
    assert (waiting, busy) == ({}, {})
