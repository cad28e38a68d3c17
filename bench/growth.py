"""Adapter and recorder in one process that hears the recorded day again and again, 28 hours later each time.

    python -m bench.growth DAYS

prints its resident size after each day. New times and ids make every day new: the database grows, the process should
not.
"""

import asyncio
import gzip
import logging
import os
import sys
from collections.abc import AsyncGenerator, Iterator
from datetime import UTC, datetime
from functools import partial
from itertools import count

from adapters.ami.intake import Intake
from adapters.ami.source import CLOSED_BY_US, ConnectionBegan, ConnectionEnded, Received, SourceItem
from adapters.store import open_store
from adapters.streams.link import connect
from adapters.streams.redis import RedisEventStream
from bench.harness import DAY, count_events, recorded
from bench.processes import resident_mebibytes
from bench.servers import new_database, server
from callcenter.bootstrap.collector import look_seldom
from callcenter.domain.ids import PbxId
from workers.feeder import Feeder
from workers.recorder import Recorder

PBX = PbxId("bench")
FULL_AFTER_DAYS, WARM_AFTER = 8, 1 / 5
"""By then the recorder keeps as many calls as it ever does; caches and allocators take that part of the run."""

_FIRST, _BEGAN_AT = 17954, 1_795_424_764
"""How all times and ids of the day begin, and its first second; each later one moves them by 100 000 seconds."""

_READ_BYTES = 64 * 1024


async def growth(days: int) -> tuple[float, str]:
    """The ratio by which such a process grew from when it was warm to its end, and the sizes in words."""
    command = [sys.executable, "-m", "bench.growth", str(days)]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    said, _ = await process.communicate()
    sizes = [float(size) for size in said.split()]
    assert len(sizes) == days, f"{len(sizes)} of {days} days were heard"
    warm_at = max(FULL_AFTER_DAYS, int(days * WARM_AFTER))
    warm, last = sizes[warm_at - 1], sizes[-1]
    heard = count_events(recorded(DAY)) / 1e6
    words = f"{warm:.0f} MiB after {warm_at * heard:.1f} million events, {last:.0f} MiB after {days * heard:.1f}"
    return last / warm - 1, words


class Day:
    """The recorded day so many times 100 000 seconds later, as a source."""

    def __init__(self, number: int) -> None:
        self._number = number

    async def items(self) -> AsyncGenerator[SourceItem]:
        at = datetime.fromtimestamp(_BEGAN_AT + 100_000 * self._number, UTC)
        name = f"day {self._number}"
        yield ConnectionBegan(name, at)
        for data in self._moved():
            yield Received(data, at)
        yield ConnectionEnded(name, at, CLOSED_BY_US)

    def _moved(self) -> Iterator[bytes]:
        """What is read is not kept: it would be most of the process."""
        old, new, rest = b"%d" % _FIRST, b"%d" % (_FIRST + self._number), b""
        with gzip.open(DAY / "ami.raw.gz") as file:
            while block := file.read(_READ_BYTES):
                data = (rest + block).replace(old, new)
                rest = data[1 - len(old) :]
                yield data.removesuffix(rest)
        yield rest


async def _grow(days: int) -> None:
    async with server(durable=False) as running, new_database(None) as url, await open_store(url) as store:
        link = connect(running.url)
        stream = RedisEventStream(link)
        recorder, next_seq = Recorder(PBX, stream, store.ledger, wait_seconds=0.05), partial(next, count(1))
        for number in range(days):
            intake = Intake(PBX, Day(number), adapter="ami", next_seq=next_seq)
            await Feeder(PBX, "ami", stream, None).feed(intake.batches())
            while await recorder.run_once():
                pass
            print(resident_mebibytes(os.getpid()), flush=True)
        await link.close()


if __name__ == "__main__":
    logging.disable()
    look_seldom()
    asyncio.run(_grow(int(sys.argv[1])))
