"""Row 2: publishing to the stream, against redis-benchmark's own XADD: same server, same bytes, same fsync, in turns.

The reference writes 100 XADDs, waits for all answers and writes the next 100, over one connection; so does the
publisher, as a transaction. Needs redis-benchmark or valkey-benchmark (Debian: redis-tools) and says so where it is
missing.
"""

import asyncio
import re
import shutil
import subprocess
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from statistics import median

from adapters.streams.keys import Keys
from adapters.streams.link import Link, connect
from adapters.streams.packed import add_all, add_by_pipeline
from bench.harness import Bench, Goal, Row, ratios
from bench.servers import server
from callcenter.domain.ids import PbxId

DEPTH = 100
PBX = PbxId("bench")
KEY = Keys().events(PBX)
SEQ = 10_000_000

SINGLE_BYTES, SINGLES = 230, 30_000
BATCH_BYTES, BATCHES = 10_000, 3_000

Publish = Callable[[Sequence[tuple[int, bytes]]], Awaitable[None]]


def rows(rounds: int) -> Iterator[Row]:
    """Row 2 for single events (290 bytes on the wire) and for whole batches of about a hundred (10 KB)."""
    tool = reference_tool()
    if tool is None:
        yield _row("publish", skipped=NO_TOOL)
    else:
        yield from asyncio.run(_measure_all(tool, rounds))


BENCH = Bench((2,), rows)

NO_TOOL = "neither valkey-benchmark nor redis-benchmark on PATH (Debian: apt install redis-tools)"


def reference_tool() -> str | None:
    """Where the server's own benchmark is, if it is installed."""
    return shutil.which("valkey-benchmark") or shutil.which("redis-benchmark")


async def reference_rate(tool: str, url: str, size: int = SINGLE_BYTES, count: int = SINGLES) -> float:
    """Entries per second of the server's own benchmark, one connection, 100 XADDs at once."""
    command = [tool, "-s", url.removeprefix("unix://"), "-c", "1", "-P", str(DEPTH), "-n", str(count), "-q"]
    entry = ["XADD", KEY, "*", "adapter", "ami", "seq", str(SEQ), "batch", "x" * size]
    run = partial(subprocess.run, [*command, *entry], capture_output=True, text=True, check=True)
    said = await asyncio.to_thread(run)
    return float(re.findall(r"([\d.]+) requests per second", said.stdout)[-1])


def _row(what: str, ours: Sequence[float] = (), theirs: Sequence[float] = (), skipped: str = "") -> Row:
    return Row(
        number=2,
        what=what,
        reference=f"redis-benchmark XADD -c 1 -P {DEPTH}",
        goal=Goal(0.9, "{:.0%}"),
        figures=ratios(ours, theirs),
        detail=f"{median(ours):,.0f} against {median(theirs):,.0f} entries/s" if ours else "",
        skipped=skipped,
    )


async def _measure_all(tool: str, rounds: int) -> list[Row]:
    async with server(durable=True) as running:
        link = connect(running.url)
        await link.client.config_set("auto-aof-rewrite-percentage", 0)
        packed, public = partial(_publish, add_all, link), partial(_publish, add_by_pipeline, link)
        measure = partial(_measure, tool, running.url, link, rounds)
        single, theirs, by_redis_py = await measure(SINGLE_BYTES, SINGLES, packed, public)
        batches, theirs_of_batches = await measure(BATCH_BYTES, BATCHES, packed)
        await link.close()
    row = _row(f"publish, {SINGLE_BYTES}-byte payloads", single, theirs)
    compared = f"{row.detail}; redis-py's own pipeline {median(by_redis_py):,.0f}"
    return [replace(row, detail=compared), _row("publish, 10 KB batches", batches, theirs_of_batches)]


async def _measure(
    tool: str, url: str, link: Link, rounds: int, size: int, count: int, ours: Publish, *others: Publish
) -> list[list[float]]:
    """Rates in turns: ours, the reference's, and those of other ways."""
    rates: list[list[float]] = [[] for _ in range(2 + len(others))]
    for _ in range(rounds):
        for place, publish in enumerate((ours, None, *others)):
            await link.client.flushall()
            if publish is None:
                rates[place].append(await reference_rate(tool, url, size, count))
            else:
                rates[place].append(await _rate(publish, size, count))
    return rates


async def _rate(publish: Publish, size: int, count: int) -> float:
    entries = [(SEQ + number, b"x" * size) for number in range(DEPTH)]
    begun = time.perf_counter()
    for _ in range(count // DEPTH):
        await publish(entries)
    return count / (time.perf_counter() - begun)


async def _publish(add: Callable[..., Awaitable[None]], link: Link, entries: Sequence[tuple[int, bytes]]) -> None:
    await link.call(partial(add, KEY, "ami", entries))
