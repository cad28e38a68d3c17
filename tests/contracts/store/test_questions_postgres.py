"""No question reads much of what grows: over two years of calls on PostgreSQL each touches a handful of rows.

Each is explained as it runs, with its real values, so what counts is what was read and not what a planner guessed.
"""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import asyncpg
import pytest

from adapters.store import open_store
from adapters.store.engine import connect
from adapters.store.partitions import is_part
from adapters.store.urls import database_url as parsed
from callcenter.domain.ids import LegId
from callcenter.ports import Archive
from tests.support.agents import PBX
from tests.support.many_rows import VISITS, fill
from tests.support.questions import ask_the_archive, ask_the_ledger, overheard

MOST_ROWS = 500
"""What one question may read of tables that hold 20 000 to 140 000 rows."""

MOST_PAGES = 500
"""What it may look at, 8 KiB each, in all the months; the tables and their indices have some 10 000."""

DATABASE = "many"

COUNTED = ("count(*)", "union select spells.agent")
"""Questions for all there is: how many anomalies a PBX has, and who was heard of since a day."""


@dataclass(frozen=True)
class Answer:
    """How a question was answered."""

    statement: str
    plan: dict[str, Any]

    def nodes(self) -> Iterator[dict[str, Any]]:
        """Every step, from the last to the first."""
        waiting = [self.plan["Plan"]]
        while waiting:
            node = waiting.pop()
            waiting += node.get("Plans", [])
            yield node

    def reads(self) -> Iterator[tuple[str, int]]:
        """Tables and how many rows of them were looked at."""
        for node in self.nodes():
            if "Relation Name" in node:
                dropped = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
                yield node["Relation Name"], round((node["Actual Rows"] + dropped) * node["Actual Loops"])

    @property
    def pages(self) -> int:
        top = self.plan["Plan"]
        return int(top["Shared Hit Blocks"] + top["Shared Read Blocks"])

    @property
    def counts(self) -> bool:
        said = " ".join(self.statement.lower().split())
        return any(words in said for words in COUNTED)

    def __str__(self) -> str:
        return f"{self.statement}\n{json.dumps(self.plan, indent=1)}"


@pytest.fixture(scope="module")
def many_url(postgres_socket: Path) -> str:
    """The address of a database that holds two years."""
    url = f"postgresql://postgres@/{DATABASE}?host={quote(str(postgres_socket), safe='')}"

    async def make() -> None:
        connection = await asyncpg.connect(host=str(postgres_socket), user="postgres", database="postgres")
        await connection.execute(f"CREATE DATABASE {DATABASE}")
        await connection.close()
        async with await open_store(url):
            pass
        database = connect(parsed(url), None)
        async with database.writing() as transaction:
            await transaction.run(fill)
        await database.close()

    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        runner.run(make())
    return url


@pytest.fixture(scope="module")
async def answers(many_url: str, postgres_socket: Path) -> list[Answer]:
    """How PostgreSQL answers each question of both ports."""
    with overheard() as asked:
        async with await open_store(many_url) as store:
            await ask_the_ledger(store)
            async with store.ledger.recording(PBX) as recording:
                await recording.assign({LegId("1.1"): LegId("1.1")})
            await ask_the_archive(store)
    connection = await asyncpg.connect(
        host=str(postgres_socket), user="postgres", database=DATABASE, server_settings={"jit": "off"}
    )
    try:
        return [await explained(connection, statement, values) for statement, values in asked.items()]
    finally:
        await connection.close()


async def explained(connection: asyncpg.Connection, statement: str, values: Any) -> Answer:
    """Run a question, and undo what it did."""
    transaction = connection.transaction()
    await transaction.start()
    try:
        told = await connection.fetchval(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", *values)
    finally:
        await transaction.rollback()
    return Answer(statement, json.loads(told)[0])


@pytest.fixture(scope="module")
async def sizes(many_url: str, postgres_socket: Path) -> dict[str, int]:
    """How many rows each table has, and each part of one."""
    connection = await asyncpg.connect(host=str(postgres_socket), user="postgres", database=DATABASE)
    found = await connection.fetch("SELECT relname, reltuples FROM pg_class WHERE relkind = 'r' AND relname !~ '^pg_'")
    await connection.close()
    return {name: round(rows) for name, rows in found}


def test_the_tables_are_large_and_in_months(sizes: dict[str, int]) -> None:
    assert sizes["visits"] == sizes["ring_attempts"] == VISITS
    months = [rows for name, rows in sizes.items() if is_part(name) and name.startswith("events")]
    assert len(months) >= 24
    assert sum(rows > 5_000 for rows in months) == 24


def test_every_question_of_the_api_was_asked(answers: list[Answer]) -> None:
    assert len(answers) > 70
    code = ask_the_archive.__code__.co_names
    methods = {name for name in vars(Archive) if not name.startswith("_")}
    assert methods - set(code) - {"pbxs"} == set()


def test_each_reads_few_rows(answers: list[Answer]) -> None:
    for answer in answers:
        if not answer.counts:
            read = sum(rows for _, rows in answer.reads())
            assert read <= MOST_ROWS, f"{read} rows read\n{answer}"


def test_each_looks_at_few_pages(answers: list[Answer]) -> None:
    """Those without a bound in time look into every month, and are quick all the same."""
    for answer in answers:
        if not answer.counts:
            assert answer.pages <= MOST_PAGES, f"{answer.pages} pages\n{answer}"


def test_no_large_table_is_read_from_end_to_end(answers: list[Answer], sizes: dict[str, int]) -> None:
    for answer in answers:
        for node in answer.nodes():
            if node["Node Type"] == "Seq Scan" and not answer.counts:
                assert sizes.get(node["Relation Name"], 0) <= MOST_ROWS, str(answer)


def test_nothing_large_is_sorted(answers: list[Answer]) -> None:
    for answer in answers:
        for node in answer.nodes():
            if "Sort" in node["Node Type"]:
                assert node["Actual Rows"] * node["Actual Loops"] <= MOST_ROWS, str(answer)


def test_a_stretch_of_time_is_looked_for_in_its_month(answers: list[Answer]) -> None:
    bounded = [
        answer
        for answer in answers
        for table, column in (("queue_intervals", "quarter"), ("agent_intervals", "quarter"))
        if f"FROM {table}" in answer.statement.replace("\n", "") and f"{table}.{column} <" in answer.statement
    ]
    assert len(bounded) == 2
    for answer in bounded:
        assert {table for table, _ in answer.reads() if is_part(table)} <= {
            "queue_intervals_2026_03",
            "agent_intervals_2026_03",
        }
    heard = [answer for answer in answers if "AS heard (occurred_at, event_id)" in answer.statement]
    since = [answer for answer in answers if "events.occurred_at >=" in answer.statement]
    assert len(since) == 1
    assert len(heard) == 1
    for answer in (*heard, *since):
        months = {table for table, _ in answer.reads() if is_part(table)}
        assert months
        assert min(months) >= "events_2026_03", months
