"""Rows 4, 5 and 13: from the PBX's bytes to committed rows, everything that follows from them included.

Row 4 has adapter, live floor and workers in a process each, as `callcenter run ROLE` would; row 5 is `callcenter
replay`, one process for all. Both end when visits, spells and intervals are current. Row 13 adds up the CPU time of a
live adapter, the server, and the workers with their SQLite.
"""

import asyncio
import json
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from statistics import median

from bench.adapter import PBX, hearing
from bench.flood import flooding
from bench.harness import DAY, STORM, Bench, Goal, Row, count_events, ratios, recorded
from bench.processes import part
from bench.publish import NO_TOOL, reference_rate, reference_tool
from bench.servers import NO_POSTGRES, has_postgres, new_database, postgres, server
from callcenter.bootstrap.backbone import Backbone, opened
from callcenter.bootstrap.progress import progress_bar
from callcenter.bootstrap.recorded import BOTH, recorded_feeds
from callcenter.bootstrap.replay import replay_feeds
from callcenter.bootstrap.role import Role
from callcenter.bootstrap.settle import settle
from callcenter.bootstrap.site import steps
from callcenter.settings import PbxSettings, Settings
from workers.recorder import GROUP
from workers.runner import Health, run

DAY_SECONDS = 750.0
_LOOK_AGAIN_SECONDS, _PATIENCE_SECONDS = 0.01, 120.0
AT_LEAST_OF_REFERENCE = Goal(0.35, "{:.0%}")
MOST_CPU = Goal(1.0, "{:.2f} ms", at_most=True)


def rows(rounds: int) -> Iterator[Row]:
    """Row 4 on both databases, then rows 5 and 13."""
    yield from _committed(rounds, "SQLite", 120_000)
    if has_postgres():
        yield from _committed(rounds, "PostgreSQL", 75_000)
    else:
        yield Row(number=4, what="AMI events to rows of PostgreSQL", goal=_rate_goal(75_000), skipped=NO_POSTGRES)
    yield _replayed(rounds)
    yield _cost_of_a_call(rounds)


BENCH = Bench((4, 5, 13), rows)


# --- row 4 ------------------------------------------------------------------------------------------------------------


def _rate_goal(bound: float) -> Goal:
    return Goal(bound, "{:,.0f}/s")


def _committed(rounds: int, database: str, bound: float) -> Iterator[Row]:
    what, tool = f"AMI events to committed rows, {database}", reference_tool()
    with _socket_of(database) as socket:
        found = [asyncio.run(_rates(socket, tool)) for _ in range(rounds)]
    ours, theirs = [rate for rate, _ in found], [rate for _, rate in found if rate is not None]
    yield Row(number=4, what=what, goal=_rate_goal(bound), figures=tuple(ours), detail="AMI events/s")
    if tool is None:
        yield Row(number=4, what=what, goal=AT_LEAST_OF_REFERENCE, skipped=NO_TOOL)
    else:
        yield Row(
            number=4,
            what=what,
            reference="redis-benchmark, the same server",
            goal=AT_LEAST_OF_REFERENCE,
            figures=ratios(ours, theirs),
            detail=f"{median(ours):,.0f} AMI events/s against {median(theirs):,.0f} entries/s",
        )


@contextmanager
def _socket_of(database: str) -> Iterator[Path | None]:
    if database == "SQLite":
        yield None
        return
    with postgres() as socket:
        yield socket


async def _rates(socket: Path | None, tool: str | None) -> tuple[float, float | None]:
    """AMI events per second to committed rows, and the entries per second of the reference."""
    async with (
        _backbone(socket, durable=True) as (backbone, url),
        part("bench.floor", url) as floor,
        hearing(STORM, url, journal=True) as adapter,
    ):
        began = time.perf_counter()
        adapter.begin()
        async with _recording(backbone):
            await _until_final(backbone, adapter.published)
            floor.tell()
            await floor.ended()
            spent = time.perf_counter() - began
        reference = await reference_rate(tool, url) if tool else None
    return count_events(recorded(STORM)) / spent, reference


