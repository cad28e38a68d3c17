"""What takes longer than it may is ended, told as what it is, and leaves nothing behind."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import unquote

import pytest
from sqlalchemy import Connection, text

from adapters.store import open_store, postgres
from adapters.store.engine import connect
from adapters.store.transactions import Database
from adapters.store.urls import database_url as parsed
from callcenter.domain.errors import StoreTooSlow, StoreUnavailable
from callcenter.settings import DatabaseLimits
from tests.support.agents import PBX
from tests.support.heard import batch, record

ENDLESS = text(
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000) SELECT count(*) FROM n"
)
SHORT = DatabaseLimits(answer_seconds=0.2, work_seconds=0.4, lock_seconds=0.2, idle_seconds=0.3)


def count(connection: Connection) -> Any:
    return connection.execute(ENDLESS).scalar()


def one(connection: Connection) -> Any:
    return connection.execute(text("SELECT 1")).scalar()


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = connect(parsed(database_url), SHORT)
    yield opened
    await opened.close()


class TestAnswers:
    async def test_one_that_takes_too_long_is_ended(self, database: Database) -> None:
        began = time.monotonic()
        with pytest.raises(StoreTooSlow):
            async with database.answering() as transaction:
                await transaction.run(count)
        assert time.monotonic() - began < 2
        async with database.answering() as transaction:
            assert await transaction.run(one) == 1

    async def test_each_piece_has_the_whole_time(self, database: Database) -> None:
        async with database.answering() as transaction:
            await asyncio.sleep(0.25)
            assert await transaction.run(one) == 1

    async def test_it_does_not_end_the_work_that_follows_on_the_same_connection(self, sqlite_url: str) -> None:
        database = connect(parsed(sqlite_url), DatabaseLimits(answer_seconds=0.01))
        slow = text(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000) SELECT max(i) FROM n"
        )
        for _ in range(5):
            with pytest.raises(StoreTooSlow):
                async with database.answering() as transaction:
                    await transaction.run(count)
            async with database.reading() as transaction:
                found = await transaction.run(lambda connection: connection.execute(slow).scalar())
            assert found == 1_000_000
        await database.close()


class TestWork:
    async def test_a_statement_that_hangs_is_ended(self, postgres_url: str) -> None:
        async with _opened(postgres_url, SHORT) as database:
            for kind in (database.reading, database.writing):
                with pytest.raises(StoreTooSlow):
                    async with kind() as transaction:
                        await transaction.run(count)

    async def test_a_turn_that_does_not_come(self, database_url: str) -> None:
        async with (
            await open_store(database_url) as store,
            await open_store(database_url, SHORT) as other,
        ):
            await record(store, batch([]))
            async with store.ledger.recording(PBX):
                with pytest.raises(StoreUnavailable, match="lock"):
                    await record(other, batch([]))
            assert await record(other, batch([])) == []

    async def test_who_stands_still_in_a_turn_loses_it(self, postgres_url: str) -> None:
        async with await open_store(postgres_url, SHORT) as store, await open_store(postgres_url) as other:
            await record(store, batch([]))
            with pytest.raises(StoreUnavailable):
                async with store.ledger.recording(PBX) as recording:
                    assert await record(other, batch([])) == []
                    await recording.add([batch([], 2)])
            assert await record(store, batch([], 2)) == []

    async def test_migrating_takes_what_it_takes(self, empty_postgres_url: str) -> None:
        limits = DatabaseLimits(answer_seconds=0.001, work_seconds=0.001, lock_seconds=0.001, idle_seconds=0.001)
        async with await open_store(empty_postgres_url, limits):
            pass
        async with await open_store(empty_postgres_url) as store:
            assert await store.archive.pbxs() == []


class TestSilence:
    """A server that is gone without a word, as after a power cut or behind a firewall that forgot us."""

    async def test_is_noticed(self, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(postgres, "_GRACE_SECONDS", 0.2)
        async with _relay(postgres_url) as (url, muted), _opened(url, SHORT) as database:
            async with database.writing() as transaction:
                assert await transaction.run(one) == 1
            began = time.monotonic()
            with pytest.raises(StoreUnavailable, match="no answer"):
                async with database.writing() as transaction:
                    muted.set()
                    await transaction.run(one)
            assert time.monotonic() - began < 5
            muted.clear()
            async with asyncio.timeout(10), database.writing() as transaction:
                assert await transaction.run(one) == 1


@asynccontextmanager
async def _opened(url: str, limits: DatabaseLimits) -> AsyncIterator[Database]:
    database = connect(parsed(url), limits)
    try:
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def _relay(url: str) -> AsyncIterator[tuple[str, asyncio.Event]]:
    """The same server by TCP, and an event that mutes what it says on the connections that are open then."""
    muted = asyncio.Event()
    place, _, socket = url.partition("?host=")

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            if not muted.is_set():
                writer.write(data)
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        theirs, ours = await asyncio.open_unix_connection(f"{unquote(socket)}/.s.PGSQL.5432")
        await asyncio.gather(pass_on(reader, ours), pass_on(theirs, writer))

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield f"{place.replace('@/', f'@127.0.0.1:{port}/')}?ssl=disable", muted
    finally:
        server.close()
