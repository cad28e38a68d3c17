"""Row 14: what memory costs: an event in Redis, a call that lasts, each role, and a service that goes on.

Live calls are counted with tracemalloc; processes are measured by `resident`.
"""

import asyncio
import gc
import tracemalloc
from collections.abc import Iterator

from adapters.ami.frame import FrameKind
from adapters.ami.reader import FrameReader
from adapters.ami.report import HeardOn
from adapters.ami.translate import IGNORED, WANTED, translate
from adapters.streams.keys import Keys
from adapters.streams.link import connect
from bench import resident
from bench.adapter import PBX, hearing
from bench.harness import DAY, STORM, Bench, Goal, Row, recorded
from bench.servers import server
from callcenter.bootstrap.backbone import SystemClock
from callcenter.codec import decode_batch
from callcenter.domain.calls.events import CallOffered, LegEnded
from callcenter.domain.event import Event
from callcenter.domain.policies import SitePolicies
from callcenter.live import LiveState

MEBIBYTE = 1024 * 1024
_EPOCH, _LATER_EPOCH = b"17954", b"17955"
"""How all times and ids of the recorded traces begin, and how they begin 28 hours later."""


def rows(rounds: int) -> Iterator[Row]:
    """All of row 14. Numbers of bytes do not vary: only the processes are measured again and again."""
    size, events = asyncio.run(_stored_in_redis())
    yield Row(
        number=14,
        what="memory of a kept event in Redis",
        goal=Goal(300, "{:,.0f} B", at_most=True),
        figures=(size / events,),
        detail=f"{size / MEBIBYTE:.1f} MiB for {events:,} events with their wordings",
    )
    size, calls = _live_calls()
    yield Row(
        number=14,
        what="memory of a live call on the floor",
        goal=Goal(1000, "{:,.0f} B", at_most=True),
        figures=(size / calls,),
        detail=f"{calls} callers at once",
    )
    yield from resident.rows(rounds)


BENCH = Bench((14,), rows)


async def _stored_in_redis() -> tuple[int, int]:
    """Bytes of the stream of a recorded day, and the events in it."""
    async with server(durable=False) as running, hearing(DAY, running.url, journal=False) as adapter:
        adapter.begin()
        await adapter.published
        link, key = connect(running.url), Keys().events(PBX)
        size = int(await link.client.memory_usage(key, samples=0))
        entries = await link.client.xrange(key)
        events = sum(len(decode_batch(fields[b"batch"]).events) for _, fields in entries)
        await link.close()
    return size, events


def _live_calls() -> tuple[int, int]:
    """Bytes of all calls that last at the worst moment of a storm, and how many these are.

    The storm before it has filled what the floor remembers anyway.
    """
    storm = recorded(STORM)
    later = storm.replace(_EPOCH, _LATER_EPOCH)
    worst, calls = _worst_moment(later)
    state = LiveState(PBX, SitePolicies())
    tracemalloc.start()
    for event in _events(storm):
        state.apply(event)
    before = _traced()
    for number, event in enumerate(_events(later)):
        if number > worst:
            break
        state.apply(event)
    del event
    grown = _traced() - before
    tracemalloc.stop()
    return grown, calls


def _worst_moment(storm: bytes) -> tuple[int, int]:
    """The event after which most callers are there, and how many they are."""
    present: set[str] = set()
    worst = 0, 0
    for number, event in enumerate(_events(storm)):
        if isinstance(event, CallOffered):
            present.add(event.leg)
            worst = max(worst, (len(present), number))
        elif isinstance(event, LegEnded):
            present.discard(event.leg)
    return worst[1], worst[0]


def _events(said: bytes) -> Iterator[Event]:
    reader, heard_on, now = FrameReader(WANTED, IGNORED), HeardOn(PBX, "recorded"), SystemClock().now()
    for begin in range(0, len(said), MEBIBYTE):
        for frame in reader.feed(said[begin : begin + MEBIBYTE], now):
            if frame.kind is FrameKind.EVENT:
                yield from translate(frame, heard_on)


def _traced() -> int:
    gc.collect()
    return tracemalloc.get_traced_memory()[0]
