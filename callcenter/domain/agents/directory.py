"""Which person sat at which interface, and when: AMI tells both, rows of queue_log only the one or the other.

Built from sightings: (interface, member name, when the two were first seen together). Where nobody ever told a name,
the interface itself stands for the person.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from callcenter.domain.ids import AgentId, MemberRef


class Directory:
    """Resolves what a source called a member to the agent that reports name. Never changes once it is built.

    >>> from datetime import UTC, datetime
    >>> at = datetime(2026, 1, 5, 8, tzinfo=UTC)
    >>> Directory([("PJSIP/1001", "Alice", at)]).agent_of(MemberRef(interface="PJSIP/1001"), at)
    'Alice'
    """

    def __init__(self, sightings: Iterable[tuple[str, str, datetime]]) -> None:
        first: dict[tuple[str, str], datetime] = {}
        for interface, name, at in sightings:
            known = first.get((interface, name))
            first[interface, name] = at if known is None else min(known, at)
        self._names: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
        self._interfaces: dict[str, set[str]] = defaultdict(set)
        for (interface, name), at in first.items():
            self._names[interface].append((at, name))
            self._interfaces[name].add(interface)
        for names in self._names.values():
            names.sort()

    def agent_of(self, member: MemberRef, at: datetime) -> AgentId:
        """The name if given; else the name that was the last to appear at that interface by then, else the first to
        appear there later; else the interface."""
        if member.name or not member.interface:
            return member.agent
        names = self._names.get(member.interface)
        if not names:
            return member.agent
        place = bisect_right(names, at, key=lambda sighting: sighting[0])
        return AgentId(names[max(0, place - 1)][1])

    def members_of(self, agent: AgentId) -> set[MemberRef]:
        """All that a source may have called this agent. An interface may have been another agent's at another time."""
        interfaces = self._interfaces.get(agent, set())
        refs = {MemberRef(name=agent), *(MemberRef(interface=interface) for interface in interfaces)}
        return refs if interfaces else {*refs, MemberRef(interface=agent)}
