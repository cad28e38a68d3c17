"""Row 8: events into the database, idempotent, against the quickest way that each database has for new rows.

Every contestant stores the same rows, those of recorded days, a thousand in a transaction, into the same empty table
with all its indices. Ours is what the recorder calls: it stores what is not there yet and says what was. The references
only insert: psql's COPY of ready text, `sqlite3.executemany`, SQLAlchemy Core. Stored once more, nothing may be new.
"""

import asyncio
import shutil
import sqlite3
import subprocess
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any, cast

from sqlalchemy import Connection, insert, text

from adapters.ami.intake import Intake
from adapters.store import open_store
from adapters.store.bulk import Row as DatabaseRow
from adapters.store.bulk import insert_events
from adapters.store.engine import connect
from adapters.store.events import event_row
from adapters.store.tables import events
from adapters.store.transactions import Database
from adapters.store.urls import database_url
from bench.growth import PBX, Day
from bench.harness import Bench, Goal, Row, in_turns, ratios
from bench.servers import NO_POSTGRES, has_postgres, new_database, postgres

ROWS, ROWS_AT_ONCE = 30_000, 1_000
_NAMES = [column.name for column in events.columns]

_NO_CALLERS: dict[Any, None] = defaultdict(lambda: None)
"""Rows name no caller: they have a table of their own."""


def rows(rounds: int) -> Iterator[Row]:
    """Row 8 on both databases."""
    with _measuring(None) as sqlite:
        ours, core, plain = in_turns(rounds, sqlite.ours, sqlite.core, sqlite.executemany)
        yield _row("SQLite", "sqlite3, executemany", Goal(0.65, "{:.0%}"), ours, plain)
        yield _row("SQLite", "SQLAlchemy Core", Goal(2.5), ours, core)
    if not has_postgres():
        yield _row("PostgreSQL", "psql, COPY", Goal(0.9, "{:.0%}"), skipped=NO_POSTGRES)
        return
    with postgres() as socket, _measuring(socket) as server:
        ours, core, copied = in_turns(rounds, server.ours, server.core, server.copy)
        if shutil.which("psql"):
            yield _row("PostgreSQL", "psql, COPY", Goal(0.9, "{:.0%}"), ours, copied)
        else:
            yield _row("PostgreSQL", "asyncpg, COPY", Goal(0.9, "{:.0%}"), ours, copied)
        yield _row("PostgreSQL", "SQLAlchemy Core", Goal(2.5), ours, core)


BENCH = Bench((8,), rows)


def _row(
    database: str,
    reference: str,
    goal: Goal,
    ours: Sequence[float] = (),
    theirs: Sequence[float] = (),
    skipped: str = "",
) -> Row:
    return Row(
        number=8,
        what=f"events stored in {database}, idempotent",
        reference=reference,
        goal=goal,
        figures=ratios(ours, theirs),
        detail=f"{median(ours):,.0f} against {median(theirs):,.0f} rows/s" if ours else "",
        skipped=skipped,
    )


