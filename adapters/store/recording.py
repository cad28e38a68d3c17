"""The recorder's transaction: events in once each, and the rows that are folded from them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import Connection, bindparam, select, update

from adapters.store import agents, calls, people, roll, seats
from adapters.store.bulk import Row, insert, insert_events
from adapters.store.callers import caller_numbers
from adapters.store.events import caller_in, event_row, events_of_agents, events_of_calls
from adapters.store.feed import known_starts, last_snapshots, note_events, note_progress, read_until
from adapters.store.marks import draw_token, store_marks
from adapters.store.sequence import note_sequence
from adapters.store.tables import pbxs, wordings
from adapters.store.text import key
from adapters.store.transactions import Transaction
from callcenter.codec import to_microseconds
from callcenter.domain.agents.assignments import Assignment
from callcenter.domain.agents.spells import AgentSpell, AgentState
from callcenter.domain.agents.stays import Stay
from callcenter.domain.batches import Batch
from callcenter.domain.calls.visits import FoldedCall, LooseEnd
from callcenter.domain.event import Event
from callcenter.domain.ids import AgentId, LegId, MemberRef, PbxId
from callcenter.domain.periods import Period
from callcenter.metrics.marks import StaleMark

Day = tuple[AgentState, Sequence[AgentSpell]]


class SqlRecording:
    """`ports.Recording` over one transaction, in the turn of its PBX."""

    def __init__(self, transaction: Transaction, number: int, pbx: PbxId, turn: int) -> None:
        self.turn = turn
        self._run = transaction.run
        self._number = number
        self._pbx = pbx

    async def add(self, batches: Sequence[Batch]) -> list[Event]:
        return await self._run(add_batches, self._number, batches)

    async def roots(self, legs: Collection[LegId]) -> dict[LegId, LegId]:
        return await self._run(calls.roots_of, self._number, legs)

    async def assign(self, roots: Mapping[LegId, LegId]) -> None:
        await self._run(calls.assign_legs, self._number, roots)

    async def merge(self, merged: Mapping[LegId, LegId]) -> None:
        await self._run(calls.merge_calls, self._number, merged)

    async def call_events(self, roots: Collection[LegId]) -> dict[LegId, list[Event]]:
        return await self._run(events_of_calls, self._number, roots)

    async def restarts(self) -> list[datetime]:
        return await self._run(known_starts, self._number)

    async def last_snapshots(self) -> list[Event]:
        return await self._run(last_snapshots, self._number)

    async def open_calls(self, entered_before: datetime) -> set[LegId]:
        return await self._run(calls.open_calls, self._number, entered_before)

    async def calls_of(self, agents: Collection[str], period: Period | None = None) -> set[LegId]:
        return await self._run(calls.calls_of, self._number, agents, period)

    async def loose_counterparts(self, ends: Sequence[LooseEnd]) -> dict[LegId, list[LooseEnd]]:
        return await self._run(calls.counterparts, self._number, ends)

    async def replace_calls(self, folded: Mapping[LegId, FoldedCall], retired: Collection[LegId]) -> set[StaleMark]:
        return await self._run(calls.replace_calls, self._number, folded, retired)

    async def count_calls(self) -> int:
        return await self._run(calls.count_calls, self._number)

    async def calls(self, after: LegId | None, limit: int) -> list[LegId]:
        return await self._run(calls.calls_after, self._number, after, limit)

    async def horizon(self) -> datetime | None:
        return await self._run(read_until, self._number)

    async def agents(self) -> list[AgentId]:
        return await self._run(agents.known_agents, self._number)

    async def agents_since(self, day: date) -> list[AgentId]:
        return await self._run(agents.agents_since, self._number, day)

    async def last_agent_day(self, agent: AgentId, before: date) -> date | None:
        return await self._run(agents.last_day_before, self._number, agent, before)

    async def stays(self) -> dict[str, list[Stay]]:
        return await self._run(seats.known_stays, self._number)

    async def replace_stays(self, interface: str, gone: Sequence[Stay], come: Sequence[Stay]) -> None:
        await self._run(seats.replace_stays, self._number, interface, gone, come)

    async def sighted_around(
        self, interface: str, name: str, at: datetime, *, is_before: bool
    ) -> tuple[datetime | None, datetime | None]:
        return await self._run(seats.sighted_around, self._number, interface, name, at, is_before)

    async def unnamed(self) -> dict[str, datetime]:
        return await self._run(seats.known_unnamed, self._number)

    async def note_unnamed(self, until: Mapping[str, datetime]) -> None:
        await self._run(seats.note_unnamed, self._number, until)

    async def assignments(self) -> list[Assignment]:
        return await self._run(people.said_of, self._pbx)

    async def told_members(self) -> set[MemberRef]:
        return await self._run(roll.members_told, self._number)

    async def note_told(self, members: Collection[MemberRef]) -> None:
        await self._run(roll.note_told, self._number, members)

    async def settle_correction(self, number: int) -> None:
        await self._run(people.settle_correction, number)

    async def agent_events(self, members: Collection[MemberRef], since: datetime) -> list[Event]:
        return await self._run(events_of_agents, self._number, members, since)

    async def agent_state(self, agent: AgentId, before: date) -> AgentState:
        return await self._run(agents.state_before, self._number, agent, before)

    async def agent_days(self, agent: AgentId, since: date) -> dict[date, tuple[AgentState, list[AgentSpell]]]:
        return await self._run(agents.days_since, self._number, self._pbx, agent, since)

    async def replace_agent_days(self, agent: AgentId, since: date, days: Mapping[date, Day]) -> None:
        await self._run(agents.replace_days, self._number, self._pbx, agent, since, days)

    async def mark_stale(self, marks: Collection[StaleMark]) -> None:
        await self._run(store_marks, self._number, [(mark, draw_token()) for mark in marks])


def add_batches(connection: Connection, number: int, batches: Sequence[Batch]) -> list[Event]:
    """Store what is new in some batches; returns the events that were not there yet, in the order heard."""
    first = _reserve_wordings(connection, number, len(batches))
    heard = _heard(connection, number, batches, first)
    known = insert_events(connection, number, [row for row, _ in heard]) if heard else set()
    new = [(row, event) for row, event in heard if row[2] not in known] if known else heard
    _keep_wordings(connection, number, batches, first, {row[_WORDING] for row, _ in new})
    note_events(connection, number, new)
    note_progress(connection, number, batches)
    note_sequence(connection, number, batches)
    return [event for _, event in new]


_WORDING = 10
"""Where a row of `events` has the number of its wording."""


def _heard(connection: Connection, number: int, batches: Sequence[Batch], first: int) -> list[tuple[Row, Event]]:
    """Each event once, with its row; wordings are numbered from ``first``."""
    named = {caller for batch in batches for event in batch.events if (caller := caller_in(event)) is not None}
    callers = caller_numbers(connection, number, named)
    seen: set[bytes] = set()
    heard: list[tuple[Row, Event]] = []
    for wording, batch in enumerate(batches, start=first):
        for place, event in enumerate(batch.events):
            if event.event_id not in seen:
                seen.add(event.event_id)
                heard.append(event_row(number, event, callers, wording, place))
    return heard


def _keep_wordings(
    connection: Connection, number: int, batches: Sequence[Batch], first: int, wanted: Collection[int]
) -> None:
    """Store the words of the batches that told something new."""
    rows = [_wording_row(number, place, batch) for place, batch in enumerate(batches, start=first) if place in wanted]
    insert(connection, wordings, rows)


def _reserve_wordings(connection: Connection, number: int, count: int) -> int:
    """The first of as many numbers for wordings."""
    connection.execute(_RESERVE, {"pbx": number, "count": count})
    last: int = connection.execute(_RESERVED, {"pbx": number}).scalar_one()
    return last - count + 1


def _wording_row(number: int, wording: int, batch: Batch) -> Row:
    return number, wording, key(batch.adapter), batch.seq, to_microseconds(batch.received_at), batch.raw


_RESERVE = update(pbxs).where(pbxs.c.id == bindparam("pbx")).values(wordings=pbxs.c.wordings + bindparam("count"))
_RESERVED = select(pbxs.c.wordings).where(pbxs.c.id == bindparam("pbx"))
