"""What a running service holds, every few seconds: memory, descriptors and threads of each process, and what is stored.

Processes are read from /proc, so this needs Linux.
"""

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from adapters.store.engine import connect
from adapters.store.feed import read_until
from adapters.store.transactions import Database
from adapters.store.turns import pbx_number
from adapters.store.urls import database_url
from adapters.streams.link import Link
from adapters.streams.link import connect as connect_redis
from callcenter.domain.ids import PbxId

PROC = Path("/proc")
MEBIBYTE = 1024 * 1024
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Held:
    """What one process holds, and the CPU seconds it has used so far."""

    resident_mib: float
    descriptors: int
    threads: int
    cpu_seconds: float


@dataclass(frozen=True, slots=True)
class Sample:
    """All at one moment; ``at`` in seconds since the beginning. Sizes in MiB."""

    at: float
    processes: Mapping[str, Held]
    stored: Mapping[str, float]


@dataclass(slots=True)
class Watched:
    """All samples, and how far the committed rows were behind the PBX's clock: pairs of moment and lag in seconds."""

    samples: list[Sample] = field(default_factory=list)
    lags: list[tuple[float, float]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Watch:
    """Where to look. ``pids`` by name; ``data`` is the folder of the installation."""

    pbx: PbxId
    pids: Mapping[str, int]
    data: Path
    database: Database
    redis: Link

    async def sample(self, began: float) -> Sample:
        """Everything but the lag."""
        return Sample(
            at=time.monotonic() - began,
            processes={name: held_by(pid) for name, pid in self.pids.items()},
            stored={
                "redis": (await self.redis.client.info("memory"))["used_memory"] / MEBIBYTE,
                "journal": size_of(self.data / "journal"),
                "database": await self._database_size(),
            },
        )

    async def lag(self) -> float | None:
        """Seconds from what the PBX last said that is committed to the present; None before there is anything."""
        async with self.database.reading() as transaction:
            number = await transaction.run(pbx_number, self.pbx)
            committed = await transaction.run(read_until, number)
        return None if committed is None else time.time() - committed.timestamp()

    async def _database_size(self) -> float:
        files = list(self.data.glob("callcenter.db*"))
        if files:
            return sum(file.stat().st_size for file in files if file.exists()) / MEBIBYTE
        async with self.database.reading() as transaction:
            size = await transaction.run(
                lambda connection: connection.exec_driver_sql(
                    "SELECT pg_database_size(current_database())"
                ).scalar_one()
            )
        return float(size) / MEBIBYTE


@asynccontextmanager
async def watching(pbx: PbxId, pids: Mapping[str, int], data: Path, database: str, redis: str) -> AsyncIterator[Watch]:
    """A watch with connections of its own to database and Redis."""
    engine, link = connect(database_url(database), None), connect_redis(redis)
    try:
        yield Watch(pbx, pids, data, engine, link)
    finally:
        await engine.close()
        await link.close()


async def keep_sampling(watch: Watch, into: Watched, began: float, every_seconds: float, written: Path) -> None:
    """Sample until cancelled. Each sample is written at once, a line each, for whoever cannot wait for the end."""
    with written.open("w") as lines:
        while True:
            sample = await watch.sample(began)
            into.samples.append(sample)
            print(json.dumps(asdict(sample)), file=lines, flush=True)
            await asyncio.sleep(every_seconds)


async def keep_timing(watch: Watch, into: Watched, began: float, every_seconds: float = 1.0) -> None:
    """Take the lag until cancelled."""
    while True:
        lag = await watch.lag()
        if lag is not None:
            into.lags.append((time.monotonic() - began, lag))
        await asyncio.sleep(every_seconds)


def held_by(pid: int) -> Held:
    """What a process holds now. Raises OSError if there is no such process."""
    status = dict(_fields((PROC / str(pid) / "status").read_text()))
    # Behind the name, which may hold anything: user and system time are fields 14 and 15 of the whole line.
    ticks = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[11:13]
    return Held(
        resident_mib=int(status["VmRSS"].split()[0]) / 1024,
        descriptors=len(list((PROC / str(pid) / "fd").iterdir())),
        threads=int(status["Threads"]),
        cpu_seconds=sum(map(int, ticks)) / _TICKS,
    )


def size_of(folder: Path) -> float:
    """MiB of the files below a folder."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / MEBIBYTE


def _fields(text: str) -> Iterable[tuple[str, str]]:
    for line in text.splitlines():
        name, _, value = line.partition(":")
        yield name, value.strip()
