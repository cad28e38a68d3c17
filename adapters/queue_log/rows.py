"""One queue_log line cut into its columns, and the readings of single values."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import TypedDict

from callcenter.domain.ids import EventId, LegId, MemberRef, PbxId, QueueName, Source

NAME_LIMIT = 255
"""Characters in an id or a name; longer ones are damage, and no database would index them."""

NO_CALL = frozenset({"", "NONE", "MANAGER", "CLI", "REALTIME"})
_NOBODY = frozenset({"", "NONE"})
# Channel technologies, as they begin an interface; Asterisk compares them without case.
_INTERFACE = re.compile(
    "(agent|audiosocket|capi|console|custom|dahdi|dongle|h323|iax2?|khomp|local|mgcp|misdn|mobile|motif|ooh323|pjsip"
    "|quectel|sccp|sip|skinny|unistim|ustm|websocket|zap)/",
    re.IGNORECASE,
)


class Head(TypedDict):
    """What every event made from a row has in common."""

    event_id: EventId
    occurred_at: datetime
    pbx: PbxId
    source: Source


@dataclass(slots=True)
class Row:
    """The columns of one line; ``agent`` may hold pipes. The properties raise ValueError for a value without sense."""

    head: Head
    callid: str
    queue_column: str
    agent: str
    name: str
    parameters: list[str]

    @property
    def leg(self) -> LegId:
        """The call that the row is about."""
        if self.callid in NO_CALL:
            raise ValueError("no call id")
        return LegId(bounded(self.callid))

    @property
    def leg_or_none(self) -> LegId | None:
        return None if self.callid in NO_CALL else self.leg

    @property
    def queue(self) -> QueueName:
        if self.queue_column in _NOBODY:
            raise ValueError("no queue")
        return QueueName(bounded(self.queue_column))

    @property
    def queue_or_none(self) -> QueueName | None:
        return None if self.queue_column in _NOBODY else self.queue

    @property
    def member(self) -> MemberRef:
        """The agent column: a member name, unless it looks like an interface."""
        if self.agent in _NOBODY:
            raise ValueError("no member")
        return member_of(bounded(self.agent))

    @property
    def member_or_none(self) -> MemberRef | None:
        return None if self.agent in _NOBODY else self.member

    def number(self, index: int) -> int:
        """A parameter as a whole number; negative after the clock of the PBX was set back."""
        return whole(self.parameters[index])

    def text(self, index: int) -> str | None:
        """A parameter as text, None if it is empty or not there."""
        return self.parameters[index] or None if index < len(self.parameters) else None


# Rows repeat the same members, seconds and small numbers over and over.
@lru_cache(maxsize=4096)
def member_of(agent: str) -> MemberRef:
    """An interface by its shape ``Technology/…``, else a member name."""
    if _INTERFACE.match(agent):
        return MemberRef(interface=agent)
    return MemberRef(name=agent)


def bounded(name: str) -> str:
    """The same id or name. Raises ValueError if it is longer than any real one."""
    if len(name) > NAME_LIMIT:
        raise ValueError("a name without end")
    return name


@lru_cache(maxsize=4096)
def whole(digits: str) -> int:
    """A whole number of 32 bits. Raises ValueError for anything else, such as a number of 30 digits."""
    plain = digits[1:] if digits.startswith("-") else digits
    if len(plain) > 10 or not (plain.isascii() and plain.isdigit()) or int(plain) >= 2**31:
        raise ValueError("no number")
    return int(digits)


@lru_cache(maxsize=256)
def instant(epoch: str) -> datetime:
    """The first column: whole seconds since 1970, up to 32 bits. Raises ValueError for anything else."""
    if len(epoch) > 10 or not (epoch.isascii() and epoch.isdigit()) or int(epoch) >= 2**32:
        raise ValueError("no time")
    return datetime.fromtimestamp(int(epoch), UTC)


def text_of(line: bytes) -> str:
    """The line as text. NUL and bytes that are no UTF-8 become ``\\xNN``, which every store takes; nothing is lost."""
    text = line.decode("utf-8", "backslashreplace")
    return text.replace("\0", "\\x00") if "\0" in text else text
