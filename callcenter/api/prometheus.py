"""Figures for Prometheus. Names stay stable; labels bear PBXs, queues and states, never agents or callers."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from typing import TypeVar

from aiohttp import web
from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from callcenter.api.feed import PbxFeed, feeds, recorder_backlog
from callcenter.api.figures import OUTCOMES, QueueToday
from callcenter.api.live import LiveQueue
from callcenter.api.models import Nothing
from callcenter.api.ops import Op, Permission
from callcenter.api.picture import QUEUES, FeedState
from callcenter.api.site import Site
from callcenter.domain.ids import PbxId

Q = TypeVar("Q", LiveQueue, QueueToday)
Sample = tuple[tuple[str, ...], float | None]
Told = tuple[str, str]
"""A name without its prefix, and what it says."""

_FLOOR: Mapping[Told, Callable[[LiveQueue], float | None]] = {
    ("queue_waiting", "Callers waiting now"): lambda queue: len(queue.waiting),
}
_TODAY: Mapping[Told, Callable[[QueueToday], float | None]] = {
    ("queue_offered_today", "Visits that entered today"): lambda queue: queue.offered,
    ("queue_transferred_today", "Answered visits of today that ended in a transfer"): lambda queue: queue.transferred,
    (
        "queue_average_speed_of_answer_today_seconds",
        "Mean wait of today's answered visits",
    ): lambda queue: queue.average_speed_of_answer_seconds,
    (
        "queue_average_handle_time_today_seconds",
        "Mean handle time of today's answered visits",
    ): lambda queue: queue.average_handle_time_seconds,
}
_FEED: Mapping[Told, Callable[[PbxFeed], float | None]] = {
    ("feed_age_seconds", "Age of the last event heard"): lambda feed: feed.age_seconds,
    ("feed_final", "1 if nothing heard is still on its way into figures"): lambda feed: feed.final,
    ("feed_gaps", "Stretches in which a source was not heard"): lambda feed: len(feed.gaps),
    ("feed_gaps_open", "Sources that are not heard now"): lambda feed: sum(gap.ended_at is None for gap in feed.gaps),
    ("unknown_events", "Events in no table; their names are at /api/v1/feed"): lambda feed: sum(
        feed.unknown_events.values()
    ),
    ("disagreements", "Facts told differently by two sources"): lambda feed: feed.disagreements,
    ("dead_letters", "Stream entries that could not be handled"): lambda feed: feed.dead_letters,
}


class _Moment(Collector):
    """One scrape's families, gathered before they are written."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = tuple(families)

    def collect(self) -> Iterator[Metric]:
        yield from self._families


async def show_metrics(site: Site, asked: Nothing) -> web.Response:
    """Everything at this moment."""
    health, today = await asyncio.gather(feeds(site), site.today.read())
    backlogs = {pbx: await recorder_backlog(site, pbx) for pbx in site.pbxs}
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Moment([*_floor(site), *_today(today.shown.queues), *_feeds(health, backlogs)]))
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    return web.Response(body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})


def _floor(site: Site) -> Iterator[Metric]:
    queues = [LiveQueue.model_validate_json(text) for text in site.hub.picture.part(QUEUES).values()]
    yield from _by_queue(_FLOOR, queues)
    longest = (((queue.pbx, queue.queue), _longest_wait(site, queue)) for queue in queues)
    text = "Wait so far of the caller who waits longest"
    yield _gauge("queue_longest_wait_seconds", text, ("pbx", "queue"), longest)
    agents = (
        ((queue.pbx, queue.queue, state), count)
        for queue in queues
        for state, count in queue.agents.model_dump().items()
    )
    text = "Agents of a queue by state; signed_in are those of all states but absent ones"
    yield _gauge("queue_agents", text, ("pbx", "queue", "state"), agents)


def _longest_wait(site: Site, queue: LiveQueue) -> float:
    if queue.longest_wait_since is None:
        return 0.0
    offset = next(status.clock_offset_seconds for status in site.hub.statuses() if status.pbx == queue.pbx)
    pbx_now = site.clock.now() + timedelta(seconds=offset)
    return max(0.0, (pbx_now - queue.longest_wait_since).total_seconds())


def _today(queues: tuple[QueueToday, ...]) -> Iterator[Metric]:
    yield from _by_queue(_TODAY, queues)
    outcomes = (((q.pbx, q.queue, outcome), getattr(q, outcome)) for q in queues for outcome in OUTCOMES)
    yield _gauge("queue_visits_today", "Visits that entered today", ("pbx", "queue", "outcome"), outcomes)
    refused = (
        ((q.pbx, q.queue, reason), count)
        for q in queues
        for reason, count in (("full", q.refused_full), ("empty", q.refused_empty))
    )
    yield _gauge("queue_refused_today", "Callers not let in today", ("pbx", "queue", "reason"), refused)
    levels = (((q.pbx, q.queue, q.service_level.definition), q.service_level.ratio) for q in queues)
    yield _gauge("queue_service_level_today_ratio", "Service level today", ("pbx", "queue", "definition"), levels)


def _feeds(health: list[PbxFeed], backlogs: Mapping[PbxId, int | None]) -> Iterator[Metric]:
    for (name, text), value in _FEED.items():
        yield _gauge(name, text, ("pbx",), (((feed.pbx,), value(feed)) for feed in health))
    backlog = (((pbx,), count) for pbx, count in backlogs.items())
    yield _gauge("stream_backlog_entries", "Stream entries not recorded yet", ("pbx",), backlog)
    states = (((f.pbx, state.value), f.state is state) for f in health if f.state for state in FeedState)
    yield _gauge("feed_state", "1 for the state that a feed is in", ("pbx", "state"), states)
    events = (((feed.pbx, source), count) for feed in health for source, count in feed.events_by_source.items())
    yield _gauge("events_stored", "Events in the store", ("pbx", "source"), events)
    anomalies = (((feed.pbx, kind), count) for feed in health for kind, count in feed.anomalies.items())
    yield _gauge("anomalies", "What the fold did not expect", ("pbx", "kind"), anomalies)
    problems = (((feed.pbx, kind), count) for feed in health for kind, count in feed.problems.items())
    yield _gauge("source_problems", "What could not be read from a source", ("pbx", "kind"), problems)


def _by_queue(table: Mapping[Told, Callable[[Q], float | None]], queues: Iterable[Q]) -> Iterator[Metric]:
    for (name, text), value in table.items():
        yield _gauge(name, text, ("pbx", "queue"), (((q.pbx, q.queue), value(q)) for q in queues))


def _gauge(name: str, text: str, labels: tuple[str, ...], samples: Iterable[Sample]) -> GaugeMetricFamily:
    """A family of one gauge; where there is no value there is no sample."""
    family = GaugeMetricFamily(f"callcenter_{name}", text, labels=labels)
    for label, value in samples:
        if value is not None:
            family.add_metric(label, float(value))
    return family


OPS: tuple[Op[Site], ...] = (
    Op(
        path="/metrics",
        name="getMetrics",
        summary="Figures for Prometheus",
        tag="operations",
        permission=Permission.OPERATIONS,
        returns=None,
        run=show_metrics,
        media="text/plain",
    ),
)
