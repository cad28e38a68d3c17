"""A frame being read: who and when, and its headers as the domain's words and numbers.

Asterisk writes ``<unknown>`` where it knows nothing, and escapes names in some events and not in others; a header that
must be there and is not, or that holds no number where one belongs, makes the whole frame unreadable.
"""

import re
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple, TypedDict

from adapters.ami.frame import Frame
from callcenter.domain.errors import BadHeader, MissingHeader
from callcenter.domain.ids import CallerRef, EventId, LegId, MemberRef, PbxId, QueueName, Source

NAME_LIMIT = 255
"""Characters in an id or a name; longer ones are damage, and no database would index them."""

_NOTHING = frozenset({"", "<unknown>"})
# Right below Privilege; further down it would be a UserEvent's own header.
_TIMESTAMP = re.compile(rb"[^\n]*\n(?:Privilege:[^\n]*\n)?Timestamp:(?: (\d{1,10})\.(\d{6})\r?(?:\n|\Z))?")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


class HeardOn(NamedTuple):
    """Where frames come from. ``connection`` names it for ever, so that ids without a time can hold it."""

    pbx: PbxId
    connection: str


class Head(TypedDict):
    """What every event made from a frame has in common."""

    event_id: EventId
    occurred_at: datetime
    pbx: PbxId
    source: Source


class Report:
    """One frame with its head. All readings raise MissingHeader or BadHeader where they cannot give what they say."""

    __slots__ = ("_frame", "head")

    def __init__(self, frame: Frame, heard_on: HeardOn) -> None:
        self._frame = frame
        at = stated_time(frame)
        self.head: Head = {
            "event_id": _event_id(frame, heard_on, timed=at is not None),
            "occurred_at": frame.received_at if at is None else at,
            "pbx": heard_on.pbx,
            "source": Source.AMI,
        }

    def text(self, header: str) -> str | None:
        """A value, None if Asterisk says nothing."""
        value = self._frame.get(header)
        return None if value is None or value in _NOTHING else clean(value)

    def unescaped(self, header: str) -> str | None:
        """A value that Asterisk writes with backslashes: caller names in channel events, values of variables."""
        value = self.text(header)
        return value if value is None or "\\" not in value else _ESCAPED.sub(_unescape, value)

    def name(self, header: str) -> str:
        """An id or a name that must be there."""
        value = self.name_or_none(header)
        if value is None:
            raise MissingHeader(self._frame.name, header)
        return value

    def name_or_none(self, header: str) -> str | None:
        """An id or a name."""
        value = self.text(header)
        if value is not None and len(value) > NAME_LIMIT:
            raise BadHeader(self._frame.name, header, value[:NAME_LIMIT])
        return value

    def leg(self, header: str = "Uniqueid") -> LegId:
        """The leg that a header names."""
        return LegId(self.name(header))

    def leg_or_none(self, header: str = "Uniqueid") -> LegId | None:
        """The leg that a header names, if it does."""
        value = self.name_or_none(header)
        return None if value is None else LegId(value)

    def queue(self) -> QueueName:
        """The queue."""
        return QueueName(self.name("Queue"))

    def member(self, interface: str = "Interface", name: str = "MemberName") -> MemberRef:
        """The member by both its names; one without a name is called by its interface."""
        return _member(self.name(interface), self.name_or_none(name))

    def number(self, header: str) -> int:
        """A whole number that must be there; negative after the clock of the PBX was set back."""
        value = self.number_or_none(header)
        if value is None:
            raise MissingHeader(self._frame.name, header)
        return value

    def number_or_none(self, header: str) -> int | None:
        """A whole number of 32 bits."""
        value = self._frame.get(header)
        if not value:
            return None
        number = _whole(value)
        if number is None:
            raise BadHeader(self._frame.name, header, clean(value[:NAME_LIMIT]))
        return number

    def flag(self, header: str) -> bool:
        """0 or 1; False if it is not there."""
        number = self.number_or_none(header)
        if number not in (None, 0, 1):
            raise self.bad(header)
        return bool(number)

    def instant_or_none(self, header: str) -> datetime | None:
        """Seconds since 1970; 0 means never."""
        seconds = self.text(header)
        if seconds is None:
            return None
        at = _instant(seconds) if seconds.isascii() and seconds.isdigit() else None
        if at is None:
            raise self.bad(header)
        return at if seconds.strip("0") else None

    def details_after(self, header: str) -> tuple[tuple[str, str], ...]:
        """All headers below a certain one, in order."""
        headers = self._frame.headers
        below = next(
            (i for i, (name, _) in enumerate(headers, 1) if name.casefold() == header.casefold()), len(headers)
        )
        return tuple((clean(name), clean(value)) for name, value in headers[below:])

    def bad(self, header: str) -> BadHeader:
        """The error for a header that holds what makes no sense."""
        return BadHeader(self._frame.name, header, clean((self._frame.get(header) or "")[:NAME_LIMIT]))


def clean(value: str) -> str:
    """NUL, and bytes that are no UTF-8, as ``\\xNN``: no store would take them as they are, and nothing is lost."""
    if value.isascii():
        return value.replace("\0", "\\x00") if "\0" in value else value
    return value.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace").replace("\0", "\\x00")


def caller(number: str | None, name: str | None) -> CallerRef | None:
    """The caller, if anything is known."""
    return None if number is None and name is None else CallerRef(number, name)


def stated_time(frame: Frame) -> datetime | None:
    """The PBX's own time, exact to the microsecond; None if it states none."""
    stated = _TIMESTAMP.match(frame.raw)
    if stated is None:
        return None
    at = _instant(stated[1]) if stated[1] else None
    if at is None:
        raise BadHeader(frame.name, "Timestamp", clean((frame.get("Timestamp") or "")[:NAME_LIMIT]))
    return at.replace(microsecond=int(stated[2]))


def _event_id(frame: Frame, heard_on: HeardOn, *, timed: bool) -> EventId:
    """With the PBX's time no two events are equal to the byte, so equal bytes are one event, whoever heard them.

    Without it many are, so an event is known by its place in its connection.
    """
    if timed:
        said = b"ami\0%b\0%b" % (heard_on.pbx.encode(), frame.raw)
    else:
        said = b"ami\0%b\0%b\0%d" % (heard_on.pbx.encode(), heard_on.connection.encode(), frame.offset)
    return EventId(sha256(said).digest()[:16])


@lru_cache(maxsize=4096)
def _member(interface: str, name: str | None) -> MemberRef:
    return MemberRef(interface, None if name == interface else name)


@lru_cache(maxsize=4096)
def _whole(digits: str) -> int | None:
    plain = digits[1:] if digits.startswith("-") else digits
    if len(plain) > 10 or not (plain.isascii() and plain.isdigit()) or int(plain) >= 2**31:
        return None
    return int(digits)


@lru_cache(maxsize=256)
def _instant(digits: str | bytes) -> datetime | None:
    """Seconds since 1970, of 32 bits."""
    if len(digits) > 10 or int(digits) >= 2**32:
        return None
    return datetime.fromtimestamp(int(digits), UTC)


def _unescape(match: re.Match[str]) -> str:
    return _ESCAPES.get(match[1], match[1])
