"""What was told of members: all that they were ever called, who worked of late, and who sat at two phones at once."""

from collections import Counter, defaultdict
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, select

from adapters.store.bulk import insert_missing
from adapters.store.tables import agent_days, events, told_members, visits
from adapters.store.text import key
from adapters.store.turns import pbx_names
from callcenter.codec import to_microseconds
from callcenter.domain.agents.events import MemberSeen
from callcenter.domain.ids import AgentId, MemberRef
from callcenter.ports import Roll

_ONE_SNAPSHOT = 10_000_000
"""Microseconds. A PBX that is asked who is there has told all members within this time."""


def members_told(connection: Connection, number: int) -> set[MemberRef]:
    """All that members of a PBX were ever called."""
    found = connection.execute(_TOLD, {"pbx": number})
    return {MemberRef(row.interface or None, row.name or None) for row in found}


def note_told(connection: Connection, number: int, members: Collection[MemberRef]) -> None:
    """Members were called so."""
    rows = {(number, key(member.interface or ""), key(member.name or "")) for member in members}
    insert_missing(connection, told_members, sorted(rows))


def rolls_since(connection: Connection, since: datetime) -> list[Roll]:
    """The members of each PBX; of conversations and sign-ins from an instant on."""
    found = []
    for number, pbx in pbx_names(connection).items():
        told = members_told(connection, number)
        worked, together = _worked(connection, number, since), _together(connection, number, told)
        found.append(Roll(pbx, frozenset(told), worked, together))
    return found


def _worked(connection: Connection, number: int, since: datetime) -> dict[AgentId, int]:
    """How many conversations everybody had who had any, or a folded day."""
    asked = {"pbx": number, "since": to_microseconds(since), "day": since.date().isoformat()}
    talks = Counter({row.agent: row.talks for row in connection.execute(_TALKS, asked)})
    days = connection.execute(_DAYS, asked).scalars()
    return {AgentId(agent): talks[agent] for agent in sorted({*talks, *days})}


def _together(connection: Connection, number: int, told: Collection[MemberRef]) -> dict[str, tuple[str, ...]]:
    """The interfaces of names that the last snapshot with that name showed at several."""
    seats: dict[str, set[str]] = defaultdict(set)
    for member in told:
        if member.interface and member.name:
            seats[member.name].add(member.interface)
    found: dict[str, tuple[str, ...]] = {}
    for name, its in seats.items():
        if len(its) > 1:
            seen = {seat: _last_seen(connection, number, seat, name) for seat in sorted(its)}
            last = max(seen.values())
            found[name] = tuple(seat for seat, at in seen.items() if at and at >= last - _ONE_SNAPSHOT)
    return {name: its for name, its in found.items() if len(its) > 1}


def _last_seen(connection: Connection, number: int, interface: str, name: str) -> int:
    return connection.execute(_SEEN, {"pbx": number, "interface": key(interface), "name": key(name)}).scalar() or 0


_TOLD = select(told_members).where(told_members.c.pbx_id == bindparam("pbx"))
_TALKS = (
    select(visits.c.agent, func.count().label("talks"))
    .where(visits.c.pbx_id == bindparam("pbx"), visits.c.agent.is_not(None), visits.c.entered_at >= bindparam("since"))
    .group_by(visits.c.agent)
)
_DAYS = (
    select(agent_days.c.agent)
    .distinct()
    .where(agent_days.c.pbx_id == bindparam("pbx"), agent_days.c.day >= bindparam("day"))
)
# By the index of interface and time, from its end.
_SEEN = (
    select(events.c.occurred_at)
    .where(
        events.c.pbx_id == bindparam("pbx"),
        events.c.interface == bindparam("interface"),
        events.c.member + "" == bindparam("name"),
        events.c.type == MemberSeen.TYPE,
    )
    .order_by(events.c.occurred_at.desc())
    .limit(1)
)
