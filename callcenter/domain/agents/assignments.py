"""What people say about who it was: a person, and the interface or member name that was theirs for a time.

What member names tell by themselves is in `directory.py`; an assignment corrects it. Of several that hold at one
instant the one that began last counts, so that "from Wednesday on it is Bob" needs no end of what was before, and the
order in which things were said does not matter. One by interface wins over one by name: the phone is what rang.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b

from callcenter.domain.errors import BadRequest
from callcenter.domain.ids import AgentId, PbxId

LONGEST_NAME = 200

_LOCAL, _STAYS, _POOL = "Local/", "/n", "Agent/"
_ALWAYS = datetime.min.replace(tzinfo=UTC)


def device_of(interface: str) -> str:
    """The phone behind an interface: a Local channel is the same with and without ``/n``.

    >>> device_of("Local/1001@from-queue/n"), device_of("PJSIP/1001")
    ('Local/1001@from-queue', 'PJSIP/1001')
    """
    return interface.removesuffix(_STAYS) if interface.startswith(_LOCAL) else interface


def spellings_of(interface: str) -> tuple[str, ...]:
    """All interfaces that are surely the same phone as this one."""
    device = device_of(interface)
    return (device, device + _STAYS) if device.startswith(_LOCAL) else (device,)


def interfaces_named(name: str) -> tuple[str, str]:
    """The interfaces that a member's name may be: Asterisk names members by their interface where nobody named them,
    and the agent pool tells ``1001`` of ``Agent/1001``."""
    return name, _POOL + name


def names_as_interface(interface: str) -> tuple[str, ...]:
    """The names under which an interface itself may be told; the other way round."""
    return (interface, interface.removeprefix(_POOL)) if interface.startswith(_POOL) else (interface,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """A person has been behind an interface, or a member name, of one PBX; exactly one of the two is set.

    Half-open; ``since`` None: from the beginning, ``until`` None: to this day.
    """

    person: AgentId
    pbx: PbxId
    interface: str | None = None
    name: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def subject(self) -> tuple[str, str]:
        """What it is about: one phone, or one member name."""
        return ("interface", device_of(self.interface)) if self.interface else ("name", self.name or "")

    @property
    def assignment_id(self) -> str:
        """Its address: of one subject and beginning there is one. What is said of it again takes its place."""
        since = self.since.astimezone(UTC).isoformat() if self.since else ""
        said = "\0".join((self.pbx, *self.subject, since))
        return blake2b(said.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()

    def holds(self, at: datetime) -> bool:
        """Whether it speaks of an instant."""
        return (self.since is None or self.since <= at) and (self.until is None or at < self.until)


@dataclass(frozen=True, slots=True)
class Person:
    """A person by a lasting id, with the name to show."""

    person: AgentId
    name: str


def checked(one: Assignment) -> Assignment:
    """The assignment, if it says something that can be. Raises BadRequest."""
    if bool(one.interface) == bool(one.name):
        raise BadRequest("interface", "give either the interface or the member name", "PJSIP/1001")
    if one.since is not None and one.until is not None and one.since >= one.until:
        raise BadRequest("until", "must be later than from", "2026-11-24T09:00:00+08:00")
    texts = {"person": one.person, "pbx": one.pbx, "interface": one.interface, "member": one.name}
    for field, text in texts.items():
        if text is not None and not (text.isprintable() and 0 < len(text.strip()) == len(text) <= LONGEST_NAME):
            problem = f"must be 1 to {LONGEST_NAME} printable characters, without blanks around them"
            raise BadRequest(field, problem, "PJSIP/1001" if field == "interface" else "Chen Yu")
    return one


class Assignments:
    """All assignments of one PBX."""

    def __init__(self, said: Iterable[Assignment] = ()) -> None:
        self._by_subject: dict[tuple[str, str], list[Assignment]] = defaultdict(list)
        self._by_person: dict[AgentId, list[Assignment]] = defaultdict(list)
        for one in sorted(said, key=_begins):
            self._by_subject[one.subject].append(one)
            self._by_person[one.person].append(one)

    def __bool__(self) -> bool:
        return bool(self._by_subject)

    @property
    def people(self) -> Collection[AgentId]:
        """Everybody who is named."""
        return self._by_person.keys()

    def at_interface(self, interface: str, at: datetime) -> AgentId | None:
        """Whose an interface was."""
        return self._person(("interface", device_of(interface)), at)

    def of_name(self, name: str, at: datetime) -> AgentId | None:
        """Whose a member name was."""
        return self._person(("name", name), at)

    def of_person(self, person: AgentId) -> Collection[Assignment]:
        """All that is said of a person."""
        return self._by_person.get(person, ())

    def about(self, *, interfaces: Iterable[str] = (), names: Iterable[str] = ()) -> set[AgentId]:
        """Everybody who was ever said to be behind one of these."""
        subjects = {("interface", device_of(interface)) for interface in interfaces} | {("name", n) for n in names}
        return {one.person for subject in subjects for one in self._by_subject.get(subject, ())}

    def next_change(self, after: datetime) -> datetime | None:
        """When somebody else begins, or ceases, to be behind something."""
        edges = (at for its in self._by_subject.values() for one in its for at in (one.since, one.until))
        return min((at for at in edges if at is not None and at > after), default=None)

    def _person(self, subject: tuple[str, str], at: datetime) -> AgentId | None:
        its = self._by_subject.get(subject)
        if its is None:
            return None
        begun = its[: bisect_right(its, at, key=_begins)]
        return next((one.person for one in reversed(begun) if one.holds(at)), None)


def shared_people(said: Iterable[Assignment]) -> Mapping[tuple[PbxId, AgentId], AgentId]:
    """Who is one person on several PBXs: those whom the directory names there. An agent of the same name on a PBX of
    which it says nothing is somebody else."""
    return {(one.pbx, one.person): one.person for one in said}


def _begins(one: Assignment) -> datetime:
    return one.since or _ALWAYS
