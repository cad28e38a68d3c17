"""One message as Asterisk worded it.

A frame is kept as bytes. Most frames are asked for three or four of their thirty headers, so a header is looked up in
the bytes and only its value is decoded; the whole is taken apart only for whoever asks for all of it.
"""

from datetime import datetime
from enum import StrEnum
from functools import lru_cache

from callcenter.domain.errors import MissingHeader


class FrameKind(StrEnum):
    """What Asterisk sends: news, and answers to our actions."""

    EVENT = "event"
    RESPONSE = "response"


class Frame:
    """One AMI message.

    ``name`` is the value of its Event (or Response) header. ``raw`` holds its lines as they came, without the line end
    of the last one and without blank lines. ``offset`` is where ``raw`` begins, in bytes from the beginning of the
    connection. ``received_at`` is when its last byte was read, aware UTC.
    """

    __slots__ = ("_folded", "kind", "name", "offset", "raw", "received_at")

    def __init__(self, kind: FrameKind, name: str, raw: bytes, offset: int, received_at: datetime) -> None:
        self.kind = kind
        self.name = name
        self.raw = raw
        self.offset = offset
        self.received_at = received_at
        self._folded: bytes | None = None

    def get(self, header: str) -> str | None:
        """The first value of a header, whatever the case of its name; None if it is not there, "" if it is empty."""
        folded = self._fold()
        needle = _needle(header)
        at = folded.find(needle)
        return None if at < 0 else self._value(at + len(needle) - 1)

    def get_all(self, header: str) -> list[str]:
        """Every value of a header that may be repeated, in order."""
        folded, needle = self._fold(), _needle(header)
        values = []
        at = folded.find(needle)
        while at >= 0:
            values.append(self._value(at + len(needle) - 1))
            at = folded.find(needle, at + len(needle))
        return values

    def require(self, header: str) -> str:
        """The first value of a header. Raises MissingHeader if it is not there."""
        value = self.get(header)
        if value is None:
            raise MissingHeader(self.name, header)
        return value

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """All headers in order, repeated ones too, names as written. Lines without a colon are left out."""
        split = (line.removesuffix(b"\r").partition(b":") for line in self.raw.split(b"\n"))
        return tuple((_text(name), _text(value.removeprefix(b" "))) for name, colon, value in split if colon)

    def _fold(self) -> bytes:
        if self._folded is None:
            self._folded = b"\n" + self.raw.lower()
        return self._folded

    def _value(self, start: int) -> str:
        end = self.raw.find(b"\n", start)
        value = self.raw[start:] if end < 0 else self.raw[start:end]
        return _text(value.removesuffix(b"\r").removeprefix(b" "))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Frame):
            return NotImplemented
        return self._facts() == other._facts()

    def __hash__(self) -> int:
        return hash(self._facts())

    def _facts(self) -> tuple[FrameKind, str, bytes, int, datetime]:
        return self.kind, self.name, self.raw, self.offset, self.received_at

    def __repr__(self) -> str:
        return f"Frame({self.kind.value} {self.name!r}, {len(self.raw)} bytes at {self.offset})"


@lru_cache(maxsize=1024)
def _needle(header: str) -> bytes:
    """The beginning of a header's line in a folded frame."""
    return b"\n" + header.lower().encode() + b":"


def _text(value: bytes) -> str:
    """Names are UTF-8; what is not comes back to the same bytes by ``surrogateescape``."""
    return value.decode("utf-8", "surrogateescape")
