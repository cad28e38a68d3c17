"""Agents who gained an event are folded again, day by day, within the recorder's transaction.

The directory says who sat at which interface. When it learns of somebody else there, the days since are folded again
for both. A day is a UTC day of events; spells belong to the day in which they close, open ones travel in `AgentState`.
A start of the PBX is an event of every agent who was logged in to the agent pool.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time

from callcenter.domain.agents.assignments import Assignment
from callcenter.domain.agents.day import AgentDay
from callcenter.domain.agents.directory import Directory
from callcenter.domain.agents.fold import fold_day
from callcenter.domain.agents.spells import AgentSpell, AgentState, open_spells
from callcenter.domain.event import Event
from callcenter.domain.feed import PbxStarted
from callcenter.domain.ids import AgentId, MemberRef, PbxId
from callcenter.domain.starts import SAME_START, distinct_starts
from callcenter.metrics.marks import StaleMark, agent_marks
from callcenter.ports import Recording
from workers.seats import BEGINNING, Seats

Day = tuple[AgentState, list[AgentSpell]]


@dataclass(slots=True)
class _OpenDay:
    """The latest day of an agent in memory: what was open before it, its facts, and what of it is stored."""

    day: date
    before: AgentState
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
        self._seats: Seats | None = None
        self._told_starts: set[datetime] = set()
        self._starts: list[datetime] = []
        self._days: dict[AgentId, _OpenDay] = {}

    async def directory(self, recording: Recording, new: Sequence[Event]) -> tuple[Directory, Mapping[AgentId, date]]:
        """Who sits where, with what these events add; and the agents to be folded anew because of it, from which day
        on."""
        if self._seats is None:
            self._seats = await Seats.read(recording)
            self._told_starts = set(await recording.restarts()) - _starts_in(new)
            self._starts = distinct_starts(self._told_starts)
        moved = await self._seats.learn(recording, new)
        return self._seats.directory, moved

    async def record(
        self, recording: Recording, new: Sequence[Event], directory: Directory, moved: Mapping[AgentId, date]
    ) -> set[StaleMark]:
        """Fold every agent that one of these new events is about; returns the intervals that changed."""
        arrived: dict[AgentId, list[Event]] = defaultdict(list)
        for event in new:
            member = agent_member(event)
            if member is not None:
                arrived[directory.agent_of(member, event.occurred_at)].append(event)
        started_on = self._learn_starts(new)
        changed: set[AgentSpell] = set()
        for agent, day in moved.items():
            since = min([day, *(event.occurred_at.date() for event in arrived.pop(agent, ()))])
            changed |= await self._rebuild(recording, agent, since, directory)
        for agent, events in arrived.items():
            changed |= await self._extend(recording, agent, events, directory)
        for day in started_on:
            for agent in await recording.agents_since(day):
                changed |= await self._restart(recording, agent, day, directory)
        return await _marks(recording, changed)

    def _learn_starts(self, new: Iterable[Event]) -> list[date]:
        """Take in what these events say. Returns the days of starts that were not known.

        A better date for one that was known moves ends by a few seconds. That is made good at once on the present day;
        an earlier one has it when it is next folded, since a PBX that runs for months is dated again at every log-in.
        """
        told = _starts_in(new)
        if told <= self._told_starts:
            return []
        self._told_starts |= told
        known, self._starts = self._starts, distinct_starts(self._told_starts)
        today = max((open_day.day for open_day in self._days.values()), default=date.min)
        moved = [start for start in self._starts if start not in known]
        fresh = [s for s in moved if s.date() >= today or all(abs(s - one) > SAME_START for one in known)]
        return sorted({start.date() for start in fresh})

    async def refold(self, recording: Recording, directory: Directory) -> set[StaleMark]:
        """Fold all agents again from what is stored; returns the intervals in which something changed."""
        self._days.clear()
        agents = {*await recording.agents(), *directory.assignments.people}
        return await self.refold_since(recording, sorted(agents), BEGINNING, directory)

    async def refold_since(
        self, recording: Recording, agents: Iterable[AgentId], since: date, directory: Directory
    ) -> set[StaleMark]:
        """Fold these agents again from a day on; returns the intervals in which something changed."""
        changed: set[AgentSpell] = set()
        for agent in agents:
            changed |= await self._rebuild(recording, agent, since, directory)
        return await _marks(recording, changed)

    async def concerned(self, recording: Recording, assignments: Iterable[Assignment]) -> set[AgentId]:
        """Everybody whose facts may be somebody else's when these assignments come or go."""
        await self.directory(recording, ())
        assert self._seats is not None
        return self._seats.concerned(assignments)

    async def _extend(
        self, recording: Recording, agent: AgentId, events: list[Event], directory: Directory
    ) -> set[AgentSpell]:
        """The usual case: more events of the day that is in memory."""
        since = min(event.occurred_at.date() for event in events)
        known = self._days.get(agent)
        if known is None or any(event.occurred_at.date() != known.day for event in events):
            return await self._rebuild(recording, agent, since, directory)
        return await self._take(recording, agent, known, events, directory)

    async def _restart(self, recording: Recording, agent: AgentId, day: date, directory: Directory) -> set[AgentSpell]:
        """The PBX started on a day. Whoever was not heard of since is only touched if logged in to the agent pool."""
        known = self._days.get(agent)
        if known is None or known.day > day:
            return await self._rebuild(recording, agent, day, directory)
        if known.day == day:
            return await self._take(recording, agent, known, [], directory)
        if known.facts.folded[0].pool_since is not None:
            return await self._rebuild(recording, agent, day, directory)
        return set()

    async def _take(
        self, recording: Recording, agent: AgentId, known: _OpenDay, events: list[Event], directory: Directory
    ) -> set[AgentSpell]:
        """Add events, and starts of the PBX, to the day that is in memory."""
        if not known.facts.take(events, self._starts_until(known.day, known.before)):
            return await self._rebuild(recording, agent, known.day, directory)
        before, after = known.stored, known.facts.folded
        if _but_for_sightings(before) == _but_for_sightings(after):
            return set()
        await recording.replace_agent_days(agent, known.day, {known.day: after})
        known.stored = after
        return _changed(self._pbx, agent, {known.day: before}, {known.day: after})

    async def _rebuild(
        self, recording: Recording, agent: AgentId, since: date, directory: Directory
    ) -> set[AgentSpell]:
        """Fold all days of an agent from one on, as the directory has it now."""
        since = await self._settled_before(recording, agent, since)
        by_day = await self._heard(recording, agent, since, directory)
        state = await recording.agent_state(agent, since)
        before = await recording.agent_days(agent, since)
        after: dict[date, Day] = {}
        last_heard = max(by_day, default=since)
        for day in sorted(by_day.keys() | {start.date() for start in self._starts if start.date() >= since}):
            events, starts = by_day.get(day, []), self._starts_until(day, state)
            if day < last_heard and (events or state.pool_since is not None):
                after[day] = fold_day(agent, self._pbx, state, events, starts, static_signed_in=self._static)
            elif events or state.pool_since is not None:
                facts = AgentDay(agent, self._pbx, state, static_signed_in=self._static)
                facts.take(events, starts)
                after[day] = facts.folded
                self._days[agent] = _OpenDay(day, state, facts, after[day])
            state = after[day][0] if day in after else state
        if before == after:
            return set()
        await recording.replace_agent_days(agent, since, after)
        return _changed(self._pbx, agent, before, after)

    async def _settled_before(self, recording: Recording, agent: AgentId, since: date) -> date:
        """From which day to fold so that the state before it is whole, if all from ``since`` on are to be.

        When things were last attested is not stored for the day that is in memory; lost with it, the day is read again.
        """
        known = self._days.pop(agent, None)
        if known is None:
            return await recording.last_agent_day(agent, since) or since
        if known.day < since and known.stored != known.facts.folded:
            await recording.replace_agent_days(agent, known.day, {known.day: known.facts.folded})
        return since

    async def _heard(
        self, recording: Recording, agent: AgentId, since: date, directory: Directory
    ) -> dict[date, list[Event]]:
        """All that was told about an agent from a day on, by day."""
        by_day: dict[date, list[Event]] = defaultdict(list)
        midnight = datetime.combine(since, time.min, UTC)
        for event in await recording.agent_events(directory.members_of(agent), midnight):
            member = agent_member(event)
            if member is not None and directory.agent_of(member, event.occurred_at) == agent:
                by_day[event.occurred_at.date()].append(event)
        return by_day

    def _starts_until(self, day: date, before: AgentState) -> list[datetime]:
        """The starts of the PBX up to the end of a day that are news to the state before it."""
        known = before.restarted_at
        return [start for start in self._starts if start.date() <= day and (known is None or start > known)]


