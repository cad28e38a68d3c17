"""Questions for what touches a stretch of time: visits and conversations, rings, refusals, spells.

What lasts is searched by its beginning, within the period and a bounded time before it; the few rows that last longer,
or are open, are flagged and searched apart. So the cost does not grow with the history, and nothing is missed.
"""

from datetime import timedelta
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnClause,
    ColumnElement,
    CompoundSelect,
    Connection,
    bindparam,
    func,
    literal_column,
    or_,
    select,
    union_all,
)

from adapters.store.agents import LONG_SPELL, read_spell, spell_columns
from adapters.store.packing import read_ids
from adapters.store.tables import refusals, ring_attempts, spells, visits
from adapters.store.text import key
from adapters.store.visits import LONG, read_member, read_visit, select_visits
from callcenter.codec import from_microseconds, to_microseconds
from callcenter.domain.agents.spells import AgentSpell
from callcenter.domain.calls.visits import Outcome, QueueVisit, Refusal, RingAttempt, RingResult
from callcenter.domain.ids import AgentId, LegId, MemberRef, PbxId, QueueName
from callcenter.domain.periods import Period
from callcenter.metrics.marks import MarkKind
from callcenter.ports import OpenThing

AFTER_CALL = timedelta(hours=1)
"""How long after a conversation its agent may still be at work on it."""

_MICROSECOND = timedelta(microseconds=1)


