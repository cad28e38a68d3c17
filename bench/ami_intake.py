"""Row 1: AMI intake over loopback through panoramisk's Manager, ours against its own, in turns.

A process of its own sends a recorded day as fast as it is read; what counts is the CPU time of the reading process.
Ours is the client as in production, with every message accounted for and the wanted ones made into frames. The
references are panoramisk's Manager with a callback for ``*`` and one with 17 patterns.
"""

import asyncio
import time
from collections.abc import Iterator
from contextlib import aclosing
from functools import partial
from statistics import median
from typing import Any

from panoramisk import Manager

from adapters.ami.account import AmiAccount
from adapters.ami.client import AmiClient
from adapters.ami.frame import FrameKind
from adapters.ami.reader import FrameReader
from adapters.ami.snapshots import SNAPSHOT_FRAMES
from adapters.ami.source import ConnectionEnded, Received
from adapters.ami.translate import IGNORED, WANTED
from bench.flood import flooding
from bench.harness import DAY, Bench, Goal, Row, count_events, in_turns, ratios, recorded
from callcenter.bootstrap.backbone import SystemClock
from callcenter.domain.ids import PbxId

PATTERNS = [
    *("QueueCallerJoin", "QueueCallerLeave", "QueueCallerAbandon", "QueueMember*"),
    *("AgentCalled", "AgentConnect", "AgentComplete", "AgentRingNoAnswer", "AgentDump"),
    *("Hangup", "BridgeEnter", "BridgeLeave", "Hold", "Unhold", "*Transfer", "UserEvent", "FullyBooted"),
]
"""What a service that registers callbacks would ask for."""


def rows(rounds: int) -> Iterator[Row]:
    """Ours against both references."""
    events = count_events(recorded(DAY))
    ours, everything, patterns = in_turns(
        rounds, partial(_ours, events), partial(_theirs, ["*"]), partial(_theirs, PATTERNS)
    )
    for reference, bound, theirs in (("*", 7.0, everything), (f"{len(PATTERNS)} patterns", 12.0, patterns)):
        yield Row(
            number=1,
            what="AMI intake over TCP, every event accounted for",
            reference=f"panoramisk's Manager, {reference}",
            goal=Goal(bound),
            figures=ratios(theirs, ours),
            detail=f"{events / median(ours):,.0f} against {events / median(theirs):,.0f} events per CPU second",
        )


BENCH = Bench((1,), rows)


def _ours(events: int) -> float:
    """CPU seconds. Raises AssertionError if one event is not accounted for."""
    with flooding(DAY) as port:
        began = time.process_time()
        reader, answers = asyncio.run(_read(port))
        spent = time.process_time() - began
    heard = reader.counts.frames - answers
    assert heard == events, f"{events} were sent, {heard} heard: {reader.counts}"
    assert not reader.counts.problems, reader.counts
    return spent


async def _read(port: int) -> tuple[FrameReader, int]:
    """A reader that has read everything, and how many of its messages were answers."""
    account = AmiAccount(pbx=PbxId("bench"), host="127.0.0.1", port=port, username="bench", secret="bench")
    reader, answers = FrameReader({**WANTED, **SNAPSHOT_FRAMES}, IGNORED), 0
    async with aclosing(AmiClient(account, clock=SystemClock()).items()) as items:
        async for item in items:
            if isinstance(item, Received):
                answers += sum(frame.kind is FrameKind.RESPONSE for frame in reader.feed(item.data, item.at))
            elif isinstance(item, ConnectionEnded):
                break
    return reader, answers


def _theirs(patterns: list[str]) -> float:
    """CPU seconds."""
    with flooding(DAY) as port:
        began = time.process_time()
        heard = asyncio.run(_listen(port, patterns))
        spent = time.process_time() - began
    assert heard > 1000, heard
    return spent


async def _listen(port: int, patterns: list[str]) -> int:
    heard = 0

    def hear(_: Manager, __: Any) -> None:
        nonlocal heard
        heard += 1

    def end(*_: Any) -> None:
        ended.set()

    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    manager = Manager(loop=loop, host="127.0.0.1", port=port, username="bench", secret="bench", on_disconnect=end)
    for pattern in patterns:
        manager.register_event(pattern, hear)
    await manager.connect()
    await ended.wait()
    return heard
