"""Agents as the recorder keeps them: the state at the end of each folded day, and the spells."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from sqlalchemy import BindParameter, Connection, bindparam, delete, func, or_, select, union

from adapters.store.bulk import Row, insert
from adapters.store.packing import read_state, to_json
from adapters.store.tables import agent_days, spells, stays
from adapters.store.text import key, storable
from adapters.store.visits import instant, read_instant
from callcenter.codec import from_microseconds, to_microseconds
from callcenter.domain.agents.spells import AgentSpell, AgentState, SpellKind, open_spells
from callcenter.domain.ids import AgentId, PbxId

LONG_SPELL = timedelta(hours=12)
"""Longer spells, and open ones, are flagged: who looks for what touches a time need look only this far back."""

Day = tuple[AgentState, Sequence[AgentSpell]]


def known_agents(connection: Connection, number: int) -> list[AgentId]:
    """Everybody of whom a day was folded, and everybody who sat at an interface, by either name."""
    return list(map(AgentId, connection.execute(_AGENTS, {"pbx": number}).scalars()))


def agents_since(connection: Connection, number: int, day: date) -> list[AgentId]:
    """Everybody of whom a day from this one on was folded, or for whom a spell is open."""
    found = connection.execute(_AGENTS_SINCE, {"pbx": number, "day": day.isoformat()}).scalars()
    return sorted(map(AgentId, found))


def last_day_before(connection: Connection, number: int, agent: AgentId, day: date) -> date | None:
    """The last folded day of an agent before this one."""
    asked = {"pbx": number, "agent": key(agent), "day": day.isoformat()}
    found = connection.execute(_LAST_DAY, asked).scalar()
    return None if found is None else date.fromisoformat(found)


def state_before(connection: Connection, number: int, agent: AgentId, day: date) -> AgentState:
    """What was open for an agent at the end of the last folded day before this one."""
    asked = {"pbx": number, "agent": key(agent), "day": day.isoformat()}
    packed = connection.execute(_STATE_BEFORE, asked).scalar()
    return AgentState() if packed is None else read_state(packed)


def days_since(
    connection: Connection, number: int, pbx: PbxId, agent: AgentId, since: date
) -> dict[date, tuple[AgentState, list[AgentSpell]]]:
    """The folded days of an agent from one on: the state at the end, the spells that closed within."""
    asked = {"pbx": number, "agent": key(agent), "day": since.isoformat()}
    days: dict[date, tuple[AgentState, list[AgentSpell]]] = {
        date.fromisoformat(row.day): (read_state(row.state), []) for row in connection.execute(_DAYS, asked)
    }
    for row in connection.execute(_CLOSED, asked):
        days[date.fromisoformat(row.day)][1].append(read_spell(row, pbx))
    return days


def replace_days(
    connection: Connection, number: int, pbx: PbxId, agent: AgentId, since: date, days: Mapping[date, Day]
) -> None:
    """Put these days in the place of all from one on; what is open is told by the last day that is left."""
    name = key(agent)
    asked = {"pbx": number, "agent": name, "day": since.isoformat()}
    connection.execute(_FORGET_DAYS, asked)
    connection.execute(_FORGET_SPELLS, asked)
    insert(
        connection, agent_days, [(number, name, day.isoformat(), to_json(state)) for day, (state, _) in days.items()]
    )
    by_day = {day: list(closed) for day, (_, closed) in days.items()}
    last = max(days, default=since)
    state = days[last][0] if days else state_before(connection, number, agent, since)
    by_day.setdefault(last, []).extend(open_spells(pbx, agent, state))
    rows = [_spell_row(number, name, day, n, spell) for day, its in by_day.items() for n, spell in enumerate(its)]
    insert(connection, spells, rows)


def read_spell(row: Row, pbx: PbxId) -> AgentSpell:
    """The spell of a row with `spell_columns`."""
    agent, kind, started_at, ended_at, reason = row[:5]
    return AgentSpell(
        pbx=pbx,
        agent=AgentId(agent),
        kind=SpellKind(kind),
        started_at=from_microseconds(started_at),
        ended_at=read_instant(ended_at),
        reason=reason,
    )


spell_columns = (spells.c.agent, spells.c.kind, spells.c.started_at, spells.c.ended_at, spells.c.reason)
"""What `read_spell` needs, in its order; others may follow."""


def _spell_row(number: int, agent: str, day: date, place: int, spell: AgentSpell) -> Row:
    return (
        number,
        agent,
        day.isoformat(),
        place,
        spell.kind.value,
        to_microseconds(spell.started_at),
        instant(spell.ended_at),
        storable(spell.reason),
        spell.ended_at is None or spell.ended_at - spell.started_at > LONG_SPELL,
    )


_PBX: BindParameter[int] = bindparam("pbx")
_AGENTS = union(
    select(agent_days.c.agent).where(agent_days.c.pbx_id == bindparam("pbx")),
    select(stays.c.name).where(stays.c.pbx_id == bindparam("pbx")),
    select(stays.c.interface).where(stays.c.pbx_id == bindparam("pbx")),
)
_AGENTS_SINCE = union(
    select(agent_days.c.agent).where(agent_days.c.pbx_id == _PBX, agent_days.c.day >= bindparam("day")),
    select(spells.c.agent).where(spells.c.pbx_id == _PBX, spells.c.ended_at.is_(None)),
)
_OF_AGENT = agent_days.c.pbx_id == _PBX, agent_days.c.agent == bindparam("agent")
_STATE_BEFORE = (
    select(agent_days.c.state)
    .where(*_OF_AGENT, agent_days.c.day < bindparam("day"))
    .order_by(agent_days.c.day.desc())
    .limit(1)
)
_LAST_DAY = select(func.max(agent_days.c.day)).where(*_OF_AGENT, agent_days.c.day < bindparam("day"))
_DAYS = (
    select(agent_days.c.day, agent_days.c.state)
    .where(*_OF_AGENT, agent_days.c.day >= bindparam("day"))
    .order_by(agent_days.c.day)
)
_FORGET_DAYS = delete(agent_days).where(*_OF_AGENT, agent_days.c.day >= bindparam("day"))
_SPELLS_OF_AGENT = spells.c.pbx_id == _PBX, spells.c.agent == bindparam("agent")
_CLOSED = (
    select(*spell_columns, spells.c.day)
    .where(*_SPELLS_OF_AGENT, spells.c.day >= bindparam("day"), spells.c.ended_at.is_not(None))
    .order_by(spells.c.day, spells.c.number)
)
_FORGET_SPELLS = delete(spells).where(
    *_SPELLS_OF_AGENT, or_(spells.c.day >= bindparam("day"), spells.c.ended_at.is_(None))
)