def bounds(number: int, period: Period, back: timedelta = timedelta()) -> dict[str, Any]:
    """The parameters of a period: ``start``, ``end``, and ``back`` before the start."""
    start, end = to_microseconds(period.start), to_microseconds(period.end)
    # Not as instants: a period may begin where the calendar does.
    return {"pbx": number, "start": start, "end": end, "back": start - back // _MICROSECOND}


def visits_entered(
    connection: Connection, number: int, pbx: PbxId, queue: QueueName, period: Period
) -> list[QueueVisit]:
    """Visits of a queue by entry."""
    asked = bounds(number, period) | {"queue": key(queue)}
    return _visits(connection, _ENTERED, asked, pbx)


def visits_of_agent(
    connection: Connection, number: int, pbx: PbxId, agent: AgentId, period: Period
) -> list[QueueVisit]:
    """Answered visits of an agent whose conversation, or an hour after it, touches a period."""
    asked = bounds(number, period, LONG + AFTER_CALL) | {"agent": key(agent)}
    return _visits(connection, _OF_AGENT, asked, pbx)


def visits_ended(connection: Connection, number: int, pbx: PbxId, period: Period) -> list[QueueVisit]:
    """Answered visits whose conversation ended within a period."""
    return _visits(connection, _ENDED, bounds(number, period, LONG), pbx)


def rings_of(
    connection: Connection, number: int, pbx: PbxId, kind: MarkKind, subject: str, period: Period
) -> list[RingAttempt]:
    """Ring attempts of a queue or an agent, by their time."""
    asked = bounds(number, period) | {"subject": key(subject)}
    return [read_ring(row, pbx) for row in connection.execute(_RINGS[kind], asked)]


def refusals_of(connection: Connection, number: int, pbx: PbxId, queue: QueueName, period: Period) -> list[Refusal]:
    """Refused callers of a queue."""
    asked = bounds(number, period) | {"queue": key(queue)}
    return [
        Refusal(
            pbx=pbx,
            call=LegId(row.call),
            leg=LegId(row.leg),
            queue=QueueName(row.queue),
            at=from_microseconds(row.refused_at),
            status=row.status,
            evidence=read_ids(row.evidence),
        )
        for row in connection.execute(_REFUSALS, asked)
    ]


def spells_touching(
    connection: Connection, number: int, pbx: PbxId, period: Period, agent: AgentId | None = None
) -> list[AgentSpell]:
    """Spells of an agent, or of all, that touch a period; open ones included."""
    asked = bounds(number, period, LONG_SPELL)
    question = _SPELLS
    if agent is not None:
        asked["agent"], question = key(agent), _SPELLS_OF_AGENT
    found = [read_spell(row, pbx) for row in connection.execute(question, asked)]
    return sorted(found, key=lambda spell: (spell.agent, spell.started_at, spell.kind))


def open_things(connection: Connection, number: int) -> list[OpenThing]:
    """The spells and conversations of all agents that are still open."""
    found = connection.execute(_OPEN_THINGS, {"pbx": number})
    return sorted(OpenThing(AgentId(agent), kind, from_microseconds(since)) for agent, kind, since in found)


def read_ring(row: Any, pbx: PbxId) -> RingAttempt:
    """The ring attempt of a row of its table."""
    return RingAttempt(
        pbx=pbx,
        call=LegId(row.call),
        leg=LegId(row.leg),
        queue=QueueName(row.queue),
        member=read_member(row.interface, row.member) or MemberRef(),
        agent_leg=row.agent_leg,
        at=from_microseconds(row.rang_at),
        result=RingResult(row.result),
        ring_seconds=row.ring_seconds,
        evidence=read_ids(row.evidence),
    )


def _visits(connection: Connection, question: Any, asked: dict[str, Any], pbx: PbxId) -> list[QueueVisit]:
    names = {asked["pbx"]: pbx}
    found = [read_visit(row, names) for row in connection.execute(question, asked)]
    return sorted(found, key=lambda visit: (visit.entered_at, visit.visit_id))


def _unsearched(column: ColumnElement[str]) -> ColumnElement[str]:
    """A column as a mere value: SQLite prefers any index that has one condition more to an index over flagged rows."""
    return column + ""


_PBX: BindParameter[int] = bindparam("pbx")
_START: BindParameter[int] = bindparam("start")
_END: BindParameter[int] = bindparam("end")
_BACK: BindParameter[int] = bindparam("back")
_HOUR: ColumnClause[int] = literal_column(str(AFTER_CALL // _MICROSECOND))

_SHORT_VISIT = visits.c.pbx_id == _PBX, visits.c.entered_at >= _BACK, visits.c.entered_at < _END
_LONG_VISIT = visits.c.pbx_id == _PBX, visits.c.is_long, visits.c.entered_at < _BACK

_ENTERED = select_visits(
    visits.c.pbx_id == _PBX,
    visits.c.queue == bindparam("queue"),
    visits.c.entered_at >= _START,
    visits.c.entered_at < _END,
)

_ANSWERED = _unsearched(visits.c.outcome) == Outcome.ANSWERED.value
# An answered visit that is not open and has no end was cut by a restart: nothing is known of it after the answer.
_CONVERSATION = (
    _ANSWERED,
    visits.c.left_at < _END,
    or_(visits.c.is_open, func.coalesce(visits.c.ended_at, visits.c.left_at) + _HOUR > _START),
)
_OF_AGENT = union_all(
    select_visits(*_SHORT_VISIT, visits.c.agent == bindparam("agent"), *_CONVERSATION),
    select_visits(*_LONG_VISIT, _unsearched(visits.c.agent) == bindparam("agent"), *_CONVERSATION),
)

_HAS_ENDED = _ANSWERED, visits.c.ended_at >= _START, visits.c.ended_at < _END
_ENDED = union_all(select_visits(*_SHORT_VISIT, *_HAS_ENDED), select_visits(*_LONG_VISIT, *_HAS_ENDED))

_RINGS = {
    kind: select(ring_attempts)
    .where(
        ring_attempts.c.pbx_id == _PBX,
        subject == bindparam("subject"),
        ring_attempts.c.rang_at >= _START,
        ring_attempts.c.rang_at < _END,
    )
    .order_by(ring_attempts.c.rang_at, ring_attempts.c.call, ring_attempts.c.number)
    for kind, subject in ((MarkKind.QUEUE, ring_attempts.c.queue), (MarkKind.AGENT, ring_attempts.c.agent))
}

_REFUSALS = (
    select(refusals)
    .where(
        refusals.c.pbx_id == _PBX,
        refusals.c.queue == bindparam("queue"),
        refusals.c.refused_at >= _START,
        refusals.c.refused_at < _END,
    )
    .order_by(refusals.c.refused_at, refusals.c.call)
)

_SHORT_SPELL = spells.c.pbx_id == _PBX, spells.c.started_at >= _BACK, spells.c.started_at < _END
_LONG_SPELL = spells.c.pbx_id == _PBX, spells.c.is_long, spells.c.started_at < _BACK
_TOUCHES = or_(spells.c.ended_at.is_(None), spells.c.ended_at > _START)
_SPELLS: CompoundSelect[Any] = union_all(
    select(*spell_columns).where(*_SHORT_SPELL, _TOUCHES),
    select(*spell_columns).where(*_LONG_SPELL, _TOUCHES),
)
_SPELLS_OF_AGENT: CompoundSelect[Any] = union_all(
    select(*spell_columns).where(*_SHORT_SPELL, _TOUCHES, spells.c.agent == bindparam("agent")),
    select(*spell_columns).where(*_LONG_SPELL, _TOUCHES, _unsearched(spells.c.agent) == bindparam("agent")),
)

_TALKING = visits.c.is_open, _ANSWERED, _unsearched(visits.c.agent).is_not(None), visits.c.left_at.is_not(None)
_OPEN_THINGS: CompoundSelect[Any] = union_all(
    select(spells.c.agent, spells.c.kind, spells.c.started_at).where(
        spells.c.pbx_id == _PBX, spells.c.ended_at.is_(None)
    ),
    select(visits.c.agent, literal_column("'talk'"), visits.c.left_at).where(visits.c.pbx_id == _PBX, *_TALKING),
)
