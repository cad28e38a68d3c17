"""Publishing to the stream, against redis-benchmark's own XADD: same server, same bytes, same fsync, in turns.

    python -m bench.publish

The reference writes 100 XADDs, waits for all answers and writes the next 100, over one connection; so does the
publisher, as a transaction. Needs redis-benchmark or valkey-benchmark (Debian: redis-tools) and says so where it is
missing.
"""

import asyncio
import re
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from adapters.streams import embedded
from adapters.streams.keys import Keys
from adapters.streams.link import Link, connect
from adapters.streams.packed import add_all, add_by_pipeline
from callcenter.domain.ids import PbxId

DEPTH = 100
ROUNDS = 5
PBX = PbxId("bench")
KEY = Keys().events(PBX)
SEQ = 10_000_000

Publish = Callable[[Sequence[tuple[int, bytes]]], Awaitable[None]]


@dataclass(frozen=True)
class Row:
    """One line of the table: rates in entries per second, ratios of neighbouring rounds."""

    number: int
    what: str
    reference: str
    goal: float
    rates: tuple[float, ...] = ()
    references: tuple[float, ...] = ()
    skipped: str = ""

    @property
    def ratios(self) -> list[float]:
        """Ours over the reference, round by round."""
        return [ours / theirs for ours, theirs in zip(self.rates, self.references, strict=True)]

    def __str__(self) -> str:
        if self.skipped:
            return f"{self.number:>2}  {self.what}: skipped, {self.skipped}"
        low, middle, high = min(self.ratios), statistics.median(self.ratios), max(self.ratios)
        ours, theirs = statistics.median(self.rates), statistics.median(self.references)
        return (
            f"{self.number:>2}  {self.what}: {middle:.0%} (min {low:.0%}, max {high:.0%}) of {self.reference}, "
            f"goal ≥ {self.goal:.0%}; {ours:,.0f} against {theirs:,.0f} entries/s"
        )


def rows() -> list[Row]:
    """Row 2 for single events (290 bytes on the wire) and for whole batches of about a hundred (10 KB)."""
    tool = shutil.which("valkey-benchmark") or shutil.which("redis-benchmark")
    if tool is None:
        why = "neither valkey-benchmark nor redis-benchmark on PATH (Debian: apt install redis-tools)"
        return [Row(2, "publish", "redis-benchmark XADD", 0.9, skipped=why)]
    return asyncio.run(_measure_all(tool))


async def _measure_all(tool: str) -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        async with embedded.running(Path(folder)) as server:
            link = connect(server.url)
            await link.client.config_set("auto-aof-rewrite-percentage", 0)
            measure = partial(_measure, tool, server.url.removeprefix("unix://"), link)
            packed, public = partial(_publish, add_all, link), partial(_publish, add_by_pipeline, link)
            found = [
                await measure("publish, 230-byte payloads", packed, 230, 30_000),
                await measure("publish by redis-py's own pipeline, 230-byte payloads", public, 230, 30_000),
                await measure("publish, 10 KB batches", packed, 10_000, 3_000),
            ]
            await link.close()
    return found


async def _measure(tool: str, socket: str, link: Link, what: str, publish: Publish, size: int, count: int) -> Row:
    rates, references = [], []
    for _ in range(ROUNDS):
        await link.client.flushall()
        rates.append(await _rate(publish, size, count))
        await link.client.flushall()
        references.append(await asyncio.to_thread(_reference, tool, socket, size, count))
    return Row(2, what, f"{Path(tool).name} XADD -c 1 -P {DEPTH}", 0.9, tuple(rates), tuple(references))


async def _rate(publish: Publish, size: int, count: int) -> float:
    entries = [(SEQ + number, b"x" * size) for number in range(DEPTH)]
    begun = time.perf_counter()
    for _ in range(count // DEPTH):
        await publish(entries)
    return count / (time.perf_counter() - begun)


async def _publish(add: Callable[..., Awaitable[None]], link: Link, entries: Sequence[tuple[int, bytes]]) -> None:
    await link.call(partial(add, KEY, "ami", entries))


def _reference(tool: str, socket: str, size: int, count: int) -> float:
    command = [tool, "-s", socket, "-c", "1", "-P", str(DEPTH), "-n", str(count), "-q"]
    entry = ["XADD", KEY, "*", "adapter", "ami", "seq", str(SEQ), "batch", "x" * size]
    said = subprocess.run([*command, *entry], capture_output=True, text=True, check=True).stdout
    return float(re.findall(r"([\d.]+) requests per second", said)[-1])


if __name__ == "__main__":
    for row in rows():
        print(row)
