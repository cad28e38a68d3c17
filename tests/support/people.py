"""A directory of people in plain lists: for tests of what asks it; its contract suite runs on the stored one, too."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from callcenter.domain.agents.assignments import Assignment, Person
from callcenter.domain.errors import NotFound
from callcenter.domain.ids import AgentId
from callcenter.ports import DirectoryChange, Roll, Said


@dataclass
class ListPeople:
    """`ports.People`; nothing ever takes effect here."""

    roll: list[Roll] = field(default_factory=list)
    said: dict[str, Assignment] = field(default_factory=dict)
    names: dict[AgentId, str] = field(default_factory=dict)
    changed: list[DirectoryChange] = field(default_factory=list)
    waiting: int = 0

    async def people(self) -> list[Person]:
        return [Person(person, name) for person, name in sorted(self.names.items())]

    async def assignments(self) -> list[Assignment]:
        return sorted(self.said.values(), key=lambda one: (one.person, str(one.since or ""), one.assignment_id))

    async def put(self, said: Sequence[Said], *, by: str, at: datetime) -> int:
        return sum([self._put(one.assignment, one.name, by, at) for one in said])

    async def remove(self, assignment_ids: Sequence[str], *, by: str, at: datetime) -> None:
        missing = [one for one in assignment_ids if one not in self.said]
        if missing:
            raise NotFound("assignment", missing[0])
        for one in assignment_ids:
            self._change(by, at, self._known(one), None)
            del self.said[one]
            self.waiting += 1
        self._forget_nameless()

    async def changes(self, limit: int) -> list[DirectoryChange]:
        return self.changed[::-1][:limit]

    async def pending(self) -> int:
        return self.waiting

    async def rolls(self, since: datetime) -> list[Roll]:
        return self.roll

    def _put(self, one: Assignment, name: str | None, by: str, at: datetime) -> int:
        before = self._known(one.assignment_id)
        after = Said(one, name or self.names.get(one.person) or one.person)
        if before == after:
            return 0
        self.waiting += 0 if before and before.assignment == one else 2 if before else 1
        self.said[one.assignment_id] = one
        self.names[one.person] = str(after.name)
        self._change(by, at, before, after)
        self._forget_nameless()
        return 1

    def _known(self, assignment_id: str) -> Said | None:
        one = self.said.get(assignment_id)
        return None if one is None else Said(one, self.names[one.person])

    def _change(self, by: str, at: datetime, before: Said | None, after: Said | None) -> None:
        self.changed.append(DirectoryChange(at, by, before, after))

    def _forget_nameless(self) -> None:
        there = {one.person for one in self.said.values()}
        self.names = {person: name for person, name in self.names.items() if person in there}
