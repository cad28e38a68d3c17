"""The parts of the soak that decide: the trend, the verdict, and the traffic, in which all calls are new."""

import random
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from bench.soak import verdict
from bench.soak.__main__ import parse
from bench.soak.lanes import Lane, Part, Plan, day, parts
from bench.soak.pbx import quiet_second
from bench.soak.trend import quantile, trend
from bench.soak.verdict import Finding, Holds
from bench.soak.watch import Held, Sample

MINUTES = 60


def samples(growth_mib_per_hour: float, *, noise: float = 0.2, minutes: int = MINUTES, descriptors: int = 0) -> Any:
    draw = random.Random(1)
    return [
        Sample(
            at=float(at),
            processes={
                "up": Held(
                    resident_mib=100 + growth_mib_per_hour * at / 3600 + draw.uniform(-noise, noise),
                    descriptors=30 + descriptors * at // (60 * minutes),
                    threads=7,
                    cpu_seconds=at / 10,
                )
            },
            stored={},
        )
        for at in range(0, 60 * minutes, 5)
    ]


def by_name(findings: Iterator[Finding]) -> dict[str, Holds]:
    return {finding.what: finding.holds for finding in findings}


# --- the trend ---


def test_a_line_has_its_slope_and_outliers_do_not_move_it() -> None:
    points = [(60.0 * minute, 5.0 + minute / 60) for minute in range(60)]
    points[7], points[40] = (420.0, 1000.0), (2400.0, 0.0)
    found = trend(points)
    assert found is not None
    assert found.low <= 1.0 <= found.high
    assert found.slope == pytest.approx(1.0)


def test_the_interval_of_what_does_not_grow_holds_nought() -> None:
    draw = random.Random(7)
    found = trend((5.0 * n, draw.uniform(99, 101)) for n in range(720))
    assert found is not None
    assert found.low < 0 < found.high
    assert found.high - found.low < 1


def test_a_few_minutes_have_no_trend() -> None:
    assert trend((5.0 * n, 1.0) for n in range(40)) is None


def test_a_quantile_is_one_of_the_figures() -> None:
    assert quantile([0.3, 0.1, 0.2], 0.99) == 0.3
    assert quantile([0.1], 0.5) == 0.1


# --- the verdict ---


@pytest.mark.parametrize(
    ("growth", "minutes", "holds"),
    [
        (0.0, 60, Holds.YES),
        (0.5, 60, Holds.YES),
        (2.0, 60, Holds.NO),
        (0.5, 6, Holds.UNDECIDED),
        (0, 3, Holds.UNDECIDED),
    ],
)
def test_memory_that_grows_is_found_and_too_short_a_run_is_said(growth: float, minutes: int, holds: Holds) -> None:
    found = by_name(verdict.memory_findings(samples(growth, minutes=minutes)))
    assert found["memory of up"] is holds


@pytest.mark.parametrize(("more", "holds"), [(0, Holds.YES), (9, Holds.NO)])
def test_descriptors_that_are_never_given_back_are_found(more: int, holds: Holds) -> None:
    assert by_name(verdict.memory_findings(samples(0, descriptors=more)))["descriptors of up"] is holds


def test_rows_that_come_late_are_found() -> None:
    assert verdict.lag_finding([0.1] * 100).holds is Holds.YES
    assert verdict.lag_finding([0.1] * 98 + [3.0] * 2).holds is Holds.NO


LOG = """\
100|NONE|NONE|NONE|QUEUESTART|
101|1.1|sales|NONE|ENTERQUEUE||1|1
102|1.1|sales|Ann|CONNECT|1|1.2|1
103|1.3|sales|NONE|ENTERQUEUE||2|1
104|1.3|sales|NONE|ABANDON|1|1|1
105|1.4|support|NONE|ENTERQUEUE||3|1
"""


@pytest.mark.parametrize("wrong", ["", "offered", "answered", "abandoned", "timed_out"])
def test_one_call_too_many_is_found(tmp_path: Path, wrong: str) -> None:
    (tmp_path / "queue_log").write_text(LOG)
    counts = {"offered": 2, "answered": 1, "abandoned": 1, "timed_out": 0, "exited_by_key": 0, "exited_empty": 0}
    support = dict.fromkeys(counts, 0) | {"offered": 1, "queue": "support"}
    if wrong:
        counts[wrong] += 1
    report = {"queues": [counts | {"queue": "sales"}, support]}
    found = by_name(verdict.count_findings({"sales": 2, "support": 1}, tmp_path / "queue_log", report))
    assert {name for name, holds in found.items() if holds is Holds.NO} == (
        {f"{wrong}, in 2 queues"} if wrong else set()
    )


