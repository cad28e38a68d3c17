"""Who sits where, as the recorder learns it; and whose facts are somebody else's because of it.

Only a fact that told no name is resolved by where it came from. Of each interface is known until when there were any:
where there are none, a new face at a desk changes nothing that is past. Where people have said whose an interface was,
facts that told a name alone are resolved by where that name sat.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta

from callcenter.domain.agents.assignments import (
    Assignment,
    Assignments,
    interfaces_named,
    names_as_interface,
    spellings_of,
)
from callcenter.domain.agents.directory import Directory
from callcenter.domain.agents.stays import Change, Stay, change, is_known, sighted_in, stay_before, with_sighting
from callcenter.domain.event import Event
from callcenter.domain.ids import AgentId, MemberRef
from callcenter.ports import Recording

BEGINNING = date(1970, 1, 1)
"""Before anything was heard."""

_NEVER = datetime.min.replace(tzinfo=UTC)


class Seats:
    """The directory of one PBX: exactly what the store holds, and dropped with it."""

    def __init__(self, directory: Directory, unnamed: dict[str, datetime], told: set[MemberRef]) -> None:
        self.directory = directory
        self._unnamed = unnamed
        self._noted = dict(unnamed)
        self._told = told

    @classmethod
    async def read(cls, recording: Recording) -> "Seats":
        """As the store has it."""
        directory = Directory(assignments=Assignments(await recording.assignments()))
        for interface, stays in (await recording.stays()).items():
            directory.put(interface, stays)
        return cls(directory, await recording.unnamed(), await recording.told_members())

    async def learn(self, recording: Recording, new: Sequence[Event]) -> dict[AgentId, date]:
        """Take in what these events tell, which are stored. Returns the agents that have to be folded anew for it, and
        from which day on."""
        await self._note_told(recording, new)
        await self._note_unnamed(recording, new)
        before: dict[str, Sequence[Stay]] = {}
        for event in new:
            member = sighted_in(event)
            if member is None or member.interface is None or member.name is None:
                continue
            stays = self.directory.stays_at(member.interface)
            if not is_known(stays, member.name, event.occurred_at):
                before.setdefault(member.interface, stays)
                await self._sight(recording, member.interface, member.name, event.occurred_at)
        moved: dict[AgentId, date] = {}
        for interface, stays in before.items():
            changed = change(interface, stays, self.directory.stays_at(interface))
            await recording.replace_stays(interface, changed.gone, changed.come)
            since = self._affected_since(interface, changed)
            if since is not None:
                agents = self._agents_in(changed.names)
                moved |= {agent: min(since, moved.get(agent, since)) for agent in agents}
        return moved

    def concerned(self, changed: Iterable[Assignment]) -> set[AgentId]:
        """Everybody whose facts may be somebody else's when these assignments come or go."""
        agents: set[str] = set()
        for one in changed:
            seats = set(spellings_of(one.interface)) if one.interface else self._seats_of(one.name or "")
            names = {one.name} if one.name else self._names_at(seats)
            agents |= {one.person, *seats, *names}
            agents |= self.directory.assignments.about(interfaces=seats, names=names)
        return set(map(AgentId, agents))

    def _seats_of(self, name: str) -> set[str]:
        told = {member.interface for member in self._told if member.name == name and member.interface}
        return {*told, *interfaces_named(name)}

    def _names_at(self, seats: Collection[str]) -> set[str]:
        told = {member.name for member in self._told if member.interface in seats and member.name}
        return told.union(*map(names_as_interface, seats))

    def _agents_in(self, names: Iterable[str]) -> set[AgentId]:
        """These names, and whoever was ever said to be behind them or their seats."""
        told = set(names)
        seats = set().union(*map(self._seats_of, told))
        return {*map(AgentId, told), *self.directory.assignments.about(interfaces=seats, names=told)}

    async def _sight(self, recording: Recording, interface: str, name: str, at: datetime) -> None:
        stays = self.directory.stays_at(interface)
        here = stay_before(stays, name, at)
        last, following = None, None
        if here is not None and here.name != name:
            last, following = await recording.sighted_around(interface, here.name, at, is_before=here.name < name)
            last = last or here.began_at
        self.directory.put(interface, with_sighting(stays, name, at, last, following))

    async def _note_told(self, recording: Recording, new: Iterable[Event]) -> None:
        """Keep all that members were ever called, by any fact."""
        called = {member for event in new if isinstance(member := getattr(event, "member", None), MemberRef)}
        if fresh := called - self._told:
            self._told |= fresh
            await recording.note_told(fresh)

    async def _note_unnamed(self, recording: Recording, new: Iterable[Event]) -> None:
        """Keep until when an interface was told without a name; stored by the day, so that it is seldom written."""
        days: dict[str, datetime] = {}
        for event in new:
            member = getattr(event, "member", None)
            if not isinstance(member, MemberRef) or not member.interface or member.name:
                continue
            interface, at = member.interface, event.occurred_at
            self._unnamed[interface] = max(at, self._unnamed.get(interface, at))
            if at >= self._noted.get(interface, _NEVER):
                midnight = datetime.combine(at.date(), time.min, UTC) + timedelta(days=1)
                self._noted[interface] = days[interface] = midnight
        if days:
            await recording.note_unnamed(days)

    def _affected_since(self, interface: str, changed: Change) -> date | None:
        """The first day of which facts may be somebody else's now."""
        latest = self._unnamed.get(interface)
        unnamed = latest is not None and (changed.since is None or latest >= changed.since)
        seats = {interface}.union(*map(self._seats_of, changed.names))
        if not unnamed and not self.directory.assignments.about(interfaces=seats):
            return None
        return BEGINNING if changed.since is None else changed.since.date()
