"""The steps lead to the very tables that the code has, on either database, and may be taken by many at once."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files
from typing import Any

import pytest
from alembic import command, op
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text

from adapters.store import open_store
from adapters.store.engine import connect
from adapters.store.migrate import COMPARED, HEAD, alembic_config, migrate, revision, upgrade
from adapters.store.tables import metadata
from adapters.store.transactions import Database
from adapters.store.urls import database_url as parsed
from callcenter.domain.errors import StoreRefused
from tests.support.agents import PBX
from tests.support.heard import batch, record, run_sql


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    database = connect(parsed(url), None)
    try:
        yield database
    finally:
        await database.close()


async def definitions(url: str) -> list[tuple[Any, ...]]:
    """Every table, column, key and index as the database itself writes it down."""
    async with opened(url) as database, database.reading() as transaction:
        return await transaction.run(_definitions)


def _definitions(connection: Connection) -> list[tuple[Any, ...]]:
    ours = "NOT LIKE 'alembic%'"
    counters = "tbl_name NOT IN ('sqlite_sequence', 'sqlite_stat1')"
    if connection.dialect.name == "sqlite":
        question = f"SELECT type, name, sql FROM sqlite_master WHERE tbl_name {ours} AND {counters} ORDER BY type, name"
        return [(row[0], row[1], _normal(row[2])) for row in connection.execute(text(question))]
    columns = (
        "SELECT table_name, column_name, data_type, is_nullable, column_default, is_identity, ordinal_position"
        f" FROM information_schema.columns WHERE table_schema = 'public' AND table_name {ours} ORDER BY 1, 7"
    )
    indices = f"SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename {ours} ORDER BY 1"
    keys = (
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
        f" WHERE connamespace = 'public'::regnamespace AND conname {ours} AND conname NOT LIKE 'pk_alembic%' ORDER BY 1"
    )
    return [tuple(row) for question in (columns, indices, keys) for row in connection.execute(text(question))]


def _normal(sql: str | None) -> str | None:
    return None if sql is None else " ".join(sql.split())


def downgrade(connection: Connection, target: str = "base") -> None:
    """Take steps back."""
    command.downgrade(alembic_config(connection), target)


def steps_of(connection: Connection) -> list[Any]:
    """What Alembic would still change."""
    return compare_metadata(MigrationContext.configure(connection, opts=COMPARED), metadata)


class TestSteps:
    async def test_lead_to_the_tables_of_the_code(self, empty_database_url: str) -> None:
        async with opened(empty_database_url) as database:
            await migrate(database)
            migrated = await definitions(empty_database_url)
            async with database.writing() as transaction:
                assert await transaction.run(steps_of) == []
                await transaction.run(downgrade)
            assert await definitions(empty_database_url) == []
            async with database.writing() as transaction:
                await transaction.run(metadata.create_all)
        assert await definitions(empty_database_url) == migrated
        assert len(migrated) > 50

    async def test_one_by_one_back_and_forth(self, empty_database_url: str) -> None:
        async with opened(empty_database_url) as database:
            for target in ("0001", "head"):
                async with database.writing() as transaction:
                    await transaction.run(upgrade, target)
            wanted = await definitions(empty_database_url)
            async with database.writing() as transaction:
                await transaction.run(downgrade, "0001")
                assert await transaction.run(revision) == "0001"
            await migrate(database)
        assert await definitions(empty_database_url) == wanted

    async def test_the_last_one_is_the_one_we_ask_for(self, empty_database_url: str) -> None:
        async with opened(empty_database_url) as database:
            await migrate(database)
            async with database.reading() as transaction:
                assert await transaction.run(revision) == HEAD

    def test_come_with_the_package(self) -> None:
        there = {entry.name for entry in files("adapters.store.migrations").iterdir()}
        assert {"env.py", "versions"} <= there


class TestOpening:
    async def test_many_at_once_on_an_empty_database(self, empty_database_url: str) -> None:
        stores = await asyncio.gather(*(open_store(empty_database_url) for _ in range(6)))
        for store in stores:
            await record(store, batch([]))
            await store.close()
        async with await open_store(empty_database_url) as store:
            assert await store.ledger.pbxs() == [PBX]

    async def test_many_processes_at_once(self, empty_database_url: str) -> None:
        code = (
            "import asyncio, sys; from adapters.store import open_store\n"
            "async def go():\n    async with await open_store(sys.argv[1]): pass\n"
            "asyncio.run(go())"
        )
        running = [
            await asyncio.create_subprocess_exec(
                sys.executable, "-W", "error", "-c", code, empty_database_url, stderr=asyncio.subprocess.PIPE
            )
            for _ in range(2)
        ]
        told = await asyncio.gather(*(process.communicate() for process in running))
        assert [(process.returncode, err) for process, (_, err) in zip(running, told, strict=True)] == [(0, b"")] * 2

    async def test_a_failed_step_leaves_nothing(self, empty_database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        made: list[str] = []
        create = op.create_table

        def fails_in_the_end(name: str, *columns: Any, **options: Any) -> Any:
            if name == "qa_samples":
                raise ZeroDivisionError
            made.append(name)
            return create(name, *columns, **options)

        monkeypatch.setattr(op, "create_table", fails_in_the_end)
        with pytest.raises(ZeroDivisionError):
            await open_store(empty_database_url)
        assert len(made) > 20
        assert await definitions(empty_database_url) == []
        monkeypatch.undo()
        async with await open_store(empty_database_url) as store:
            assert await store.ledger.pbxs() == []

    async def test_a_database_that_a_newer_version_wrote(self, database_url: str) -> None:
        await run_sql(database_url, "UPDATE alembic_version SET version_num = '9999'")
        try:
            with pytest.raises(StoreRefused, match="newer version"):
                await open_store(database_url)
        finally:
            await run_sql(database_url, f"UPDATE alembic_version SET version_num = '{HEAD}'")