def test_a_gap_that_another_source_filled_is_none() -> None:
    feed = {"gaps": [{"filled_from": "queue_log"}], "dead_letters": 0, "problems": {}}
    assert set(by_name(verdict.health_findings(feed, [], 0)).values()) == {Holds.YES}
    feed["gaps"].append({"filled_from": None})
    assert by_name(verdict.health_findings(feed, [], 0))["gaps that nothing filled"] is Holds.NO
    assert by_name(verdict.health_findings(feed, ["WARNING"], 0))["complaints in the log"] is Holds.NO


def test_the_warm_up_is_fixed_before_the_run() -> None:
    assert parse(["--minutes", "10"]).warm_up_seconds == 300
    assert parse(["--minutes", "600"]).warm_up_seconds == 1500


# --- the traffic ---

APART = {
    "legs": re.compile(rb"niqueid: ([\d.]+)\r"),
    "bridges": re.compile(rb"ridgeUniqueid: ([0-9a-f-]+)\r"),
    "channels": re.compile(rb"Channel: ((?:PJSIP|Local)/[^\r]+-[0-9a-f]{8}[^\r]*)\r"),
    "queues": re.compile(rb"\nQueue: ([^\r]+)\r"),
    "members": re.compile(rb"\nInterface: ([^\r]+)\r"),
    "people": re.compile(rb"\nMemberName: ([^\r]+)\r"),
}
LASTING = {"queues", "members", "people"}
KINDS = (b"Event: QueueCallerJoin\r", b"Event: BridgeEnter\r", b"Event: AgentConnect\r")


def named(lane: int, shift: int, turn: int) -> dict[str, set[bytes]]:
    frames = [frame.data for frame in day().frames if frame.data.startswith(KINDS)]
    told = b"\n".join(Lane(lane).renamed(frame, shift, turn) for frame in frames)
    return {what: set(pattern.findall(told)) for what, pattern in APART.items()}


def test_no_two_turns_have_anything_in_common_but_a_lane_its_people() -> None:
    once, again, beside = named(0, 0, 0), named(0, 830, 8), named(1, 103, 1)
    assert all(len(names) > 5 for names in once.values())
    assert {what for what in APART if once[what] & again[what]} == LASTING
    assert {what for what in LASTING if once[what] != again[what]} == set()
    assert {what for what in APART if once[what] & beside[what]} == set()
    assert {what: len(names) for what, names in once.items()} == {what: len(names) for what, names in again.items()}


def test_frames_and_rows_of_a_turn_name_the_same_calls() -> None:
    legs = set(APART["legs"].findall(b"".join(f.data for f in day().frames if f.data.startswith(KINDS[:1]))))
    rows = {row.data.split(b"|")[1] for row in day().rows if b"|ENTERQUEUE|" in row.data}
    assert rows <= legs
    lane = Lane(3)
    shifted = {lane.renamed(b"Uniqueid: " + leg, 311, 3) for leg in rows}
    assert shifted == {b"Uniqueid: " + lane.renamed(b"9|" + leg + b"|", 311, 3).split(b"|")[1] for leg in rows}


def test_so_many_lanes_that_the_rate_is_as_asked() -> None:
    plan, calls = Plan.of(5), sum(b"|ENTERQUEUE|" in row.data for row in day().rows)
    assert plan.lanes * calls / plan.seconds == pytest.approx(5, rel=0.01)
    assert plan.seconds >= day().seconds
    assert [plan.begins(lane, 0) for lane in (0, 4)] == [0, plan.seconds // 2]
    assert plan.begins(2, 3) - plan.begins(2, 2) == plan.seconds


def test_a_lane_tells_in_the_order_of_time_from_its_beginning_on() -> None:
    plan = Plan.of(5)
    told = list(islice(parts(plan, 1, 2_000_000_000), 3000))
    assert [part.due for part in told] == sorted(part.due for part in told)
    assert told[0].due == pytest.approx(2_000_000_000 + plan.begins(1, 0), abs=2)


def test_it_stops_where_nothing_is_half_told() -> None:
    agent = b"Event: AgentConnect\r\nPrivilege: agent,all\r\n"
    near = [frame(at, agent) for at in (10.0, 11.99, 12.02, 13.4, 13.98, 15.01, 16.1, 18.0)]
    assert quiet_second(near) == 13


def frame(at: float, data: bytes) -> Part:
    return Part(due=at, at=at, lane=0, is_row=False, data=data)
