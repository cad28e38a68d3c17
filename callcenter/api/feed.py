"""How well each PBX is heard: age, gaps, what was not understood, what the sources disagree on, what is still to do."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime

from pydantic import Field

from callcenter.api.liveness import PbxStatus
from callcenter.api.models import Count, Nothing, Seconds, Shown
from callcenter.api.ops import Op, Permission
from callcenter.api.picture import FeedState
from callcenter.api.site import Site
from callcenter.domain.errors import GroupLost
from callcenter.domain.ids import PbxId, Source
from callcenter.ports import FeedGap, FeedReport

RECORDER = "recorder"
MOST_DEAD_LETTERS = 1000


class GapShown(Shown):
    """A stretch in which a source was not heard; ``filled_from`` is the source that told what it would have."""

    source: Source
    started_at: datetime
    ended_at: datetime | None
    reason: str
    filled_from: Source | None


class PbxFeed(Shown):
    """The health of one PBX's feed. ``state`` is null for a PBX that only files told of.

    ``final`` says that nothing heard so far is still on its way into the figures.
    """

    pbx: str
    state: FeedState | None
    last_event_at: datetime | None
    age_seconds: Seconds | None
    gaps: tuple[GapShown, ...]
    anomalies: dict[str, int]
    unknown_events: dict[str, int]
    problems: dict[str, int]
    events_by_source: dict[str, int]
    disagreements: Count
    dead_letters: Count = Field(description=f"Entries that could not be handled; counted up to {MOST_DEAD_LETTERS}")
    final: bool


class FeedShown(Shown):
    """The feeds of all PBXs."""

    pbxs: tuple[PbxFeed, ...]


async def show_feed(site: Site, asked: Nothing) -> FeedShown:
    """The health of every feed."""
    return FeedShown(pbxs=tuple(await feeds(site)))


async def feeds(site: Site) -> list[PbxFeed]:
    """The health of each PBX's feed, followed PBXs first."""
    statuses = {status.pbx: status for status in site.hub.statuses()}
    return await asyncio.gather(*(_feed(site, pbx, statuses.get(pbx)) for pbx in await site.all_pbxs()))


async def _feed(site: Site, pbx: PbxId, status: PbxStatus | None) -> PbxFeed:
    report = await site.archive.feed(pbx)
    dead, backlog = await _stream_figures(site, pbx) if status else (0, 0)
    last = status.last_event_at if status else _read_until(report)
    return PbxFeed(
        pbx=pbx,
        state=status.state if status else None,
        last_event_at=last,
        age_seconds=_age(site, last, status),
        gaps=tuple(map(_gap, report.gaps)),
        anomalies=dict(report.anomalies),
        unknown_events=_summed(progress.unknown for progress in report.progress),
        problems=_summed(progress.problems for progress in report.progress),
        events_by_source={source.value: count for source, count in report.events_by_source.items()},
        disagreements=report.disagreements,
        dead_letters=dead,
        final=report.stale_marks == 0 and backlog == 0,
    )


async def recorder_backlog(site: Site, pbx: PbxId) -> int | None:
    """Stream entries that the recorder has not stored yet; None while it has not begun to read."""
    try:
        return await site.stream.backlog(pbx, RECORDER)
    except GroupLost:
        return None


async def _stream_figures(site: Site, pbx: PbxId) -> tuple[int, int | None]:
    dead = await site.stream.dead(pbx, limit=MOST_DEAD_LETTERS)
    return len(dead), await recorder_backlog(site, pbx)


def _age(site: Site, last: datetime | None, status: PbxStatus | None) -> float | None:
    if last is None or status is None:
        return None
    return max(0.0, (site.clock.now() - last).total_seconds() + status.clock_offset_seconds)


def _read_until(report: FeedReport) -> datetime | None:
    return max((progress.read_until for progress in report.progress if progress.read_until), default=None)


def _gap(gap: FeedGap) -> GapShown:
    return GapShown(
        source=gap.source,
        started_at=gap.started_at,
        ended_at=gap.ended_at,
        reason=gap.reason,
        filled_from=gap.filled_from,
    )


def _summed(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for count in counts:
        total.update(count)
    return dict(total.most_common())


OPS: tuple[Op[Site], ...] = (
    Op(
        path="/api/v1/feed",
        name="getFeed",
        summary="How well each PBX is heard",
        tag="operations",
        permission=Permission.OPERATIONS,
        returns=FeedShown,
        run=show_feed,
    ),
)
