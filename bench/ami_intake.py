"""Row 1: AMI intake over loopback through panoramisk's Manager, ours against its own, in turns.

    python -m bench.ami_intake

A process of its own sends a recorded day as fast as it is read; what counts is the CPU time of the reading process.
Ours is the client as in production, with every message accounted for and the wanted ones made into frames. The
references are panoramisk's Manager with a callback for ``*`` and one with 17 patterns.
"""

import asyncio
import gzip
import logging
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from panoramisk import Manager

from adapters.ami.account import AmiAccount
from adapters.ami.client import AmiClient
from adapters.ami.reader import FrameReader
from adapters.ami.source import ConnectionEnded, Received
from adapters.ami.translate import IGNORED, WANTED
from callcenter.domain.ids import PbxId

DAY = Path(__file__).parents[1] / "tests" / "data" / "traces" / "day-ast22" / "ami.raw.gz"
EVENTS, MESSAGES = 131_645, 131_711
ROUNDS = 5
PATTERNS = [
    "QueueCallerJoin",
    "QueueCallerLeave",
    "QueueCallerAbandon",
    "AgentCalled",
    "AgentConnect",
    "AgentComplete",
    "AgentRingNoAnswer",
    "AgentDump",
    "QueueMember*",
    "Hangup",
    "BridgeEnter",
    "BridgeLeave",
    "Hold",
    "Unhold",
    "*Transfer",
    "UserEvent",
    "FullyBooted",
]


@dataclass(frozen=True)
class Row:
    """One line of the table: events per CPU second, ratios of neighbouring rounds."""

    number: int
    what: str
    reference: str
    goal: float
    rates: tuple[float, ...]
    references: tuple[float, ...]

    @property
    def ratios(self) -> list[float]:
        """Ours over the reference, round by round."""
        return [ours / theirs for ours, theirs in zip(self.rates, self.references, strict=True)]

    def __str__(self) -> str:
        low, middle, high = min(self.ratios), statistics.median(self.ratios), max(self.ratios)
        ours, theirs = statistics.median(self.rates), statistics.median(self.references)
        return (
            f"{self.number:>2}  {self.what}: {middle:.1f} × (min {low:.1f}, max {high:.1f}) {self.reference}, "
            f"goal ≥ {self.goal:g} ×; {ours:,.0f} against {theirs:,.0f} events per CPU second"
        )


def rows() -> list[Row]:
    """Ours against both references."""
    logging.getLogger("panoramisk").setLevel(logging.CRITICAL)  # each says that the connection ended, which is meant
    logging.getLogger("adapters.ami").setLevel(logging.CRITICAL)
    with _serving() as port:
        contestants: list[Callable[[int], float]] = [_ours, _theirs_all, _theirs_patterns]
        rates = [tuple(run(port) for run in contestants) for _ in range(ROUNDS)]
    ours, everything, patterns = zip(*rates, strict=True)
    return [
        Row(1, "AMI intake", "panoramisk's Manager with *", 7, ours, everything),
        Row(1, "AMI intake", "panoramisk's Manager with 17 patterns", 12, ours, patterns),
    ]


class _WallClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


def _ours(port: int) -> float:
    async def read() -> FrameReader:
        account = AmiAccount(pbx=PbxId("bench"), host="127.0.0.1", port=port, username="bench", secret="bench")
        reader = FrameReader(WANTED, IGNORED)
        async with aclosing(AmiClient(account, clock=_WallClock()).items()) as items:
            async for item in items:
                if isinstance(item, Received):
                    reader.feed(item.data, item.at)
                elif isinstance(item, ConnectionEnded):
                    break
        return reader

    began = time.process_time()
    counts = asyncio.run(read()).counts
    spent = time.process_time() - began
    assert counts.frames == MESSAGES, counts
    return EVENTS / spent


def _theirs_all(port: int) -> float:
    return _theirs(port, ["*"])


def _theirs_patterns(port: int) -> float:
    return _theirs(port, PATTERNS)


def _theirs(port: int, patterns: list[str]) -> float:
    heard = 0

    def hear(_: Manager, __: Any) -> None:
        nonlocal heard
        heard += 1

    async def read() -> None:
        loop = asyncio.get_running_loop()
        ended = loop.create_future()
        manager = Manager(
            loop=loop,
            host="127.0.0.1",
            port=port,
            username="bench",
            secret="bench",
            on_disconnect=lambda *_: ended.done() or ended.set_result(None),
        )
        for pattern in patterns:
            manager.register_event(pattern, hear)
        await manager.connect()
        await ended

    began = time.process_time()
    asyncio.run(read())
    spent = time.process_time() - began
    assert heard > 1000, heard
    return EVENTS / spent


@contextmanager
def _serving() -> Iterator[int]:
    with subprocess.Popen([sys.executable, "-m", __spec__.name, "serve"], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        yield int(server.stdout.readline())
        server.kill()


def _serve() -> None:
    """Log in whoever comes, send the day, and close."""
    day = gzip.decompress(DAY.read_bytes())
    with socket.create_server(("127.0.0.1", 0)) as listening:
        print(listening.getsockname()[1], flush=True)
        while True:
            connection, _ = listening.accept()
            with connection, connection.makefile("rwb") as file:
                file.write(b"Asterisk Call Manager/11.0.0\r\n")
                file.flush()
                asked = b"".join(iter(file.readline, b"\r\n"))
                action_id = next(line for line in asked.splitlines() if line.lower().startswith(b"actionid"))
                file.write(b"Response: Success\r\n" + action_id + b"\r\nMessage: Authentication accepted\r\n\r\n" + day)


if __name__ == "__main__":
    if sys.argv[1:] == ["serve"]:
        _serve()
    for row in rows():
        print(row)
