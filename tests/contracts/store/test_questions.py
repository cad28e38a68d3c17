"""No question reads a whole table that grows: with ten million visits each finds its rows through an index."""

import sqlite3
from contextlib import closing

import pytest

from adapters.store import open_store
from callcenter.domain.ids import LegId
from tests.support.agents import PBX
from tests.support.questions import ask_the_archive, ask_the_ledger, overheard

SMALL = {"pbxs", "feed_sources", "feed_progress", "feed_adapters", "feed_holes", "feed_changes", "pbx_starts"}
SMALL |= {"alembic_version", "queue_settings", "snapshots", "stays", "unnamed"}
"""Tables that grow with the number of PBXs, connections, queues and people, not with calls."""


@pytest.fixture
async def questions(sqlite_url: str) -> dict[str, list[str]]:
    """How SQLite would answer each question of both ports."""
    with overheard() as asked:
        async with await open_store(sqlite_url) as store:
            await ask_the_ledger(store)
            async with store.ledger.recording(PBX) as recording:
                await recording.assign({LegId("1.1"): LegId("1.1")})
            await ask_the_archive(store)
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as connection:
        return {
            statement: [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}", values)]
            for statement, values in asked.items()
        }


def test_each_finds_its_rows_through_an_index(questions: dict[str, list[str]]) -> None:
    assert len(questions) > 60
    for statement, plan in questions.items():
        for step in plan:
            words = step.split()
            scans = words[0] == "SCAN" and words[1] not in SMALL
            harmless = "max(rowid)" in statement or words[1] in ("CONSTANT", "json_each")
            assert not scans or harmless, f"{step}\n{statement}"


def test_the_pbx_alone_picks_out_too_much(questions: dict[str, list[str]]) -> None:
    """But where one page of an order is wanted, where all is counted, or in an index over few rows."""
    for statement, plan in questions.items():
        for step in plan:
            words = step.split()
            if words[0] == "SEARCH" and step.endswith("(pbx_id=?)") and words[1] not in SMALL:
                one_page = "ORDER BY" in statement and "LIMIT" in statement
                counted = "count(*)" in statement
                few = any(name in step for name in ("_open ", "_long ", "_unlinked "))
                assert one_page or counted or few, f"{step}\n{statement}"


def test_pages_need_no_sorting_of_all_they_might_show(questions: dict[str, list[str]]) -> None:
    for statement, plan in questions.items():
        if "LIMIT" in statement and "USE TEMP B-TREE FOR ORDER BY" in plan:
            assert any("ix_visits_call" in step for step in plan), f"{plan}\n{statement}"


def test_a_leg_finds_its_call_before_anything_else(questions: dict[str, list[str]]) -> None:
    plans = [plan for statement, plan in questions.items() if "visits.call = " in statement]
    assert len(plans) == 2
    assert all("ix_visits_call" in plan[0] for plan in plans)


@pytest.mark.parametrize(
    ("flag", "index", "many"),
    [
        ("visits.is_open = 1", "ix_visits_open", 2),
        ("visits.is_long = 1", "ix_visits_long", 2),
        ("spells.is_long = 1", "ix_spells_long", 2),
        ("visits.is_unlinked = 1", "ix_visits_unlinked", 1),
    ],
)
def test_flagged_rows_are_found_by_their_flag(
    questions: dict[str, list[str]], flag: str, index: str, many: int
) -> None:
    asked = {" ".join(statement.split()): plan for statement, plan in questions.items()}
    plans = [plan for statement, plan in asked.items() if f"AND {flag}" in statement]
    assert len(plans) == many
    assert all(any(index in step for step in plan) for plan in plans), plans
