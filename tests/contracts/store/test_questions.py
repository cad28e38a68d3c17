"""No question reads a whole table that grows: with ten million visits each finds its rows through an index."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Engine, event

from adapters.store import Store, open_store
from callcenter.domain.agents.stays import Stay
from callcenter.domain.calls.visits import FoldedCall, LooseEnd, LooseKind, Outcome
from callcenter.domain.ids import AgentId, LegId, MemberRef, QueueName
from callcenter.domain.periods import Period
from callcenter.metrics.marks import MarkKind
from callcenter.metrics.summaries import AgentSummary, QueueSummary
from callcenter.ports import VisitFilter
from tests.support.agents import ALICE, PBX, at
from tests.support.heard import batch, record
from tests.support.visits import visit

SMALL = {"pbxs", "feed_sources", "feed_progress", "feed_adapters", "feed_holes", "feed_changes", "pbx_starts"}
SMALL |= {"alembic_version", "queue_settings", "snapshots", "stays", "unnamed"}
"""Tables that grow with the number of PBXs, connections, queues and people, not with calls."""

SALES, PERIOD, DAY = QueueName("sales"), Period(at(0), at(900)), date(2026, 3, 2)


@contextmanager
def overheard() -> Iterator[dict[str, Any]]:
    """All questions and their values, as SQLite gets them."""
    asked: dict[str, Any] = {}

    def listen(_connection: Any, _cursor: Any, statement: str, values: Any, _context: Any, many: bool) -> None:
        if statement.startswith(("SELECT", "DELETE", "UPDATE", "WITH")):
            asked[statement] = values[0] if many else values

    event.listen(Engine, "before_cursor_execute", listen)
    try:
        yield asked
    finally:
        event.remove(Engine, "before_cursor_execute", listen)


async def ask_the_ledger(store: Store) -> None:
    one = visit(0, leg="1.1", recordings=("/a.wav",))
    loose = LooseEnd(kind=LooseKind.OPEN_WAIT, queue=SALES, at=at(0), leg=None)
    await record(store, batch([]))
    async with store.ledger.recording(PBX) as recording:
        await recording.roots([LegId("1.1")])
        await recording.merge({LegId("1.1"): LegId("1.2")})
        await recording.call_events([LegId("1.1")])
        await recording.restarts()
        await recording.last_snapshots()
        await recording.open_calls(at(0))
        await recording.loose_counterparts([loose])
        await recording.replace_calls({LegId("1.1"): FoldedCall(visits=(one,))}, [])
        await recording.horizon()
        await recording.agents_since(DAY)
        await recording.last_agent_day(ALICE, DAY)
        await recording.stays()
        await recording.unnamed()
        await recording.sighted_around("PJSIP/1", "Ann", at(0), is_before=True)
        stay = Stay("Ann", at(0), None)
        await recording.replace_stays("PJSIP/1", [stay], [stay])
        await recording.note_unnamed({"PJSIP/1": at(0)})
        await recording.agent_events([MemberRef("PJSIP/1", "Ann")], at(0))
        await recording.agent_state(ALICE, DAY)
        await recording.agent_days(ALICE, DAY)
        await recording.replace_agent_days(ALICE, DAY, {})
    async with store.ledger.intervals(PBX) as work:
        taken = await work.take(MarkKind.QUEUE, 9)
        await work.visits_entered(SALES, PERIOD)
        await work.visits_of_agent(ALICE, PERIOD)
        await work.rings(MarkKind.QUEUE, SALES, PERIOD)
        await work.rings(MarkKind.AGENT, ALICE, PERIOD)
        await work.refusals(SALES, PERIOD)
        await work.spells(ALICE, PERIOD)
        await work.open_things()
        await work.horizon()
        await work.put_queue(SALES, at(0), QueueSummary())
        await work.put_agent(ALICE, at(0), AgentSummary())
        await work.settle(taken)
    async with store.ledger.links(PBX) as links:
        for found in await links.unlinked(9):
            await links.link(found, found.recordings)
    async with store.ledger.samples(PBX) as samples:
        await samples.answered_visits(PERIOD)
        await samples.drawn(DAY)
        await samples.put_draw(DAY, ALICE, "seed", 1, [one.visit_id])


async def ask_the_archive(store: Store) -> None:
    archive = store.archive
    filters = [
        VisitFilter(),
        VisitFilter(pbx=PBX, period=PERIOD),
        VisitFilter(queue=SALES),
        VisitFilter(agent=AgentId(ALICE)),
        VisitFilter(outcome=Outcome.ANSWERED),
        VisitFilter(leg=LegId("1.1")),
    ]
    for chosen in filters:
        page = await archive.visits(chosen, cursor=None, limit=5)
        assert page.items, chosen
    await archive.story(PBX, page.items[0].visit_id)
    for pbx in (PBX, None):
        await archive.queue_rows(pbx, PERIOD)
        await archive.agent_rows(pbx, PERIOD)
        await archive.queue_settings(pbx)
        await archive.recordings(pbx, cursor=None, limit=5)
        await archive.samples(pbx, DAY)
        await archive.anomalies(pbx, limit=5)
        await archive.disagreements(pbx, limit=5)
        await archive.spells(pbx, PERIOD)
        await archive.covered(pbx)
    await archive.feed(PBX)


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
