"""Queues: as they are now, since the site's day began, and in the intervals of any period."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from pydantic import Field

from callcenter.api.figures import QueueFigures, QueuesToday, QueueToday, TodayShown, queue_fields, rules_of
from callcenter.api.intervals import IntervalsAsked, IntervalsShown, bounded, wanted
from callcenter.api.live import LiveQueue
from callcenter.api.liveness import PbxStatus
from callcenter.api.models import Asked, Id, Nothing, Shown
from callcenter.api.ops import Op, Permission
from callcenter.api.picture import QUEUES
from callcenter.api.site import Site
from callcenter.domain.ids import EVERY_PBX, PbxId, QueueName
from callcenter.domain.periods import Interval
from callcenter.domain.policies import SitePolicies
from callcenter.metrics.across import queue_across
from callcenter.metrics.definitions import QUEUE_METRICS, number
from callcenter.metrics.ruled import RulesInForce, ruled
from callcenter.ports import QueueRow


class LiveQueues(Shown):
    """All queues as they are now."""

    as_of: datetime
    pbxs: tuple[PbxStatus, ...]
    queues: tuple[LiveQueue, ...]


class QueuesTodayAsked(Asked):
    """Each PBX for itself, or added up."""

    across: Literal["pbxs"] | None = Field(default=None, description="pbxs: queues of one name added up, PBX name *")


class QueueIntervalsAsked(IntervalsAsked):
    """Which intervals of which queues."""

    queue: Id | None = None


class QueueInterval(QueueFigures):
    """One queue in one interval: the visits that entered it then."""

    start: datetime
    pbx: str
    queue: str
    name: str | None = Field(description="What the site calls the queue")
    measures: dict[str, float | None] = Field(description="The figures that were asked for by name")


class QueueIntervals(IntervalsShown):
    """Queue intervals in which anything happened, oldest first."""

    rows: tuple[QueueInterval, ...] = Field(description="Intervals in which nothing happened are left out")


async def list_live(site: Site, asked: Nothing) -> bytes:
    """All queues as they are now."""
    return site.hub.part(QUEUES)


async def show_today(site: Site, asked: QueuesTodayAsked) -> QueuesToday:
    """All queues since the site's day began."""
    today = (await site.today.read()).shown
    return QueuesToday(
        date=today.date,
        timezone=today.timezone,
        since=today.since,
        as_of=today.as_of,
        queues=_across(today) if asked.across else today.queues,
        total=today.total,
    )


def _across(today: TodayShown) -> tuple[QueueToday, ...]:
    """The sums over PBXs; of a single PBX they are its own figures."""
    return today.across or tuple(row.model_copy(update={"pbx": EVERY_PBX}) for row in today.queues)


async def list_intervals(site: Site, asked: QueueIntervalsAsked) -> QueueIntervals:
    """Queue figures, cut into intervals."""
    period = asked.chosen()
    pbx = PbxId(asked.pbx) if asked.pbx else None
    rows, settings = await asyncio.gather(site.archive.queue_rows(pbx, period), site.archive.queue_settings(pbx))
    chosen = [row for row in rows if asked.queue in (None, row.queue)]
    return QueueIntervals(
        since=period.start.astimezone(site.calendar.zone),
        until=period.end.astimezone(site.calendar.zone),
        interval=asked.interval,
        timezone=site.calendar.name,
        rows=await asyncio.to_thread(_rows, chosen, asked, site.policies, rules_of(site.policies, settings)),
    )


def _rows(
    rows: Sequence[QueueRow], asked: QueueIntervalsAsked, policies: SitePolicies, rules: RulesInForce
) -> tuple[QueueInterval, ...]:
    calendar, names = policies.calendar, policies.name_of
    subject = queue_across if asked.across else _each
    quarters = (
        (subject(row.pbx, row.queue), row.quarter, rules.of(row.pbx, row.queue, row.quarter), row.summary)
        for row in rows
    )
    sums = ruled(quarters, Interval(asked.interval), calendar, asked.since)
    measures = wanted(asked.measures, QUEUE_METRICS)
    return tuple(
        QueueInterval(
            start=start.astimezone(calendar.zone),
            pbx=pbx,
            queue=queue,
            name=names(queue),
            measures={row.name: number(figures.value(row)) for row in measures},
            **queue_fields(figures),
        )
        for (start, (pbx, queue)), figures in bounded(sums).items()
    )


def _each(pbx: PbxId, queue: QueueName) -> tuple[PbxId, QueueName]:
    return pbx, queue


OPS: tuple[Op[Site], ...] = (
    Op(
        path="/api/v1/queues",
        name="listQueues",
        summary="All queues as they are now",
        tag="queues",
        permission=Permission.LIVE,
        returns=LiveQueues,
        run=list_live,
    ),
    Op(
        path="/api/v1/queues/today",
        name="getQueuesToday",
        summary="All queues since the site's day began",
        tag="queues",
        permission=Permission.METRICS,
        query=QueuesTodayAsked,
        returns=QueuesToday,
        run=show_today,
    ),
    Op(
        path="/api/v1/queues/intervals",
        name="listQueueIntervals",
        summary="Queue figures in intervals",
        tag="queues",
        permission=Permission.METRICS,
        query=QueueIntervalsAsked,
        returns=QueueIntervals,
        run=list_intervals,
        description="A visit belongs to the interval in which it entered the queue. Days have 23 or 25 hours where "
        "the clock is changed.",
    ),
)
