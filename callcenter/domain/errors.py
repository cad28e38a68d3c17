"""All errors of this service, as one tree.

CallCenterError
├── PeerError       someone outside said or did it (Asterisk, Redis, a file)
├── EventError      an event that cannot be read back
├── StoreError      what was asked for is missing, or is there already
├── RuleError       a person asked for what the rules forbid
└── SettingsError   a setting is wrong: where, what, and an example

Errors carry values; sentences are made where they are shown.
"""

from dataclasses import dataclass, fields


@dataclass(slots=True)
class CallCenterError(Exception):
    """Root of the tree. Subclasses are dataclasses; their fields are the facts of the case."""

    def __str__(self) -> str:
        facts = ", ".join(f"{f.name}={getattr(self, f.name)!r}" for f in fields(self))
        return f"{type(self).__name__}({facts})"


class PeerError(CallCenterError):
    """Someone outside said or did it."""


@dataclass(slots=True)
class MissingHeader(PeerError):
    """An AMI frame lacks a header without which it means nothing."""

    event: str
    header: str


@dataclass(slots=True)
class BadHeader(PeerError):
    """A header of an AMI frame holds what cannot be read."""

    event: str
    header: str
    value: str


@dataclass(slots=True)
class BadQueueLogLine(PeerError):
    """A queue_log line that is no row."""

    file: str
    line_number: int
    text: str


@dataclass(slots=True)
class SourceUnreadable(PeerError):
    """A file or folder that should hold recorded traffic does not."""

    path: str
    problem: str
    remedy: str


@dataclass(slots=True)
class StreamUnavailable(PeerError):
    """Redis could not be reached, or said "not now", for longer than we wait. Nothing that it acknowledged is lost."""

    address: str
    problem: str


@dataclass(slots=True)
class StreamRefused(PeerError):
    """Redis said no, and would say so again."""

    address: str
    answer: str


@dataclass(slots=True)
class GroupLost(PeerError):
    """The consumer group is not there (any more). Join again, from the entry up to which the store has everything."""

    pbx: str
    group: str


@dataclass(slots=True)
class EmbeddedServerFailed(PeerError):
    """The embedded Valkey does not run in this folder. ``log`` is the end of what it said itself."""

    folder: str
    problem: str
    log: str


class EventError(CallCenterError):
    """A stored or streamed event cannot be read back."""


@dataclass(slots=True)
class UnknownEventType(EventError):
    """Written by a newer version, or not ours."""

    type: str


@dataclass(slots=True)
class UnknownEventVersion(EventError):
    """A known type, in a version that no upcast reaches."""

    type: str
    version: int


@dataclass(slots=True)
class BadEventField(EventError):
    """The bytes do not hold the fields that the type has."""

    type: str
    problem: str


class StoreError(CallCenterError):
    """What was asked for is missing, or is there already."""


@dataclass(slots=True)
class NotFound(StoreError):
    """Nothing is stored under this key."""

    kind: str
    key: str


@dataclass(slots=True)
class StoreUnavailable(StoreError):
    """The database cannot be reached or used for now (down, locked, disk full). Nothing of the transaction was kept."""

    address: str
    problem: str


@dataclass(slots=True)
class StoreTooSlow(StoreUnavailable):
    """The database did not finish within the time it was given. Nothing of the transaction was kept."""


@dataclass(slots=True)
class StoreRefused(StoreError):
    """The database refuses what it was told, and would refuse it again. Nothing of the transaction was kept."""

    address: str
    problem: str


class RuleError(CallCenterError):
    """A person asked for what the rules forbid."""


@dataclass(slots=True)
class BadRequest(RuleError):
    """A request that cannot be met as it stands: which field, what is wrong, and how to mend it."""

    field: str
    problem: str
    example: str


@dataclass(slots=True)
class SettingsError(CallCenterError):
    """A setting is wrong. ``file`` is the settings file, or the variable or option it came from."""

    file: str
    key: str
    problem: str
    example: str
