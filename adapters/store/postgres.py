"""PostgreSQL over asyncpg.

Connections that answer people and those that work have limits of their own, so each kind has a pool: a limit that is
set when a connection begins costs nothing afterwards.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import URL, Connection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from adapters.store.failures import explained, reachable
from adapters.store.transactions import Transaction
from callcenter.settings import DatabaseLimits

P = ParamSpec("P")
T = TypeVar("T")

_CONNECT_SECONDS = 10.0
"""The longest that a server may take to let us in."""

_GRACE_SECONDS = 5.0
"""After a limit the server itself ends a statement. If nothing is heard of that for so long, the server is gone."""

_SETTINGS = {
    "application_name": "callcenter",
    # Compiling small queries to machine code costs more than running them.
    "jit": "off",
    # A plan that was made while a table was empty must not outlive that.
    "plan_cache_mode": "force_custom_plan",
}


class PostgresDatabase:
    """`transactions.Database` on a PostgreSQL server."""

    def __init__(self, url: URL, limits: DatabaseLimits | None) -> None:
        self._url = url
        self._answers = _engine(url, limits, limits.answer_seconds if limits else None)
        self._work = _engine(url, limits, limits.work_seconds if limits else None)

    def answering(self) -> AbstractAsyncContextManager[Transaction]:
        return self._transaction(self._answers)

    def reading(self) -> AbstractAsyncContextManager[Transaction]:
        return self._transaction(self._work)

    def writing(self) -> AbstractAsyncContextManager[Transaction]:
        return self._transaction(self._work)

    async def close(self) -> None:
        await self._answers.dispose()
        await self._work.dispose()

    @asynccontextmanager
    async def _transaction(self, engine: AsyncEngine) -> AsyncIterator["_PostgresTransaction"]:
        with explained(self._url):
            connection = engine.connect()
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
        try:
            return await self._connection.run_sync(work, *args, **kwargs)
        except TimeoutError:
            # Nobody is at the other end: to undo the transaction there would wait as long again.
            await self._connection.invalidate()
            raise


def _engine(url: URL, limits: DatabaseLimits | None, seconds: float | None) -> AsyncEngine:
    """Connections on which a statement may take so many seconds; they are made when they are needed."""
    arguments: dict[str, Any] = {"server_settings": _SETTINGS, "timeout": _CONNECT_SECONDS}
    if limits is not None and seconds is not None:
        arguments["server_settings"] = _SETTINGS | {
            "statement_timeout": _milliseconds(seconds),
            "lock_timeout": _milliseconds(limits.lock_seconds),
            "idle_in_transaction_session_timeout": _milliseconds(limits.idle_seconds),
        }
        arguments["command_timeout"] = seconds + _GRACE_SECONDS
    return create_async_engine(url, pool_size=8, max_overflow=8, pool_pre_ping=True, connect_args=arguments)


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.0f}"
