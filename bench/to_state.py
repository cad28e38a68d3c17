"""Row 3: from the AMI socket to a worker's state, against the server's own benchmark, in turns.

Three processes as in production: what sends a recorded day, the adapter, and a worker that reads as a consumer group,
drops what it has seen, folds every call that gained an event, and acknowledges. Measured with a journal and a server
that sync before they answer, as in production, and with nothing on disk, where the disk slows down neither side.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from statistics import median

from adapters.ami.reader import FrameReader
from adapters.ami.report import HeardOn
from adapters.ami.translate import IGNORED, WANTED, translate
from adapters.streams.link import connect
from adapters.streams.redis import RedisEventStream
from bench.adapter import PBX, hearing
from bench.flood import flooding
from bench.harness import DAY, Bench, Goal, Row, count_events, ratios, recorded
from bench.publish import NO_TOOL, reference_rate, reference_tool
from bench.servers import server
from callcenter.bootstrap.backbone import SystemClock
from callcenter.codec import decode_batch
from callcenter.domain.batches import Batch
from callcenter.domain.calls.fold import fold_call
from callcenter.domain.calls.grouping import LegSets
from callcenter.domain.calls.legs import legs_of
from callcenter.domain.calls.visits import FoldedCall
from callcenter.domain.event import Event
from callcenter.domain.ids import LegId

GROUP = "bench"


def rows(rounds: int) -> Iterator[Row]:
    """Row 3 on both kinds of server."""
    tool = reference_tool()
    for durable in (True, False):
        what = f"AMI socket to a worker's state, {'synced' if durable else 'nothing on disk'}"
        goal = Goal(0.75, "{:.0%}")
        if tool is None:
            yield Row(number=3, what=what, goal=goal, skipped=NO_TOOL)
        else:
            ours, theirs = asyncio.run(_measure(tool, rounds, durable=durable))
            detail = f"{median(ours):,.0f} AMI events/s against {median(theirs):,.0f} entries/s"
            reference = "redis-benchmark, the same server"
            yield Row(number=3, what=what, reference=reference, goal=goal, figures=ratios(ours, theirs), detail=detail)


BENCH = Bench((3,), rows)


async def _measure(tool: str, rounds: int, *, durable: bool) -> tuple[list[float], list[float]]:
    ours, theirs = [], []
    for _ in range(rounds):
        async with server(durable=durable) as running:
            ours.append(await _rate(running.url, durable=durable))
        async with server(durable=durable) as running:
            theirs.append(await reference_rate(tool, running.url))
    return ours, theirs


async def _rate(url: str, *, durable: bool) -> float:
    """AMI events per second, from the first byte to the last acknowledgement."""
    link = connect(url)
    stream, state = RedisEventStream(link), State()
    await stream.join(PBX, GROUP)
    with flooding(DAY) as port:
        async with hearing(port, url, journal=durable) as adapter:
            began = time.perf_counter()
            adapter.begin()
            while not adapter.published.done() or await stream.backlog(PBX, GROUP):
                await state.work(stream)
    await link.close()
    assert len(state.seen) == _facts(), f"{len(state.seen)} facts of {_facts()} arrived"
    return count_events(recorded(DAY)) / (state.acknowledged_at - began)


@cache
def _facts() -> int:
    """Facts about calls in the recorded day."""
    reader, heard_on = FrameReader(WANTED, IGNORED), HeardOn(PBX, "recorded")
    frames = reader.feed(recorded(DAY), SystemClock().now())
    facts = {event.event_id for frame in frames for event in translate(frame, heard_on) if legs_of(event)}
    return len(facts)


@dataclass(slots=True)
class State:
    """All calls as they are, from events that may come again and in any order."""

    acknowledged_at: float = 0.0
    seen: set[bytes] = field(default_factory=set)
    legs: LegSets = field(default_factory=LegSets)
    events: dict[LegId, list[Event]] = field(default_factory=dict)
    calls: dict[LegId, FoldedCall] = field(default_factory=dict)

    async def work(self, stream: RedisEventStream) -> None:
        """Read some entries, take them in, acknowledge them."""
        deliveries = await stream.read(PBX, GROUP, "worker", limit=64, wait_seconds=0.1)
        self._take([decode_batch(delivery.payload) for delivery in deliveries])
        await stream.acknowledge(PBX, GROUP, [delivery.entry_id for delivery in deliveries])
        if deliveries:
            self.acknowledged_at = time.perf_counter()

    def _take(self, batches: Sequence[Batch]) -> None:
        touched = {root for batch in batches for event in batch.events if (root := self._add(event)) is not None}
        for root in touched & self.events.keys():
            self.calls[root] = fold_call(PBX, root, self.events[root])

    def _add(self, event: Event) -> LegId | None:
        """Put an event that is new to its call; returns the call."""
        legs = legs_of(event)
        if event.event_id in self.seen or not legs:
            return None
        self.seen.add(event.event_id)
        parts = {self.legs.find(leg) for leg in legs}
        root = self.legs.tie(legs)
        for part in parts - {root}:
            self.events.setdefault(root, []).extend(self.events.pop(part, ()))
            self.calls.pop(part, None)
        self.events.setdefault(root, []).append(event)
        return root
