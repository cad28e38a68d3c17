"""Members of whom nobody knows who they are, and what can be done about each."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from callcenter.domain.agents.assignments import Assignment, Assignments, device_of
from callcenter.domain.ids import AgentId, MemberRef, PbxId


class Doubt(StrEnum):
    """Why somebody has to look."""

    NO_NAME = "no_name"
    LOG_TELLS_INTERFACE = "log_tells_interface"
    TWO_PHONES = "two_phones"


@dataclass(frozen=True, slots=True)
class Unresolved:
    """An agent who is merely an interface, or a name that sits at two phones at once. ``lines`` say who it is, once the
    person's name is put before them, in the form that `callcenter directory import` reads."""

    pbx: PbxId
    doubt: Doubt
    agent: AgentId
    interfaces: tuple[str, ...]
    lines: tuple[str, ...]


def unresolved(
    pbx: PbxId,
    worked: Collection[AgentId],
    told: Collection[MemberRef],
    together: Mapping[str, Collection[str]],
    said: Iterable[Assignment],
) -> list[Unresolved]:
    """What is in doubt on one PBX, by agent.

    ``worked`` are those who carried calls or signed in, ``told`` is all that members were ever called, and ``together``
    the interfaces at which one name sat at once when the PBX was last asked.
    """
    people = Assignments(said)
    names: dict[str, set[str | None]] = defaultdict(set)
    for member in told:
        names[member.interface or ""].add(member.name)
    found = [
        Unresolved(pbx, _doubt(names[agent]), agent, (agent,), (_line(pbx, agent),))
        for agent in worked
        if agent not in people.people and not people.about(interfaces=[agent], names=[agent])
        if agent in names or looks_like_interface(agent)
    ]
    for name, seats in together.items():
        open_seats = tuple(sorted(seat for seat in seats if not people.about(interfaces=[seat], names=[name])))
        if len(set(map(device_of, open_seats))) > 1:
            lines = tuple(_line(pbx, seat) for seat in open_seats)
            found.append(Unresolved(pbx, Doubt.TWO_PHONES, AgentId(name), open_seats, lines))
    return sorted(found, key=lambda one: (one.agent, one.doubt))


def looks_like_interface(name: str) -> bool:
    """Whether a member's name is merely its dial string: a technology and what follows the slash.

    >>> looks_like_interface("Local/1001@from-queue/n"), looks_like_interface("Ann / Bob")
    (True, False)
    """
    technology, slash, rest = name.partition("/")
    return bool(slash and rest) and technology.isalnum() and technology.isascii() and " " not in name


def _doubt(names: Collection[str | None]) -> Doubt:
    """queue_log's ADDMEMBER tells the interface alone, unless Asterisk is told otherwise; AMI tells both."""
    return Doubt.LOG_TELLS_INTERFACE if names == {None} else Doubt.NO_NAME


def _line(pbx: PbxId, interface: str) -> str:
    """The rest of a line for a person: name to show, PBX, interface, member name, from, to."""
    quoted = f'"{interface}"' if "," in interface else interface
    return f",,{pbx},{quoted},,,"
