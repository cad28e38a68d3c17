"""One day: every story at once on one PBX, with the service listening, and what both say when it is over.

The service knows the PBX under three names, one for each way of hearing it, so one day judges all three.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.asterisk.lab.comparison import by_id, differences, talk_differences, visit_differences
from tests.asterisk.lab.configuration import PHONES, Setup
from tests.asterisk.lab.measured import SLACK_SECONDS, wrong_measures
from tests.asterisk.lab.packages import Installation
from tests.asterisk.lab.pbx import Pbx, running
from tests.asterisk.lab.product import Heard, Product, product
from tests.asterisk.lab.stories import Expected, Scene, all_stories, dialplan, play, queues_conf
from tests.asterisk.lab.truth import Truth, Visit, queue_log_rows, truth_of

SOURCES = {"both": (True, True), "ami": (True, False), "queue-log": (False, True)}
"""Name → whether AMI and queue_log are heard."""

_MEASURED = ("both", "ami")
"""Where talk and hold are measured, not just stated."""

_SETTLED_SECONDS = 30


@dataclass
class Day:
    """What a day left behind."""

    scenes: dict[str, tuple[Scene, BaseException | None]]
    truth: Truth
    reports: dict[str, dict[str, Any]] = field(default_factory=dict)
    visits: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    told: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The stories of the visits that phones measured, by source and visit."""
    floor: dict[str, Any] = field(default_factory=dict)

    def differences(self, source: str) -> list[str]:
        """Between the service and the PBX, cell by cell and visit by visit."""
        ami, log = SOURCES[source]
        truth = self.truth if log else self._known_to_ami(source)
        cells = differences(truth, self.reports[source], ami=ami)
        return cells + visit_differences(truth, self.visits[source]) + self._talks(source, ami=ami)

    def _known_to_ami(self, source: str) -> Truth:
        """The truth, but for two things that AMI alone may tell otherwise: whether a race was a transfer; and how long
        somebody waited who left by a key, since AMI states no seconds of that, so that they are cut elsewhere."""
        told = {visit["visit_id"]: visit for visit in self.visits[source]}
        races = {visit_id for one, visit_id, _ in self.measures() if one.measured and one.measured.race}
        visits = []
        for visit_id, visit in by_id(self.truth).items():
            ours = told.get(visit_id, {})
            if visit_id in races and ours:
                visit = replace(visit, transferred=ours["transferred"])
            if visit.outcome == "exited_by_key" and abs(ours.get("wait_seconds", 0) - (visit.wait or 0)) == 1:
                visit = replace(visit, wait=ours["wait_seconds"])
            visits.append(visit)
        return replace(self.truth, visits=visits)

    def _talks(self, source: str, *, ami: bool) -> list[str]:
        wrong = {visit_id for _, visit_id, _ in self.log_is_wrong()} if ami else set()
        ours = [visit for visit in self.visits[source] if visit["visit_id"] not in wrong]
        right = Truth([visit for visit_id, visit in by_id(self.truth).items() if visit_id not in wrong])
        return talk_differences(right, ours, SLACK_SECONDS if ami else 0)

    def log_is_wrong(self) -> list[tuple[Expected, str, Visit]]:
        """Those whose talk the PBX itself writes down wrongly."""
        return [one for one in self.measures() if one[0].measured and one[0].measured.log_is_wrong]

    def measures(self) -> Iterator[tuple[Expected, str, Visit]]:
        """What phones measured, with the id of the visit and what queue_log says of it."""
        counted: Counter[tuple[str, str]] = Counter()
        known = by_id(self.truth).items()
        for expected in (one for scene, _ in self.scenes.values() for one in scene.expected):
            key = (expected.number, expected.queue)
            own = [(visit_id, visit) for visit_id, visit in known if (visit.caller, visit.queue) == key]
            place = counted[key]
            counted[key] += 1
            if expected.measured is not None and place < len(own):
                yield (expected, *own[place])

    def wrong_measures(self, story: str = "") -> list[str]:
        """Where phones, queue_log and service do not agree, in all stories or one."""
        return [
            f"{source}: {line}"
            for expected, visit_id, logged in self.measures()
            if not story or expected in self.scenes[story][0].expected
            for source in _MEASURED
            if expected.measured and visit_id in self.told[source]
            for line in wrong_measures(expected.measured, logged, self.told[source][visit_id])
        ]


async def day(setup: Setup, asterisk: Installation, folder: Path) -> Day:
    """Live through it."""
    stories = all_stories()
    with_queues = replace(setup, queues=queues_conf(stories), dialplan=dialplan(stories))
    free = iter(PHONES)
    async with running(with_queues, asterisk) as pbx:
        heard = [Heard(name=name, pbx=pbx, ami=ami, queue_log=log) for name, (ami, log) in SOURCES.items()]
        async with product(folder, heard) as service:
            await service.until_live(*(one.name for one in heard if one.ami))
            played = await asyncio.gather(*(play(one, pbx, free) for one in stories.values() if not one.alone))
            played += [await play(one, pbx, free) for one in stories.values() if one.alone]
            lived = Day({scene.story.name: (scene, error) for scene, error in played}, Truth())
            await _settle(lived, pbx, service)
    return lived


async def _settle(lived: Day, pbx: Pbx, service: Product) -> None:
    """Ask until all is equal, or long enough; what is asked last is what counts."""
    lived.truth = truth_of(queue_log_rows(pbx.queue_log, pbx.setup.rotation))
    end = asyncio.get_running_loop().time() + _SETTLED_SECONDS
    while True:
        for source in SOURCES:
            lived.reports[source] = await service.report(source)
            lived.visits[source] = await service.visits(source)
        for source in _MEASURED:
            lived.told[source] = {one: await service.story(source, one) for _, one, _ in lived.measures()}
        lived.floor = await service.get("/api/v1/live")
        if (
            not (any(map(lived.differences, SOURCES)) or lived.wrong_measures())
            or asyncio.get_running_loop().time() > end
        ):
            return
        await asyncio.sleep(1)
