"""Gaps in the hearing of a source, from what is known of its connections."""

import random

import pytest

from adapters.store.gaps import UNTOLD, FeedChange, HeardSource, feed_gaps, filled, period_of
from callcenter.domain.ids import Source
from callcenter.domain.periods import Period
from callcenter.ports import FeedGap
from tests.support.agents import PBX, at

AMI, LOG = Source.AMI, Source.QUEUE_LOG


def began(seconds: float, connection: str, source: Source = AMI) -> FeedChange:
    return FeedChange(source, connection, at(seconds), restored=True, reason="")


def ended(seconds: float, connection: str, source: Source = AMI, reason: str = "timeout") -> FeedChange:
    return FeedChange(source, connection, at(seconds), restored=False, reason=reason)


def gaps(*changes: FeedChange, read: dict[str, float] | None = None) -> list[tuple[float, float | None, str]]:
    """(start, end, reason) in seconds, whatever the order in which the changes are told."""
    read_until = {(AMI, name): at(seconds) for name, seconds in (read or {}).items()}
    found = feed_gaps(PBX, changes, read_until)
    shuffled = list(changes)
    for seed in range(5):
        random.Random(seed).shuffle(shuffled)
        assert feed_gaps(PBX, shuffled, read_until) == found
    start = at(0)
    return [
        (
            (gap.started_at - start).total_seconds(),
            None if gap.ended_at is None else (gap.ended_at - start).total_seconds(),
            gap.reason,
        )
        for gap in found
    ]


@pytest.mark.parametrize(
    ("changes", "read", "wanted"),
    [
        ([], {}, []),
        ([began(0, "a")], {"a": 50}, []),
        ([began(0, "a"), ended(10, "a")], {}, [(10, None, "timeout")]),
        ([ended(10, "a")], {}, [(10, None, "timeout")]),
        ([began(0, "a"), ended(10, "a"), began(30, "b")], {"b": 90}, [(10, 30, "timeout")]),
        (
            [ended(10, "a"), began(30, "b"), ended(40, "b"), began(60, "c")],
            {},
            [(10, 30, "timeout"), (40, 60, "timeout")],
        ),
        # ended without a word: heard up to what was read of it
        ([began(0, "a"), began(30, "b")], {"a": 12, "b": 90}, [(12, 30, UNTOLD)]),
        ([began(0, "a"), began(30, "b")], {"a": 30, "b": 90}, []),
        ([began(0, "a"), began(30, "b")], {}, [(0, 30, UNTOLD)]),
        # two adapters side by side cover for each other
        ([began(0, "a"), began(5, "b"), ended(10, "a"), began(30, "c")], {"b": 90, "c": 90}, []),
        ([began(0, "a"), began(5, "b"), ended(10, "a")], {"b": 90}, []),
        ([began(0, "a"), began(5, "b"), ended(10, "a"), ended(20, "b")], {}, [(20, None, "timeout")]),
        # one name for every connection
        (
            [began(0, "x"), ended(10, "x"), began(30, "x"), ended(50, "x")],
            {},
            [(10, 30, "timeout"), (50, None, "timeout")],
        ),
        ([began(0, "x"), began(30, "x"), ended(50, "x")], {}, [(50, None, "timeout")]),
        ([began(0, "x"), ended(10, "x"), ended(20, "x")], {}, [(10, None, "timeout")]),
        # at one instant the end comes first
        ([began(0, "x"), ended(10, "x"), began(10, "x")], {"x": 90}, []),
    ],
)
def test_gaps(changes: list[FeedChange], read: dict[str, float], wanted: list[tuple[float, float | None, str]]) -> None:
    assert gaps(*changes, read=read) == wanted


def test_each_source_has_its_own() -> None:
    found = feed_gaps(PBX, [ended(1, "a", AMI), began(9, "b", AMI), ended(2, "f", LOG)], {})
    assert [(gap.source, gap.started_at) for gap in found] == [(AMI, at(1)), (LOG, at(2))]


class TestFilling:
    GAP = FeedGap(PBX, AMI, at(10), at(20), "timeout", None)

    @pytest.mark.parametrize(
        ("first", "until", "source", "does"),
        [
            (0, 30, LOG, True),
            (10, 20, LOG, True),
            (11, 30, LOG, False),
            (0, 19, LOG, False),
            (0, 30, AMI, False),
        ],
    )
    def test_by_a_source_that_was_heard_all_the_while(
        self, first: float, until: float, source: Source, does: bool
    ) -> None:
        found = filled([self.GAP], [HeardSource(source, at(first), at(until))])
        assert [gap.filled_from for gap in found] == [LOG if does else None]

    @pytest.mark.parametrize(
        ("start", "end", "does"), [(12, 14, False), (0, 11, False), (19, None, False), (20, 25, True)]
    )
    def test_not_by_one_that_had_a_gap_itself(self, start: float, end: float | None, does: bool) -> None:
        other = FeedGap(PBX, LOG, at(start), None if end is None else at(end), "x", None)
        heard = [HeardSource(LOG, at(-99), at(99)), HeardSource(AMI, at(22), at(99))]
        assert [gap.filled_from for gap in filled([self.GAP, other], heard)] == [LOG if does else None, None]

    def test_an_open_gap_is_filled_by_nobody(self) -> None:
        gap = FeedGap(PBX, AMI, at(10), None, "timeout", None)
        assert filled([gap], [HeardSource(LOG, at(0), at(99))]) == [gap]


def test_the_whole_that_sources_told_of() -> None:
    assert period_of([]) is None
    heard = [HeardSource(LOG, at(5), at(9)), HeardSource(AMI, at(6), at(20))]
    assert period_of(heard) == Period(at(5), at(20))