def _but_for_sightings(day: Day) -> Day:
    """A day without when things were last attested, which changes with every phone state."""
    return replace(day[0], seen_at={}), day[1]


def agent_member(event: Event) -> MemberRef | None:
    """The member that an agent event is about; None for events of any other kind."""
    return getattr(event, "member", None) if event.TYPE.startswith(("member.", "agent.")) else None


def _starts_in(events: Iterable[Event]) -> set[datetime]:
    return {event.started_at for event in events if isinstance(event, PbxStarted)}


def _changed(pbx: PbxId, agent: AgentId, before: Mapping[date, Day], after: Mapping[date, Day]) -> set[AgentSpell]:
    """All spells that are in one and not in the other."""
    return _spells(pbx, agent, before) ^ _spells(pbx, agent, after)


async def _marks(recording: Recording, changed: Collection[AgentSpell]) -> set[StaleMark]:
    """The intervals of these spells; of an open one up to the horizon, since rows may have been computed with it."""
    horizon = await recording.horizon() if any(spell.ended_at is None for spell in changed) else None
    return {
        mark
        for spell in changed
        for mark in agent_marks(
            spell.agent, spell.started_at, spell.ended_at or max(spell.started_at, horizon or spell.started_at)
        )
    }


def _spells(pbx: PbxId, agent: AgentId, days: Mapping[date, Day]) -> set[AgentSpell]:
    closed = {spell for _, spells in days.values() for spell in spells}
    if not days:
        return closed
    return closed | set(open_spells(pbx, agent, days[max(days)][0]))
