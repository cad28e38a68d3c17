"""SQLite in threads: one hop for a whole piece of work. (An async driver hops for every statement, at twenty times the
cost of a small one.)
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from functools import partial
from time import monotonic, sleep
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor

from adapters.store.failures import explained
from adapters.store.transactions import Transaction
from callcenter.settings import DatabaseLimits

P = ParamSpec("P")
T = TypeVar("T")

_READERS = 4
"""SQLite connections that read at once; each has a thread and a cache of its own."""

_NO_LIMITS_BUSY_SECONDS = 30.0
"""How long SQLite waits for another process's writer before it gives up, where no limit is set."""

_RETRY_SECONDS = 0.01
"""Between two attempts where SQLite itself does not wait."""

_PRAGMAS = (
    "synchronous=FULL",  # NORMAL may lose the last commits when the power fails
    "foreign_keys=ON",
    "cache_size=-16384",  # KiB
    "wal_autocheckpoint=4000",  # pages: 16 MiB of log, a quarter of the default's syncs under load
    "temp_store=MEMORY",
)

_STEPS_BETWEEN_LOOKS = 20_000
"""Steps of SQLite's machine between two looks at the clock: about a millisecond."""

_BEGIN = "begin"
"""Execution option: how SQLite begins a transaction."""


class SqliteDatabase:
    """Write-ahead log, one writer, several readers."""

    def __init__(self, url: URL, limits: DatabaseLimits | None) -> None:
        self._url = url
        self._answer_seconds = limits.answer_seconds if limits else None
        busy_seconds = limits.lock_seconds if limits else _NO_LIMITS_BUSY_SECONDS
        self._engine = create_engine(
            url,
            # None leaves BEGIN to us; connections move between our threads, one call at a time.
            connect_args={"isolation_level": None, "check_same_thread": False, "timeout": busy_seconds},
            pool_size=_READERS + 1,
            max_overflow=0,
        )
        event.listen(self._engine, "connect", partial(_set_pragmas, busy_seconds))
        event.listen(self._engine, "begin", _begin)
        self._threads = ThreadPoolExecutor(_READERS + 1, thread_name_prefix="sqlite")
        self._readers = asyncio.Semaphore(_READERS)
        self._writer = asyncio.Lock()

    def answering(self) -> AbstractAsyncContextManager[Transaction]:
        return self._transaction(self._readers, "BEGIN", self._answer_seconds)

    def reading(self) -> AbstractAsyncContextManager[Transaction]:
        return self._transaction(self._readers, "BEGIN")

    def writing(self) -> AbstractAsyncContextManager[Transaction]:
        return self._transaction(self._writer, "BEGIN IMMEDIATE")

    async def close(self) -> None:
        await in_thread(self._threads, self._engine.dispose)
        self._threads.shutdown()

    @asynccontextmanager
    async def _transaction(
        self, turn: AbstractAsyncContextManager[Any], begin: str, seconds: float | None = None
    ) -> AsyncIterator["_SqliteTransaction"]:
        async with turn:
            transaction = _SqliteTransaction(self._engine, self._threads, seconds)
            with explained(self._url):
                try:
                    await transaction.begin(begin)
                    yield transaction
                    await transaction.commit()
                finally:
                    await transaction.close()


class _SqliteTransaction:
    """A connection that is used from threads, one call at a time, each for so many seconds at most."""

    def __init__(self, engine: Engine, threads: ThreadPoolExecutor, seconds: float | None) -> None:
        self._engine = engine
        self._threads = threads
        self._seconds = seconds
        self._connection: Connection | None = None

    async def run(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        connection = self._connection
        assert connection is not None, "the transaction is over"
        return await in_thread(self._threads, self._work, connection, lambda: work(connection, *args, **kwargs))

    async def begin(self, begin: str) -> None:
        await in_thread(self._threads, self._open, begin)

    async def commit(self) -> None:
        await self.run(Connection.commit)

    async def close(self) -> None:
        """Give the connection back; what has not been committed is undone."""
        if self._connection is not None:
            await self.run(Connection.close)
            self._connection = None

    def _work(self, connection: Connection, work: Callable[[], T]) -> T:
        if self._seconds is None:
            return work()
        driver = connection.connection.dbapi_connection
        assert isinstance(driver, sqlite3.Connection)
        end_at = monotonic() + self._seconds
        driver.set_progress_handler(lambda: monotonic() > end_at, _STEPS_BETWEEN_LOOKS)
        try:
            return work()
        finally:
            driver.set_progress_handler(None, 0)

    def _open(self, begin: str) -> None:
        # Held before BEGIN may wait or fail, so that it is given back whatever happens.
        self._connection = self._engine.connect().execution_options(**{_BEGIN: begin})
        self._connection.begin()


async def in_thread(threads: ThreadPoolExecutor, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run in a thread; a cancelled caller still waits for the end, since nobody else may use the connection before."""
    running = asyncio.get_running_loop().run_in_executor(threads, lambda: work(*args, **kwargs))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        while not running.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait([running])
        raise


def _set_pragmas(busy_seconds: float, connection: DBAPIConnection, _record: object) -> None:
    cursor = connection.cursor()
    _write_ahead(cursor, busy_seconds)
    for pragma in (*_PRAGMAS, f"busy_timeout={_milliseconds(busy_seconds)}"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _write_ahead(cursor: DBAPICursor, busy_seconds: float) -> None:
    """Keep a write-ahead log. The first to say so of a new file may meet others there: SQLite does not wait then."""
    give_up_at = monotonic() + busy_seconds
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or monotonic() > give_up_at:
                raise
            sleep(_RETRY_SECONDS)


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get(_BEGIN, "BEGIN"))


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
