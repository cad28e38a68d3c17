"""A log that is written at a thousand rows a second and rotated twice a second, its feed killed again and again."""

import asyncio
import contextlib
import random
import time
from collections import Counter
from pathlib import Path
from threading import Event, Thread

import pytest
import redis

from adapters.streams.keys import Keys
from callcenter.codec import decode_batch, unpack_raw
from callcenter.domain.feed import FeedLost, FeedRestored
from callcenter.domain.ids import EventId, PbxId
from tests.support.command import role
from tests.support.pbx_log import PbxLog, pack

PBX = PbxId("hq")
WRITING_SECONDS = 6
ROWS_PER_SECOND = 1000


class Writer(Thread):
    """Writes and rotates on its own, as Asterisk does."""

    def __init__(self, log: PbxLog, packed: str | None, rotate_seconds: float) -> None:
        super().__init__()
        self.log = log
        self.stopped = Event()
        self._packed = packed
        self._rotate_seconds = rotate_seconds

    def run(self) -> None:
        began = time.monotonic()
        written, rotated = 0, 0
        while not self.stopped.wait(0.002):
            age = time.monotonic() - began
            self.log.second = max(self.log.second, int(time.time()))
            while written < age * ROWS_PER_SECOND:
                written += 1
                # Every tenth is the same as the one before: true rows that are equal to the byte.
                self.log.write(f"agent {written - (written % 10 == 0)}")
            if age > (rotated + 1) * self._rotate_seconds:
                rotated += 1
                aside = self.log.rotate()
                if self._packed:
                    pack(aside, self._packed)


def told(url: str) -> tuple[Counter[bytes], list[FeedLost | FeedRestored]]:
    """The rows of the stream, each event once, and the gaps."""
    rows: dict[EventId, bytes] = {}
    gaps: list[FeedLost | FeedRestored] = []
    with redis.Redis.from_url(url) as client:
        for _, fields in client.xrange(Keys().events(PBX)):
            batch = decode_batch(fields[b"batch"])
            for event, wording in zip(batch.events, unpack_raw(batch.raw), strict=True):
                if isinstance(event, FeedLost | FeedRestored):
                    gaps.append(event)
                else:
                    rows[event.event_id] = wording
    return Counter(rows.values()), gaps


@pytest.mark.parametrize(
    ("strategy", "packed", "rotate_seconds"),
    [("sequential", None, 0.5), ("rotate", ".gz", 0.5), ("timestamp", ".xz", 1.1), ("logrotate", None, 0.5)],
)
async def test_every_row_comes_out_once(
    strategy: str, packed: str | None, rotate_seconds: float, tmp_path: Path, valkey_url: str
) -> None:
    log = PbxLog(tmp_path / "queue_log", strategy, int(time.time()))
    config = tmp_path / "callcenter.toml"
    config.write_text(
        f'redis_url = "{valkey_url}"\ndata_dir = "{tmp_path / "data"}"\n'
        f'[[pbx]]\nname = "{PBX}"\nqueue_log = "{log.path}"\n'
    )
    chance = random.Random(strategy)
    writer = Writer(log, packed, rotate_seconds)
    writer.start()
    try:
        ends_at = time.monotonic() + WRITING_SECONDS
        while time.monotonic() < ends_at:
            async with role("run", "queue-log", "--config", config, cwd=tmp_path):
                await asyncio.sleep(chance.uniform(0.8, 2.5))
    finally:
        writer.stopped.set()
        writer.join()
    log.reload()
    log.close()
    wanted = Counter(log.rows)
    async with role("run", "queue-log", "--config", config, cwd=tmp_path):
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(60):
                while told(valkey_url)[0] != wanted:
                    await asyncio.sleep(0.5)
    rows, gaps = told(valkey_url)
    assert rows.total() > WRITING_SECONDS * ROWS_PER_SECOND * 0.8
    assert (rows - wanted, wanted - rows) == (Counter(), Counter())
    assert gaps == []
