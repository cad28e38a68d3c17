"""The directory of people: who is behind which interface or member name, as people say it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from callcenter.domain.agents.assignments import Assignment, Person
from callcenter.domain.ids import AgentId, MemberRef, PbxId


@dataclass(frozen=True, slots=True)
class Said:
    """An assignment with the name to show for the person; ``name`` None leaves it as it is, at first the id."""

    assignment: Assignment
    name: str | None = None


@dataclass(frozen=True, slots=True)
class DirectoryChange:
    """One change of the directory: when and by which way it was made, and what stood there before and after."""

    changed_at: datetime
    by: str
    before: Said | None
    after: Said | None


@dataclass(frozen=True, slots=True)
class Roll:
    """What the sources told of the members of one PBX.

    ``told`` is all that they were ever called, ``worked`` who took part in conversations or was signed in of late, with
    the number of conversations; ``together`` the interfaces at which one name sat at once when the PBX was last asked.
    """

    pbx: PbxId
    told: frozenset[MemberRef]
    worked: Mapping[AgentId, int]
    together: Mapping[str, tuple[str, ...]]


class People(Protocol):
    """The directory as those who correct it and those who show it see it."""

    async def people(self) -> list[Person]:
        """Everybody who is named, by id."""
        ...

    async def assignments(self) -> list[Assignment]:
        """All that is said, by person and beginning."""
        ...

    async def put(self, said: Sequence[Said], *, by: str, at: datetime) -> int:
        """Say all of this, in the place of what was said of the same subjects and beginnings; returns how many say
        something new. What was said already changes nothing."""
        ...

    async def remove(self, assignment_ids: Sequence[str], *, by: str, at: datetime) -> None:
        """Take back. Raises NotFound, and takes back nothing, if one is not there."""
        ...

    async def changes(self, limit: int) -> list[DirectoryChange]:
        """What was changed, newest first."""
        ...

    async def pending(self) -> int:
        """How many corrections have not taken effect yet."""
        ...

    async def rolls(self, since: datetime) -> list[Roll]:
        """What was told of members, by PBX; of conversations and sign-ins from an instant on."""
        ...