@asynccontextmanager
async def _backbone(socket: Path | None, *, durable: bool) -> AsyncIterator[tuple[Backbone, str]]:
    """An installation with nothing in it, and the URL of its stream server."""
    async with AsyncExitStack() as stack:
        running = await stack.enter_async_context(server(durable=durable))
        database = await stack.enter_async_context(new_database(socket))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        pbx = PbxSettings(name=PBX, queue_log=folder / "queue_log")
        settings = Settings(
            data_dir=folder, pbx=(pbx,), redis_url=running.url, redis_allow_unsafe=True, database_url=database
        )
        yield await stack.enter_async_context(opened(settings)), running.url


@asynccontextmanager
async def _recording(backbone: Backbone) -> AsyncIterator[None]:
    """The recorder at work."""
    stop, health = asyncio.Event(), Health()
    async with asyncio.TaskGroup() as tasks:
        for step in steps(backbone, Role.RECORDER):
            tasks.create_task(run(step, idle_seconds=0.0, stop=stop, health=health))
        yield
        stop.set()
    assert health.well, health.problems


async def _until_final(backbone: Backbone, published: asyncio.Task[float]) -> None:
    """Wait until all that is published is recorded; then bring everything else up to date."""
    await published
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while await backbone.stream.backlog(PBX, GROUP):
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)
    await settle(PBX, backbone.store.ledger, backbone.settings)


# --- row 5 ------------------------------------------------------------------------------------------------------------


def _replayed(rounds: int) -> Row:
    spent = [asyncio.run(_replay()) for _ in range(rounds)]
    return Row(
        number=5,
        what="a recorded day replayed, AMI and queue_log",
        reference=f"its {DAY_SECONDS:.0f} s",
        goal=Goal(400, "{:,.0f} ×"),
        figures=tuple(DAY_SECONDS / seconds for seconds in spent),
        detail=f"{median(spent):.2f} s",
    )


async def _replay() -> float:
    """Seconds."""
    async with _backbone(None, durable=False) as (backbone, _):
        feeds = recorded_feeds(DAY, BOTH, PBX, backbone.clock)
        began = time.perf_counter()
        with progress_bar("", len(feeds)) as bar:
            await replay_feeds(backbone, feeds, bar)
        return time.perf_counter() - began


# --- row 13 -----------------------------------------------------------------------------------------------------------


def _cost_of_a_call(rounds: int) -> Row:
    facts = json.loads((DAY / "facts.json").read_bytes())
    calls = facts["events"]["ENTERQUEUE"]
    parts = [[1000 * seconds / calls for seconds in asyncio.run(_cpu_seconds())] for _ in range(rounds)]
    adapter, redis, workers = (median(part) for part in zip(*parts, strict=True))
    return Row(
        number=13,
        what=f"CPU of a recorded queue call ({count_events(recorded(DAY)) / calls:.0f} events)",
        goal=MOST_CPU,
        figures=tuple(map(sum, parts)),
        detail=f"adapter {adapter:.2f}, server {redis:.2f}, workers and SQLite {workers:.2f} ms",
    )


async def _cpu_seconds() -> tuple[float, float, float]:
    """Of the adapter, of the server, of the workers with their database."""
    with flooding(DAY) as port:
        async with _backbone(None, durable=True) as (backbone, url), hearing(port, url, journal=True) as adapter:
            before, began = await _used_by_server(backbone), time.process_time()
            adapter.begin()
            async with _recording(backbone):
                await _until_final(backbone, adapter.published)
            spent, after = time.process_time() - began, await _used_by_server(backbone)
            return adapter.published.result(), after - before, spent


async def _used_by_server(backbone: Backbone) -> float:
    assert backbone.streams is not None
    used = await backbone.streams.server.link.client.info("cpu")
    return float(used["used_cpu_sys"] + used["used_cpu_user"])
