"""Rows 9 and 15: what a large history costs: a day's report, and an event that arrives.

Row 9 asks for one day of all queues as the API does, by quarter hours. The references count the same day from the
visits: by the index over their entry, and in DuckDB, which holds the columns that this takes. All three must agree.
Row 15 records one new day after the other into a large database and into a small one, in turns, until all figures are
current.
"""

import asyncio
import csv
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any

from adapters.ami.intake import Intake
from adapters.store import Store, open_store
from bench.growth import PBX, Day
from bench.harness import DAY, Bench, Goal, Row, count_events, in_turns, ratios, recorded
from bench.history import BUSIEST_DAY, store_history
from callcenter.batching import RECORDED_EVENTS
from callcenter.codec import to_microseconds
from callcenter.domain.batches import Batch
from callcenter.settings import Settings
from workers.batches import BatchRecorder
from workers.handle_time import HandleTime
from workers.queue_metrics import QueueMetrics
from workers.recorder import BATCHES_AT_ONCE

LARGE, MIDDLE, SMALL = 10_000_000, 1_000_000, 10_000
QUICK_LARGE, QUICK_MIDDLE = 1_000_000, 100_000
_FULL_ROUNDS = 5

NO_DUCKDB = "duckdb is not installed (make bench installs it)"
_TIMES = 20
"""A question is asked so often in a round; its median counts."""

_REPORT = """
SELECT queue, (entered_at - {start}) / 900000000 AS quarter, count(*) AS offered,
  sum(CASE WHEN outcome = 'answered' THEN 1 ELSE 0 END) AS answered,
  sum(CASE WHEN outcome = 'answered' THEN wait_seconds ELSE 0 END) AS waited,
  sum(CASE WHEN outcome = 'answered' AND wait_seconds <= 20 THEN 1 ELSE 0 END) AS in_time,
  max(wait_seconds) AS longest, sum(talk_seconds) AS talk
FROM visits WHERE pbx_id = {pbx} AND entered_at >= {start} AND entered_at < {end}
GROUP BY queue, quarter
"""
_COLUMNS = ("pbx_id", "queue", "entered_at", "outcome", "wait_seconds", "talk_seconds")

Counts = dict[str, int]
"""Offered by queue: what the contestants must agree on."""


def rows(rounds: int) -> Iterator[Row]:
    """Row 9, then row 15; with few rounds of smaller databases."""
    large, middle = (LARGE, MIDDLE) if rounds >= _FULL_ROUNDS else (QUICK_LARGE, QUICK_MIDDLE)
    with tempfile.TemporaryDirectory() as folder:
        built = {size: _built(Path(folder), size) for size in (large, middle, SMALL)}
        yield from _reports(rounds, built[large], built[middle])
        yield _growth(rounds, built[large], built[SMALL])


BENCH = Bench((9, 15), rows)


@dataclass(frozen=True, slots=True)
class Built:
    """A database with so many visits."""

    size: int
    url: str
    file: Path

    def __str__(self) -> str:
        return f"{self.size / 1e6:g} million" if self.size >= 1_000_000 else f"{self.size:,}"


def _built(folder: Path, size: int) -> Built:
    url = asyncio.run(store_history(folder, size, PBX))
    return Built(size, url, folder / f"{size}.db")


# --- row 9 ------------------------------------------------------------------------------------------------------------


def _reports(rounds: int, large: Built, middle: Built) -> Iterator[Row]:
    with ExitStack() as stack:
        ours, theirs, smaller = in_turns(
            rounds,
            partial(_timed, stack.enter_context(_by_us(large))),
            partial(_timed, stack.enter_context(_by_group(large))),
            partial(_timed, stack.enter_context(_by_us(middle))),
        )
    what = f"a day's report of all queues, {large} visits"
    yield Row(number=9, what=what, goal=Goal(5, "{:.1f} ms", at_most=True), figures=tuple(1000 * s for s in ours))
    told = f"{1000 * median(ours):.1f} against {{:.1f}} ms"
    yield Row(
        number=9,
        what=what,
        reference="GROUP BY over the visits, by index",
        goal=Goal(10),
        figures=ratios(theirs, ours),
        detail=told.format(1000 * median(theirs)),
    )
    yield _against_duckdb(rounds, what, large)
    yield Row(
        number=9,
        what=what,
        reference=f"the same of {middle}",
        goal=Goal(1.5, "{:.2f} ×", at_most=True),
        figures=ratios(ours, smaller),
        detail=told.format(1000 * median(smaller)),
    )


def _against_duckdb(rounds: int, what: str, large: Built) -> Row:
    reference, goal = "DuckDB over the visits", Goal(1.0, "{:.2f} ×")
    if find_spec("duckdb") is None:
        return Row(number=9, what=what, reference=reference, goal=goal, skipped=NO_DUCKDB)
    with ExitStack() as stack:
        by_duckdb = stack.enter_context(_by_duckdb(large))
        ours, theirs = in_turns(rounds, partial(_timed, stack.enter_context(_by_us(large))), partial(_timed, by_duckdb))
    detail = f"{1000 * median(ours):.1f} against {1000 * median(theirs):.1f} ms"
    return Row(number=9, what=what, reference=reference, goal=goal, figures=ratios(theirs, ours), detail=detail)


