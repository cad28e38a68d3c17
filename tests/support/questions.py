"""Every question that the ports `Ledger` and `Archive` put to a database, asked once, and overheard."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from sqlalchemy import Engine, event

from adapters.store import Store
from callcenter.domain.agents.stays import Stay
from callcenter.domain.calls.events import CallOffered
from callcenter.domain.calls.visits import FoldedCall, LooseEnd, LooseKind, Outcome
from callcenter.domain.ids import AgentId, LegId, MemberRef, QueueName
from callcenter.domain.periods import Period
from callcenter.metrics.marks import MarkKind
from callcenter.metrics.summaries import AgentSummary, QueueSummary
from callcenter.ports import VisitFilter
from tests.support.agents import ALICE, PBX, at
from tests.support.heard import batch, record, told
from tests.support.visits import visit

SALES, PERIOD, DAY = QueueName("sales"), Period(at(0), at(900)), date(2026, 3, 2)


@contextmanager
def overheard() -> Iterator[dict[str, Any]]:
    """All questions and their values, as the database gets them."""
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
    await record(store, batch([told(CallOffered, 0, leg=LegId("1.1"), queue=SALES)]))
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
    await store.ledger.forget_wordings(PBX, at(0))
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
        if page.next_cursor:
            await archive.visits(chosen, cursor=page.next_cursor, limit=5)
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
    await archive.recorded_seq(PBX, "a")
