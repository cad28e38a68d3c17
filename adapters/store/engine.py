"""Transactions on either database, in which plain functions over a `Connection` run.

All SQL of the store is written as ordinary functions. SQLite runs them in threads, one hop for a whole piece of work
(an async driver hops for every statement, at twenty times the cost of a small one); PostgreSQL runs them over asyncpg.

One writer at a time and PBX: SQLite has one for the whole file (BEGIN IMMEDIATE), on PostgreSQL the writers of a PBX
queue for its row (`turns.py`). Readers see what was committed before they began and never wait.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from time import monotonic, sleep
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from adapters.store.failures import explained, reachable

P = ParamSpec("P")
T = TypeVar("T")

_READERS = 4
"""SQLite connections that read at once; each has a thread and a cache of its own."""

_BUSY_MILLISECONDS = 30_000
"""How long SQLite waits for another process's writer before it gives up."""

_RETRY_SECONDS = 0.01
"""Between two attempts where SQLite itself does not wait."""

_PRAGMAS = (
    "synchronous=FULL",  # NORMAL may lose the last commits when the power fails
    "foreign_keys=ON",
    f"busy_timeout={_BUSY_MILLISECONDS}",
    "cache_size=-16384",  # KiB
    "wal_autocheckpoint=4000",  # pages: 16 MiB of log, a quarter of the default's syncs under load
    "temp_store=MEMORY",
)

_BEGIN = "begin"
"""Execution option: how SQLite begins a transaction."""


class Transaction(Protocol):
    """An open transaction. It ends with the context that gave it."""

    async def run(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a function over the connection; one at a time."""
        ...


class Database(Protocol):
    """Where transactions come from."""

    def reading(self) -> AbstractAsyncContextManager[Transaction]:
        """A transaction that reads."""
        ...

    def writing(self) -> AbstractAsyncContextManager[Transaction]:
        """A transaction that may write; leaving the context commits, an error undoes it."""
        ...

    async def close(self) -> None: ...


def connect(url: URL) -> Database:
    """The database at an address that `database_url` gave."""
    return SqliteDatabase(url) if url.get_backend_name() == "sqlite" else PostgresDatabase(url)


class SqliteDatabase:
    """SQLite in threads: write-ahead log, one writer, several readers."""

    def __init__(self, url: URL) -> None:
        self._url = url
        self._engine = create_engine(
            url,
            # None leaves BEGIN to us; connections move between our threads, one call at a time.
            connect_args={"isolation_level": None, "check_same_thread": False, "timeout": _BUSY_MILLISECONDS / 1000},
            pool_size=_READERS + 1,
            max_overflow=0,
        )
        event.listen(self._engine, "connect", _set_pragmas)
        event.listen(self._engine, "begin", _begin)
        self._threads = ThreadPoolExecutor(_READERS + 1, thread_name_prefix="sqlite")
        self._readers = asyncio.Semaphore(_READERS)
        self._writer = asyncio.Lock()

    def reading(self) -> AbstractAsyncContextManager[Transaction]:
        return self._transaction(self._readers, "BEGIN")

    def writing(self) -> AbstractAsyncContextManager[Transaction]:
        return self._transaction(self._writer, "BEGIN IMMEDIATE")

    async def close(self) -> None:
        await in_thread(self._threads, self._engine.dispose)
        self._threads.shutdown()

    @asynccontextmanager
    async def _transaction(
        self, turn: AbstractAsyncContextManager[Any], begin: str
    ) -> AsyncIterator["_SqliteTransaction"]:
        async with turn:
            transaction = _SqliteTransaction(self._engine, self._threads)
            with explained(self._url):
                try:
                    await transaction.begin(begin)
                    yield transaction
                    await transaction.commit()
                finally:
                    await transaction.close()


class _SqliteTransaction:
    """A connection that is used from threads, one call at a time."""

    def __init__(self, engine: Engine, threads: ThreadPoolExecutor) -> None:
        self._engine = engine
        self._threads = threads
        self._connection: Connection | None = None

    async def run(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        connection = self._connection
        assert connection is not None, "the transaction is over"
        return await in_thread(self._threads, lambda: work(connection, *args, **kwargs))

    async def begin(self, begin: str) -> None:
        await in_thread(self._threads, self._open, begin)

    async def commit(self) -> None:
        await self.run(Connection.commit)

    async def close(self) -> None:
        """Give the connection back; what has not been committed is undone."""
        if self._connection is not None:
            await self.run(Connection.close)
            self._connection = None

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


def _set_pragmas(connection: DBAPIConnection, _record: object) -> None:
    cursor = connection.cursor()
    _write_ahead(cursor)
    for pragma in _PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _write_ahead(cursor: DBAPICursor) -> None:
    """Keep a write-ahead log. The first to say so of a new file may meet others there: SQLite does not wait then."""
    give_up_at = monotonic() + _BUSY_MILLISECONDS / 1000
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


_SERVER_SETTINGS = {
    "application_name": "callcenter",
    # Compiling small queries to machine code costs more than running them.
    "jit": "off",
    # A plan that was made while a table was empty must not outlive that.
    "plan_cache_mode": "force_custom_plan",
}


class PostgresDatabase:
    """PostgreSQL over asyncpg."""

    def __init__(self, url: URL) -> None:
        self._url = url
        self._engine = create_async_engine(
            url,
            pool_size=8,
            max_overflow=8,
            pool_pre_ping=True,
            connect_args={"server_settings": _SERVER_SETTINGS},
        )

    def reading(self) -> AbstractAsyncContextManager[Transaction]:
        return self._transaction()

    def writing(self) -> AbstractAsyncContextManager[Transaction]:
        return self._transaction()

    async def close(self) -> None:
        await self._engine.dispose()

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator["_PostgresTransaction"]:
        with explained(self._url):
            connection = self._engine.connect()
            with reachable(self._url):
                await connection.start()
            try:
                async with connection.begin():
                    yield _PostgresTransaction(connection)
            finally:
                await connection.close()


class _PostgresTransaction:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def run(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._connection.run_sync(work, *args, **kwargs)
