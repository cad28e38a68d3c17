"""Agents who gained an event are folded again, day by day, within the recorder's transaction.

The directory says who sat at which interface. When it learns a name, the interface's days move from the interface to
the person. A day is a UTC day of events; spells belong to the day in which they close, open ones travel in
`AgentState`.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time

from callcenter.domain.agents.day import AgentDay
from callcenter.domain.agents.directory import Directory
from callcenter.domain.agents.fold import fold_day
from callcenter.domain.agents.spells import AgentSpell, AgentState, open_spells
from callcenter.domain.event import Event
from callcenter.domain.feed import PbxStarted
from callcenter.domain.ids import AgentId, MemberRef, PbxId
from callcenter.metrics.marks import StaleMark, agent_marks
from callcenter.ports import Recording

Day = tuple[AgentState, list[AgentSpell]]

_BEGINNING = date(1970, 1, 1)
_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(slots=True)
class _OpenDay:
    """The latest day of an agent in memory, and what of it is stored."""

    day: date
    facts: AgentDay
    stored: Day


class AgentBook:
    """Folds the agents of one PBX as their events arrive."""

    def __init__(self, pbx: PbxId, *, static_members_signed_in: bool = False) -> None:
        self._pbx = pbx
        self._static = static_members_signed_in
        self.forget()

    def forget(self) -> None:
        """Drop what is in memory: the store may hold something else now."""
        self._seen: dict[tuple[str, str], datetime] | None = None
        self._directory = Directory(())
        self._restarts: list[datetime] = []
        self._days: dict[AgentId, _OpenDay] = {}

    async def directory(self, recording: Recording, new: Sequence[Event]) -> tuple[Directory, set[AgentId]]:
        """Who sits where, with what these events add; and the agents to be folded anew because of it."""
        if self._seen is None:
            self._seen = {(interface, name): at for interface, name, at in await recording.sightings()}
            self._directory = _directory(self._seen)
            self._restarts = await recording.restarts()
        self._restarts += [event.started_at for event in new if isinstance(event, PbxStarted)]
        seen = self._seen
        pairs = {pair: at for pair, at in _sightings(new).items() if at < seen.get(pair, _NEVER)}
        if not pairs:
            return self._directory, set()
        await recording.sight(pairs)
        seen.update(pairs)
        self._directory = _directory(seen)
        moved = {AgentId(name) for pair in pairs for name in pair}
        for agent in moved:
            self._days.pop(agent, None)
        return self._directory, moved

    async def record(
        self, recording: Recording, new: Sequence[Event], directory: Directory, moved: Iterable[AgentId]
    ) -> set[StaleMark]:
        """Fold every agent that one of these new events is about; returns the intervals that changed."""
        arrived: dict[AgentId, list[Event]] = defaultdict(list)
        for event in new:
            member = agent_member(event)
            if member is not None:
                arrived[directory.agent_of(member, event.occurred_at)].append(event)
        marks: set[StaleMark] = set()
        for agent in moved:
            arrived.pop(agent, None)
            marks |= await self._rebuild(recording, agent, _BEGINNING, directory)
        for agent, events in arrived.items():
            marks |= await self._extend(recording, agent, events, directory)
        return marks

    async def refold(self, recording: Recording, directory: Directory) -> set[StaleMark]:
        """Fold all agents again from what is stored; returns the intervals in which something changed."""
        marks: set[StaleMark] = set()
        self._days.clear()
        for agent in await recording.agents():
            marks |= await self._rebuild(recording, agent, _BEGINNING, directory)
        return marks

    async def _extend(
        self, recording: Recording, agent: AgentId, events: list[Event], directory: Directory
    ) -> set[StaleMark]:
        """The usual case: more events of the day that is in memory."""
        since = min(event.occurred_at.date() for event in events)
        known = self._days.get(agent)
        if known is not None and known.day < since:
            await self._store_sightings(recording, agent, known)
        if (
            known is None
            or any(event.occurred_at.date() != known.day for event in events)
            or not known.facts.take(events, self._restarts_until(known.day))
        ):
            return await self._rebuild(recording, agent, since, directory)
        before, after = known.stored, known.facts.folded
        if _but_for_sightings(before) == _but_for_sightings(after):
            return set()
        await recording.replace_agent_days(agent, since, {since: after})
        known.stored = after
        return _changed(self._pbx, agent, {since: before}, {since: after})

    async def _store_sightings(self, recording: Recording, agent: AgentId, known: _OpenDay) -> None:
        """A day that is over: when things were last attested is all that the store may not have of it."""
        if known.stored != known.facts.folded:
            await recording.replace_agent_days(agent, known.day, {known.day: known.facts.folded})

    async def _rebuild(self, recording: Recording, agent: AgentId, since: date, directory: Directory) -> set[StaleMark]:
        """Fold all days of an agent from one on, as the directory has it now."""
        members = directory.members_of(agent)
        heard = await recording.agent_events(members, datetime.combine(since, time.min, UTC))
        by_day: dict[date, list[Event]] = defaultdict(list)
        for event in heard:
            member = agent_member(event)
            if member is not None and directory.agent_of(member, event.occurred_at) == agent:
                by_day[event.occurred_at.date()].append(event)
        state = await recording.agent_state(agent, since)
        before = await recording.agent_days(agent, since)
        after: dict[date, Day] = {}
        self._days.pop(agent, None)
        for day in sorted(by_day):
            if day == max(by_day):
                facts = AgentDay(agent, self._pbx, state, static_signed_in=self._static)
                facts.take(by_day[day], self._restarts_until(day))
                after[day] = facts.folded
                self._days[agent] = _OpenDay(day, facts, after[day])
            else:
                after[day] = self._fold(agent, day, state, by_day[day])
            state = after[day][0]
        if before == after:
            return set()
        await recording.replace_agent_days(agent, since, after)
        return _changed(self._pbx, agent, before, after)

    def _fold(self, agent: AgentId, day: date, state: AgentState, events: Iterable[Event]) -> Day:
        return fold_day(agent, self._pbx, state, events, self._restarts_until(day), static_signed_in=self._static)

    def _restarts_until(self, day: date) -> list[datetime]:
        return [start for start in self._restarts if start.date() <= day]


def _but_for_sightings(day: Day) -> Day:
    """A day without when things were last attested, which changes with every phone state."""
    return replace(day[0], seen_at={}), day[1]


def _directory(seen: Mapping[tuple[str, str], datetime]) -> Directory:
    return Directory((interface, name, at) for (interface, name), at in seen.items())


def agent_member(event: Event) -> MemberRef | None:
    """The member that an agent event is about; None for events of any other kind."""
    return getattr(event, "member", None) if event.TYPE.startswith(("member.", "agent.")) else None


def _sightings(events: Iterable[Event]) -> dict[tuple[str, str], datetime]:
    """Pairs of interface and name that one fact told together, with the earliest instant."""
    seen: dict[tuple[str, str], datetime] = {}
    for event in events:
        member = getattr(event, "member", None)
        if isinstance(member, MemberRef) and member.interface and member.name:
            pair = member.interface, member.name
            seen[pair] = min(seen.get(pair, event.occurred_at), event.occurred_at)
    return seen


def _changed(pbx: PbxId, agent: AgentId, before: Mapping[date, Day], after: Mapping[date, Day]) -> set[StaleMark]:
    """The intervals of all spells that are in one and not in the other."""
    old, new = _spells(pbx, agent, before), _spells(pbx, agent, after)
    return {
        mark for spell in old ^ new for mark in agent_marks(agent, spell.started_at, spell.ended_at or spell.started_at)
    }


def _spells(pbx: PbxId, agent: AgentId, days: Mapping[date, Day]) -> set[AgentSpell]:
    closed = {spell for _, spells in days.values() for spell in spells}
    if not days:
        return closed
    return closed | set(open_spells(pbx, agent, days[max(days)][0]))
