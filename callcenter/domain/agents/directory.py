"""Which person sat at which interface, and when: AMI tells both, rows of queue_log only the one or the other.

Built from sightings: (interface, member name, when the two were seen together). Where nobody ever told a name, the
interface itself stands for the person. What people said about it (`assignments.py`) comes first.
"""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from callcenter.domain.agents.assignments import (
    Assignment,
    Assignments,
    interfaces_named,
    names_as_interface,
    spellings_of,
)
from callcenter.domain.agents.stays import Stay, stays_of
from callcenter.domain.ids import AgentId, MemberRef

NEAR = timedelta(seconds=2)
"""How far before a sighting a fact may be dated that belongs to it: rows of queue_log are cut to whole seconds."""


class Directory:
    """Resolves what a source called a member to the agent that reports name.

    >>> from datetime import UTC, datetime
    >>> at = datetime(2026, 1, 5, 8, tzinfo=UTC)
    >>> Directory([("PJSIP/1001", "Alice", at)]).agent_of(MemberRef(interface="PJSIP/1001"), at)
    'Alice'
    """

    def __init__(
        self, sightings: Iterable[tuple[str, str, datetime]] = (), assignments: Assignments | None = None
    ) -> None:
        self.assignments = assignments or Assignments()
        self._stays: dict[str, list[Stay]] = {}
        self._interfaces: dict[str, Counter[str]] = defaultdict(Counter)
        seen: dict[str, set[tuple[datetime, str]]] = defaultdict(set)
        for interface, name, at in sightings:
            seen[interface].add((at, name))
        for interface, its in seen.items():
            self.put(interface, stays_of(its))

    def stays_at(self, interface: str) -> Sequence[Stay]:
        """Who sat at an interface, in order."""
        return self._stays.get(interface, ())

    def put(self, interface: str, stays: Iterable[Stay]) -> None:
        """These are now the stays at an interface."""
        for stay in self._stays.get(interface, ()):
            self._interfaces[stay.name][interface] -= 1
        self._stays[interface] = list(stays)
        for stay in self._stays[interface]:
            self._interfaces[stay.name][interface] += 1

    def agent_of(self, member: MemberRef, at: datetime) -> AgentId:
        """Whom people said it was; else the name if given; else whose stay at that interface it was; else the
        interface."""
        told = self._as_told(member, at)
        if not self.assignments:
            return told
        return self._assigned(member, told, at) or self.assignments.of_name(told, at) or told

    def members_of(self, agent: AgentId) -> set[MemberRef]:
        """All that a source may have called this agent. An interface may have been another agent's at another time."""
        interfaces = self._interfaces_of(agent)
        refs = {MemberRef(name=agent), *(MemberRef(interface=interface) for interface in interfaces)}
        if not interfaces:
            refs.add(MemberRef(interface=agent))
        return refs.union(*map(self._members_in, self.assignments.of_person(agent)))

    def _members_in(self, one: Assignment) -> set[MemberRef]:
        """All that a source may have called the member that an assignment is about."""
        if one.interface is None:
            name = one.name or ""
            return {MemberRef(name=name), *(MemberRef(interface=seat) for seat in {*self._interfaces_of(name), name})}
        seats = spellings_of(one.interface)
        names = {stay.name for seat in seats for stay in self.stays_at(seat)}
        names.update(name for seat in seats for name in names_as_interface(seat))
        return {*(MemberRef(interface=seat) for seat in seats), *(MemberRef(name=name) for name in names)}

    def _as_told(self, member: MemberRef, at: datetime) -> AgentId:
        """The name if given; else whose stay at that interface it was; between two stays the nearer one's, if that is
        near, else the earlier one's; before the first stay its name; else the interface."""
        stays = self._stays.get(member.interface or "")
        if member.name or not stays:
            return member.agent
        index = bisect_right(stays, at, key=lambda stay: stay.began_at)
        here = stays[max(0, index - 1)]
        if index < len(stays) and here.ended_at is not None and at > here.ended_at:
            coming = stays[index]
            wait = coming.began_at - at
            here = coming if wait <= NEAR and wait < at - here.ended_at else here
        return AgentId(here.name)

    def _assigned(self, member: MemberRef, told: AgentId, at: datetime) -> AgentId | None:
        """To whom the interface is assigned. A fact that told a name alone is about the one seat of that name; with
        several seats nobody knows which, unless they are one person's."""
        if member.interface:
            return self.assignments.at_interface(member.interface, at)
        seats = [seat for seat in self._interfaces_of(told) if self._as_told(MemberRef(interface=seat), at) == told]
        if not seats:
            found = (self.assignments.at_interface(interface, at) for interface in interfaces_named(told))
            return next((person for person in found if person is not None), None)
        people = {self.assignments.at_interface(seat, at) for seat in seats}
        return people.pop() if len(people) == 1 else None

    def _interfaces_of(self, name: str) -> list[str]:
        """Where a name ever sat."""
        return [interface for interface, stays in self._interfaces.get(name, {}).items() if stays > 0]
