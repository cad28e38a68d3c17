"""When a source was not heard, worked out from when its connections began, ended and were last read.

A source is heard while any of its connections is: two adapters on one PBX cover for each other. A connection that ended
without a word was heard up to what was last read from it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

from callcenter.domain.ids import PbxId, Source
from callcenter.domain.periods import Period
from callcenter.ports import FeedGap

UNTOLD = "ended without notice"
"""The reason of a gap that nobody announced."""

STREAM_HOLE = "stream hole"
"""The reason of a gap between batches: lost on the way from the adapter to the store."""

_BEGINNING = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class FeedChange:
    """A connection to a source began (``restored``), or ended for a reason."""

    source: Source
    connection: str
    at: datetime
    restored: bool
    reason: str


@dataclass(frozen=True, slots=True)
class _Heard:
    """A stretch in which a source was heard. ``reason`` is why it ended, None if nobody said that it had."""

    start: datetime
    end: datetime
    reason: str | None


@dataclass(frozen=True, slots=True)
class HeardSource:
    """From when to when a source told of anything."""

    source: Source
    first_at: datetime
    until: datetime


def feed_gaps(
    pbx: PbxId, changes: Iterable[FeedChange], read_until: Mapping[tuple[Source, str], datetime]
) -> list[FeedGap]:
    """Every stretch in which a source was not heard; the last one is open if the source was lost and is still.

    ``read_until`` is how far each connection of each source was read.
    """
    by_source: dict[Source, dict[str, list[FeedChange]]] = defaultdict(lambda: defaultdict(list))
    for change in sorted(changes, key=lambda change: (change.at, change.restored)):
        by_source[change.source][change.connection].append(change)
    gaps: list[FeedGap] = []
    for source, connections in sorted(by_source.items()):
        stretches = [
            stretch for name, its in connections.items() for stretch in _stretches(its, read_until.get((source, name)))
        ]
        gaps += _between(pbx, source, _joined(stretches))
    return gaps


def filled(gaps: Sequence[FeedGap], heard: Sequence[HeardSource]) -> list[FeedGap]:
    """The gaps, each with the other source (if any) that was heard from its beginning to its end."""
    return [_filled(gap, gaps, heard) for gap in gaps]


def _filled(gap: FeedGap, gaps: Sequence[FeedGap], heard: Sequence[HeardSource]) -> FeedGap:
    for other in sorted(heard, key=lambda one: one.source, reverse=True):
        if other.source is gap.source or gap.ended_at is None:
            continue
        covers = other.first_at <= gap.started_at and other.until >= gap.ended_at
        if covers and not any(_overlap(gap, one) for one in gaps if one.source is other.source):
            return FeedGap(gap.pbx, gap.source, gap.started_at, gap.ended_at, gap.reason, other.source)
    return gap


def _overlap(one: FeedGap, other: FeedGap) -> bool:
    starts_before_end = one.ended_at is None or other.started_at < one.ended_at
    return starts_before_end and (other.ended_at is None or one.started_at < other.ended_at)


def _stretches(changes: Sequence[FeedChange], read_until: datetime | None) -> Iterator[_Heard]:
    """When one connection was heard. One that is only known to have ended had been heard before."""
    start: datetime | None = None if changes[0].restored else _BEGINNING
    for change in changes:
        if change.restored:
            start = start or change.at
        elif start is not None:
            yield _Heard(start, change.at, change.reason)
            start = None
    if start is not None:
        yield _Heard(start, max(start, read_until or start), None)


def _joined(stretches: Iterable[_Heard]) -> list[_Heard]:
    """Stretches without overlaps; the one that ends last says why."""
    joined: list[_Heard] = []
    for stretch in sorted(stretches, key=lambda one: (one.start, one.end)):
        if joined and stretch.start <= joined[-1].end:
            last = joined.pop()
            end = max(last, stretch, key=lambda one: one.end)
            stretch = _Heard(last.start, end.end, end.reason)
        joined.append(stretch)
    return joined


def _between(pbx: PbxId, source: Source, heard: Sequence[_Heard]) -> Iterator[FeedGap]:
    for before, after in pairwise(heard):
        reason = UNTOLD if before.reason is None else before.reason
        yield FeedGap(pbx, source, before.end, after.start, reason, None)
    if heard and heard[-1].reason is not None:
        yield FeedGap(pbx, source, heard[-1].end, None, heard[-1].reason, None)


def period_of(heard: Sequence[HeardSource]) -> Period | None:
    """From the first to the last instant that any source told of."""
    if not heard:
        return None
    return Period(min(one.first_at for one in heard), max(one.until for one in heard))
