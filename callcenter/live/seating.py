"""Whose desks are they now: what people said about it, as far as it holds at this moment.

The floor shows who is there now. So all that is in memory is read by the word that holds now, and when that changes the
floor is folded anew (`workers.live`).
"""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime

from callcenter.domain.agents.assignments import Assignments, interfaces_named
from callcenter.domain.ids import AgentId

_NEVER = datetime.min.replace(tzinfo=UTC)


class Seating:
    """Who is behind an interface or a name at one instant, and what people are called."""

    def __init__(
        self, assignments: Assignments | None = None, names: Mapping[AgentId, str] | None = None, at: datetime = _NEVER
    ) -> None:
        self._said = assignments or Assignments()
        self._names = names or {}
        self._at = at
        self.until = self._said.next_change(at)

    def agent_at(self, interface: str | None, told: AgentId, seats: Collection[str]) -> AgentId:
        """Whose a fact is that tells of this interface, or only of a name that sits at these."""
        if not self._said:
            return told
        person = self._said.at_interface(interface, self._at) if interface else self._at_seats(told, seats)
        return person or self._said.of_name(told, self._at) or told

    def name_of(self, agent: AgentId) -> str:
        """The name to show for an agent."""
        return self._names.get(agent, agent) if agent in self._said.people else agent

    def _at_seats(self, told: AgentId, seats: Collection[str]) -> AgentId | None:
        people = {self._said.at_interface(seat, self._at) for seat in seats or interfaces_named(told)}
        if not seats:
            people.discard(None)
        return people.pop() if len(people) == 1 else None