@dataclass(frozen=True, slots=True)
class Contestants:
    """Each stores all rows in an empty table; rows per second."""

    runner: asyncio.Runner
    database: Database
    url: str
    socket: Path | None

    def ours(self) -> float:
        """Raises AssertionError if a second time stores anything."""
        rate = self._rate(_store)
        known = self.runner.run(self._in_transaction(partial(_store, rows=_rows()[:ROWS_AT_ONCE])))
        assert len(known) == ROWS_AT_ONCE, "what was there is not recognised"
        return rate

    def core(self) -> float:
        """SQLAlchemy Core, a list of parameters for one statement."""
        return self._rate(_by_core)

    def executemany(self) -> float:
        """The driver alone, with the settings that the store has."""
        self._empty()
        connection = sqlite3.connect(self.url.removeprefix("sqlite:///"), isolation_level=None)
        connection.executescript("PRAGMA synchronous=FULL; PRAGMA cache_size=-16384; PRAGMA wal_autocheckpoint=4000;")
        question = f"INSERT INTO events VALUES ({', '.join('?' * len(_NAMES))})"
        began = time.perf_counter()
        for some in _pieces():
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(question, some)
            connection.execute("COMMIT")
        spent = time.perf_counter() - began
        connection.close()
        return ROWS / spent

    def copy(self) -> float:
        """psql's COPY of ready text, a transaction for each piece; asyncpg's where there is no psql."""
        if shutil.which("psql") is None:
            return self._rate(_by_asyncpg)
        self._empty()
        script = "".join(f"COPY events FROM STDIN;\n{_as_text(some)}\\.\n" for some in _pieces())
        command = ["psql", "-q", "-v", "ON_ERROR_STOP=1", "-h", str(self.socket), "-U", "postgres", self._name]
        empty = self._seconds_of(command, "")
        return ROWS / (self._seconds_of(command, script) - empty)

    @property
    def _name(self) -> str:
        return cast(str, database_url(self.url).database)

    @staticmethod
    def _seconds_of(command: Sequence[str], script: str) -> float:
        began = time.perf_counter()
        subprocess.run(command, input=script, text=True, check=True, capture_output=True)
        return time.perf_counter() - began

    def _rate(self, store: Callable[[Connection, Sequence[DatabaseRow]], Any]) -> float:
        self._empty()
        spent = 0.0
        for some in _pieces():
            began = time.perf_counter()
            self.runner.run(self._in_transaction(partial(_stored_by, store, some)))
            spent += time.perf_counter() - began
        return ROWS / spent

    async def _in_transaction(self, work: Callable[[Connection], Any]) -> Any:
        async with self.database.writing() as transaction:
            return await transaction.run(work)

    def _empty(self) -> None:
        self.runner.run(self._in_transaction(lambda connection: connection.execute(text("DELETE FROM events"))))


@contextmanager
def _measuring(socket: Path | None) -> Iterator[Contestants]:
    with asyncio.Runner() as runner:
        context = new_database(socket)
        url = runner.run(context.__aenter__())
        runner.run(_make_tables(url))
        database = connect(database_url(url), None)
        try:
            yield Contestants(runner, database, url, socket)
        finally:
            runner.run(database.close())
            runner.run(context.__aexit__(None, None, None))


async def _make_tables(url: str) -> None:
    async with await open_store(url):
        pass


def _stored_by(
    store: Callable[[Connection, Sequence[DatabaseRow]], Any], rows: Sequence[DatabaseRow], connection: Connection
) -> Any:
    return store(connection, rows)


def _store(connection: Connection, rows: Sequence[DatabaseRow]) -> set[bytes]:
    return insert_events(connection, 1, rows)


def _by_core(connection: Connection, rows: Sequence[DatabaseRow]) -> None:
    connection.execute(insert(events), [dict(zip(_NAMES, row, strict=True)) for row in rows])


def _by_asyncpg(connection: Connection, rows: Sequence[DatabaseRow]) -> None:
    driver = cast(Any, connection.connection.dbapi_connection)
    driver.run_async(lambda raw: raw.copy_records_to_table("events", records=rows, columns=_NAMES))


@cache
def _rows() -> list[DatabaseRow]:
    return asyncio.run(_heard())


async def _heard() -> list[DatabaseRow]:
    """Rows of recorded days, a day after the other, each event once."""
    rows: dict[bytes, DatabaseRow] = {}
    for number in count():
        intake = Intake(PBX, Day(number), adapter="ami", next_seq=partial(next, count(1)), limit=1000, eager=False)
        async for batch in intake.batches():
            for place, event in enumerate(batch.events):
                rows.setdefault(event.event_id, event_row(1, event, _NO_CALLERS, batch.seq, place)[0])
            if len(rows) >= ROWS:
                return list(rows.values())[:ROWS]
    raise AssertionError


@cache
def _pieces() -> list[list[DatabaseRow]]:
    return [_rows()[begin : begin + ROWS_AT_ONCE] for begin in range(0, ROWS, ROWS_AT_ONCE)]


def _as_text(rows: Sequence[DatabaseRow]) -> str:
    """Rows in the text format of COPY."""
    return "".join("\t".join(map(_cell, row)) + "\n" for row in rows)


def _cell(value: object) -> str:
    if value is None:
        return r"\N"
    if isinstance(value, bytes):
        return rf"\\x{value.hex()}"
    return str(value).replace("\\", r"\\").replace("\t", r"\t").replace("\n", r"\n").replace("\r", r"\r")