def _timed(ask: Callable[[], Counts]) -> float:
    """Seconds of one question, the median of many."""
    spent = []
    for _ in range(_TIMES):
        began = time.perf_counter()
        ask()
        spent.append(time.perf_counter() - began)
    return median(spent)


@contextmanager
def _by_us(built: Built) -> Iterator[Callable[[], Counts]]:
    """The stored quarter hours, by the port, each read into its summary."""
    with asyncio.Runner() as runner:
        store: Store = runner.run(open_store(built.url))

        def ask() -> Counts:
            found = runner.run(store.archive.queue_rows(PBX, BUSIEST_DAY))
            return _added((row.queue, row.summary.offered) for row in found)

        with _agreeing(built, ask):
            yield ask
        runner.run(store.close())


@contextmanager
def _by_group(built: Built) -> Iterator[Callable[[], Counts]]:
    connection = sqlite3.connect(built.file)
    connection.execute("PRAGMA cache_size=-16384")

    def ask() -> Counts:
        return _added((row[0], row[2]) for row in connection.execute(_question()))

    yield ask
    connection.close()


@contextmanager
def _agreeing(built: Built, ask: Callable[[], Counts]) -> Iterator[None]:
    """Raises AssertionError if the rows say something else than the visits."""
    with _by_group(built) as by_group:
        assert ask() == by_group(), "interval rows and visits differ"
    yield


@contextmanager
def _by_duckdb(built: Built) -> Iterator[Callable[[], Counts]]:
    import duckdb

    connection = duckdb.connect()
    connection.execute(
        "CREATE TABLE visits (pbx_id INTEGER, queue VARCHAR, entered_at BIGINT, outcome VARCHAR, wait_seconds BIGINT,"
        " talk_seconds DOUBLE)"
    )
    with tempfile.NamedTemporaryFile("w", suffix=".csv", newline="") as file, sqlite3.connect(built.file) as source:
        found = source.execute(f"SELECT {', '.join(_COLUMNS)} FROM visits ORDER BY entered_at")
        csv.writer(file).writerows(found)
        file.flush()
        connection.execute(f"COPY visits FROM '{file.name}' (HEADER false)")

    def ask() -> Counts:
        return _added((row[0], row[2]) for row in connection.execute(_question()).fetchall())

    with _by_group(built) as by_group:
        assert ask() == by_group()
    yield ask
    connection.close()


def _question() -> str:
    return _REPORT.format(pbx=1, start=to_microseconds(BUSIEST_DAY.start), end=to_microseconds(BUSIEST_DAY.end))


def _added(counts: Iterator[tuple[Any, int]]) -> Counts:
    total: Counts = {}
    for queue, offered in counts:
        total[str(queue)] = total.get(str(queue), 0) + offered
    return total


# --- row 15 -----------------------------------------------------------------------------------------------------------


def _growth(rounds: int, large: Built, small: Built) -> Row:
    with asyncio.Runner() as runner:
        days = [runner.run(_heard(number)) for number in range(rounds)]
        costs = [(runner.run(_cost(large, day)), runner.run(_cost(small, day))) for day in days]
    ours, theirs = ([cost[place] for cost in costs] for place in (0, 1))
    events = count_events(recorded(DAY))
    return Row(
        number=15,
        what=f"cost of an AMI event with {large} visits stored",
        reference=f"with {small} stored",
        goal=Goal(1.2, "{:.2f} ×", at_most=True),
        figures=ratios(ours, theirs),
        detail=f"{1e6 * median(ours) / events:.1f} against {1e6 * median(theirs) / events:.1f} µs",
    )


async def _heard(number: int) -> list[Batch]:
    """A recorded day as batches, so many times 28 hours later."""
    intake = Intake(
        PBX,
        Day(number),
        adapter=f"ami:{number}",
        next_seq=partial(next, count(1)),
        limit=RECORDED_EVENTS,
        eager=False,
    )
    return [batch async for batch in intake.batches()]


async def _cost(built: Built, day: Sequence[Batch]) -> float:
    """Seconds until a day is recorded and all that follows from it is current."""
    settings = Settings(data_dir=built.file.parent, database_url=built.url)
    async with await open_store(built.url) as store:
        record = BatchRecorder(PBX, store.ledger).record
        # The rules are those by which the history was counted, so nothing of it has to be counted again.
        steps = (
            HandleTime(PBX, store.ledger, settings.policies()),
            QueueMetrics(PBX, store.ledger, settings.policies()),
        )
        began = time.perf_counter()
        for first in range(0, len(day), BATCHES_AT_ONCE):
            await record(day[first : first + BATCHES_AT_ONCE])
        while any([await step.run_once() for step in steps]):
            pass
        return time.perf_counter() - began
