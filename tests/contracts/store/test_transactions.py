"""What happens when databases are slow, locked, full or gone."""

import asyncio
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from adapters.store import Store, open_store, sqlite
from adapters.store.engine import connect
from adapters.store.urls import database_url as parsed
from callcenter.domain.errors import StoreRefused, StoreUnavailable
from callcenter.domain.ids import PbxId
from callcenter.settings import DatabaseLimits
from tests.support.agents import PBX
from tests.support.heard import batch, record, run_sql


class TestErrors:
    async def test_what_the_database_refuses_is_told_without_values(self, database_url: str) -> None:
        with pytest.raises(StoreRefused) as raised:
            await run_sql(database_url, "INSERT INTO pbxs (name) VALUES ('secret')")
        assert "wordings" in raised.value.problem
        assert "secret" not in str(raised.value)

    async def test_nobody_answers(self, tmp_path: Path) -> None:
        with pytest.raises(StoreUnavailable) as raised:
            await open_store("postgresql://ann:secret@127.0.0.1:1/callcenter")
        assert raised.value.address == "postgresql+asyncpg://ann:***@127.0.0.1:1/callcenter"
        with pytest.raises(StoreUnavailable):
            await open_store(f"sqlite:///{tmp_path}/no/such/folder/a.db")

    async def test_no_such_database_or_person(self, postgres_url: str) -> None:
        for wrong in (postgres_url.replace("/shared", "/nowhere"), postgres_url.replace("postgres@", "nobody@")):
            with pytest.raises((StoreUnavailable, StoreRefused)):
                await open_store(wrong)

    async def test_a_file_that_is_no_database(self, tmp_path: Path) -> None:
        file = tmp_path / "notes.txt"
        file.write_text("not a database " * 1000)
        with pytest.raises((StoreUnavailable, StoreRefused)):
            await open_store(f"sqlite:///{file}")
        assert file.read_text() == "not a database " * 1000

    async def test_another_program_holds_the_file(self, sqlite_url: str) -> None:
        async with await open_store(sqlite_url, DatabaseLimits(lock_seconds=0.05)) as store:
            with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as other:
                other.execute("BEGIN IMMEDIATE")
                with pytest.raises(StoreUnavailable, match="locked"):
                    await record(store, batch([]))
                assert await store.archive.pbxs() == []
            await record(store, batch([]))
            assert await store.archive.pbxs() == [PBX]

    async def test_the_server_ends_the_connection(self, postgres_url: str) -> None:
        async with await open_store(postgres_url) as store:
            with pytest.raises(StoreUnavailable):
                async with store.ledger.recording(PBX) as recording:
                    await run_sql(
                        postgres_url,
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                        " WHERE application_name = 'callcenter' AND state = 'idle in transaction'"
                        " AND pid <> pg_backend_pid()",
                    )
                    await recording.add([batch([])])
            assert await record(store, batch([])) == []


class TestSqlite:
    async def test_settings_hold_on_every_connection(self, sqlite_url: str) -> None:
        wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30000}
        database = connect(parsed(sqlite_url), DatabaseLimits())
        for kind in (database.reading, database.writing):
            async with kind() as transaction:
                for pragma, value in wanted.items():
                    found = await transaction.run(
                        lambda connection, name=pragma: connection.execute(text(f"PRAGMA {name}")).scalar()
                    )
                    assert (pragma, found) == (pragma, value)
        await database.close()

    async def test_readers_see_what_was_there_when_they_began(self, sqlite_url: str) -> None:
        database = connect(parsed(sqlite_url), DatabaseLimits())
        async with await open_store(sqlite_url) as store, database.reading() as transaction:
            count = text("SELECT count(*) FROM pbxs")
            assert await transaction.run(lambda connection: connection.execute(count).scalar()) == 0
            await record(store, batch([]))
            assert await transaction.run(lambda connection: connection.execute(count).scalar()) == 0
            assert await store.archive.pbxs() == [PBX]
        await database.close()


class TestNewFiles:
    """Where several switch to the write-ahead log at once, SQLite tells some that the file is locked."""

    def test_it_tries_again_while_others_hold_the_file(self, tmp_path: Path) -> None:
        file = tmp_path / "a.db"
        with closing(sqlite3.connect(file, isolation_level=None)) as other, ThreadPoolExecutor() as threads:
            other.execute("CREATE TABLE t (a)")
            other.execute("BEGIN IMMEDIATE")

            def switch() -> str:
                with closing(sqlite3.connect(file, isolation_level=None, timeout=0)) as connection:
                    sqlite._write_ahead(connection.cursor(), 10)
                    return str(connection.execute("PRAGMA journal_mode").fetchone()[0])

            switching = threads.submit(switch)
            with pytest.raises(TimeoutError):
                switching.result(0.1)
            other.execute("COMMIT")
            assert switching.result(10) == "wal"


class TestCancelling:
    async def test_who_is_cancelled_waits_for_the_thread(self) -> None:
        """Nobody else may use the connection before the thread is done with it, however often one is cancelled."""
        release, done = threading.Event(), threading.Event()

        def work() -> None:
            release.wait(10)
            done.set()

        with ThreadPoolExecutor() as threads:
            task = asyncio.create_task(sqlite.in_thread(threads, work))
            for _ in range(3):
                await asyncio.sleep(0.01)
                task.cancel()
            await asyncio.sleep(0.01)
            assert not task.done()
            release.set()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert done.is_set()


class TestManyAtOnce:
    async def test_readers_and_writers(self, store: Store) -> None:
        """More at once than there are connections."""

        async def write(n: int) -> None:
            await record(store, batch([], pbx=PbxId(f"p{n % 5}")), pbx=PbxId(f"p{n % 5}"))

        async def read() -> None:
            await store.archive.pbxs()

        async with asyncio.timeout(60):
            await asyncio.gather(*(write(n) for n in range(25)), *(read() for _ in range(40)))
        assert len(await store.archive.pbxs()) == 5

    async def test_cancelled_at_any_moment_nothing_stays_locked(self, store: Store) -> None:
        for n in range(40):
            task = asyncio.create_task(record(store, batch([], n + 1)))
            await asyncio.sleep(n / 8000)
            task.cancel()
            await asyncio.wait([task])
        async with asyncio.timeout(10):
            await asyncio.gather(*(store.archive.pbxs() for _ in range(10)))
            assert await record(store, batch([], 99)) == []
