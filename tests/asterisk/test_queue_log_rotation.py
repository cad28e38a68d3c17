"""A real Asterisk rotates its own queue_log under the eyes of a follower that is killed again and again."""

import asyncio
from collections import Counter
from collections.abc import Iterable
from contextlib import aclosing, suppress
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from random import Random

import pytest

from adapters.queue_log.content import Content
from adapters.queue_log.generations import generations
from adapters.queue_log.growing import GrowingFile
from callcenter.codec import unpack_raw
from callcenter.domain.batches import SourceProgress
from callcenter.domain.event import Event
from callcenter.domain.feed import FeedLost, FeedRestored
from callcenter.domain.ids import EventId, PbxId
from tests.asterisk.conftest import StartPbx
from tests.asterisk.lab.pbx import Pbx
from tests.support.pbx_log import pack

HQ = PbxId("hq")
ROTATIONS = 6
LIVES = 7


class WallClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class Lives:
    """A follower over its lives: what it told, each event once."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._resume: SourceProgress | None = None
        self.events: dict[EventId, tuple[Event, bytes]] = {}

    async def live(self, seconds: float, wanted: int | None = None) -> None:
        """Follow for so long, or until so many rows were told; then be killed: only what was handed over counts."""
        file = GrowingFile(
            self._log, pbx=HQ, next_seq=count(1).__next__, clock=WallClock(), resume=self._resume, late_seconds=0.2
        )
        async with aclosing(file.follow(poll_seconds=0.05)) as batches:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    async for batch in batches:
                        self._resume = batch.progress
                        told = zip(batch.events, unpack_raw(batch.raw), strict=True)
                        self.events |= {event.event_id: (event, wording) for event, wording in told}
                        if self.rows.total() == wanted:
                            return

    @property
    def rows(self) -> Counter[bytes]:
        return Counter(line for event, line in self.events.values() if not isinstance(event, FeedLost | FeedRestored))

    @property
    def gaps(self) -> list[Event]:
        return [event for event, _ in self.events.values() if isinstance(event, FeedLost | FeedRestored)]


async def write(pbx: Pbx, stop: asyncio.Event) -> int:
    """Rows of the dialplan's kind, some hundred in a second; how many there were."""
    written = 0
    while not stop.is_set():
        mark = {"Queue": "sales", "Event": "MARK", "Interface": "Ann", "Message": written}
        await pbx.ami.act("QueueLog", **mark)
        written += 1
        if written % 10 == 0:
            await asyncio.sleep(0.01)
    return written


async def rotate(pbx: Pbx, packed: str | None) -> None:
    for _ in range(ROTATIONS):
        await asyncio.sleep(1.1)  # by `timestamp`, a second rotation in one second would overwrite the first
        await pbx.ami.command("logger rotate")
        aside = [one for one in pbx.log_folder.glob("queue_log.*") if one.suffix != packed]
        if packed and aside:
            pack(max(aside, key=lambda one: one.stat().st_mtime_ns), packed)


def on_disk(log: Path) -> Iterable[bytes]:
    for one in generations(log):
        content = Content(one.path)
        data = b"".join(iter(content.read, b""))
        content.close()
        yield from data.splitlines()


@pytest.mark.parametrize(("strategy", "packed"), [("sequential", None), ("rotate", ".gz"), ("timestamp", ".xz")])
async def test_every_row_comes_out_once(start_pbx: StartPbx, strategy: str, packed: str | None) -> None:
    chance, stop = Random(strategy), asyncio.Event()
    async with start_pbx(rotation=strategy) as pbx:
        lives = Lives(pbx.queue_log)
        writing = asyncio.create_task(write(pbx, stop))
        rotating = asyncio.create_task(rotate(pbx, packed))
        for _ in range(LIVES):
            await lives.live(chance.uniform(0.3, 1.2))
            await asyncio.sleep(chance.uniform(0, 0.6))
        await rotating
        stop.set()
        written = await writing
        wanted = Counter(on_disk(pbx.queue_log))
        await lives.live(60, wanted.total())
        assert len([line for line in wanted if b"|MARK|" in line]) == written > 100
        assert len(generations(pbx.queue_log)) == ROTATIONS + 1
    assert (lives.rows - wanted, wanted - lives.rows) == (Counter(), Counter())
    assert lives.gaps == []
