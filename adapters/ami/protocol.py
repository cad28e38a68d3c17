r"""The bytes of one AMI connection, cut into messages. No socket, no clock, no meaning.

A line ends with LF, with or without CR before it; a message ends at an empty line. Asterisk sends stray empty lines
between messages (after some TestEvents) and bare LFs inside them. So a message ends at ``\n\r?\n``, and whatever
empty lines stand before the next one are no part of it.

One regular expression over the whole chunk finds all the ends at once; there is no loop over lines. Any chunking of
the same bytes gives the same messages and the same counts, broken input included.
"""

import re
from collections import Counter
from itertools import accumulate
from typing import NamedTuple

MAX_LINE_BYTES = 64 * 1024
MAX_MESSAGE_BYTES = 1024 * 1024
MAX_HEADERS = 1024

MESSAGE_TOO_LONG = "message_too_long"
LINE_TOO_LONG = "line_too_long"
TOO_MANY_HEADERS = "too_many_headers"
UNTERMINATED = "unterminated"

_BLANK_LINE = re.compile(rb"\n\r?\n")
_USUAL_GAP = len(b"\n\r\n")
# What may stand around a message that is still incomplete: a stray empty line before it, a line end and a CR after it.
_MOST_AROUND = len(b"\r\n\r\n\r")
_BANNER = b"Asterisk Call Manager/"
_MAX_BANNER_BYTES = 256
# Shorter messages can break no limit: 1025 lines take at least two bytes each.
_SURELY_WITHIN_LIMITS = 2 * MAX_HEADERS


class RawFrame(NamedTuple):
    """The lines of one message as they came, and where they begin, in bytes from the beginning of the connection."""

    offset: int
    raw: bytes


class Cut(NamedTuple):
    """Messages as cut, not trimmed yet: stray empty lines may stand before one and a CR after it."""

    parts: list[bytes]
    starts: list[int]


_NOTHING = Cut([], [])


class FrameSplitter:
    """Cuts what one connection delivers into messages. Total: no input raises, no input makes it grow beyond bounds.

    A message beyond the limits is dropped and counted in ``rejected`` by reason, and the next one is read as usual.
    With ``aligned=False`` reading begins somewhere inside a message: everything up to its end is passed over.
    """

    def __init__(self, *, aligned: bool = True) -> None:
        self.rejected: Counter[str] = Counter()
        self.banner: bytes | None = None
        self._greeting: bytes | None = b"" if aligned else None
        self._passing_over = not aligned
        self._pending: list[bytes] = []
        self._pending_bytes = 0
        self._position = 0
        self._edge = b""

    @property
    def position(self) -> int:
        """Bytes of the connection read so far."""
        return self._position + self._pending_bytes + len(self._greeting or b"")

    def feed(self, chunk: bytes) -> list[RawFrame]:
        """The messages that are complete with this chunk."""
        frames = (trim(part, start) for part, start in zip(*self.cut(chunk), strict=True))
        return [frame for frame in frames if frame.raw]

    def cut(self, chunk: bytes) -> Cut:
        """As `feed`, but untrimmed and with the empty ones, for callers that drop most of them unseen."""
        if self._greeting is not None:
            chunk = self._after_banner(self._greeting, chunk)
        if self._passing_over:
            chunk = self._after_this_message(chunk)
        if not chunk:
            return _NOTHING
        if self._end_of_message(chunk) < 0:
            self._keep(chunk)
            return _NOTHING
        return self._cut(b"".join([*self._pending, chunk]))

    def end(self) -> None:
        """The connection ended: an unfinished message is given up and counted."""
        tail = b"".join(self._pending) + (self._greeting or b"")
        if tail.strip(b"\r\n"):
            self.rejected[UNTERMINATED] += 1
        self._position = self.position
        self._pending, self._pending_bytes, self._greeting = [], 0, None

    def _cut(self, data: bytes) -> Cut:
        parts = _BLANK_LINE.split(data)
        starts = self._starts(data, parts)
        tail, self._position = parts.pop(), starts.pop()
        self._pending, self._pending_bytes, self._edge = [], 0, b""
        if tail:
            self._keep(tail)
        if max(map(len, parts)) > _SURELY_WITHIN_LIMITS:
            return self._within_limits(parts, starts)
        return Cut(parts, starts)

    def _starts(self, data: bytes, parts: list[bytes]) -> list[int]:
        base = self._position
        starts = list(accumulate(map(_USUAL_GAP.__add__, map(len, parts)), initial=base))
        if starts.pop() == base + len(data) + _USUAL_GAP:
            return starts
        return [base, *(base + blank.end() for blank in _BLANK_LINE.finditer(data))]

    def _within_limits(self, parts: list[bytes], starts: list[int]) -> Cut:
        good = Cut([], [])
        for part, start in zip(parts, starts, strict=True):
            excess = _excess(trim(part, start).raw) if len(part) > _SURELY_WITHIN_LIMITS else None
            if excess is None:
                good.parts.append(part)
                good.starts.append(start)
            else:
                self.rejected[excess] += 1
        return good

    def _keep(self, chunk: bytes) -> None:
        """Hold the beginning of a message until its end comes, or until it is too long to have one within limits."""
        self._pending.append(chunk)
        self._pending_bytes += len(chunk)
        self._edge = (self._edge + chunk[-2:])[-2:]
        if self._pending_bytes <= MAX_MESSAGE_BYTES + _MOST_AROUND:
            return
        self.rejected[MESSAGE_TOO_LONG] += 1
        self._position += self._pending_bytes
        self._pending, self._pending_bytes = [], 0
        self._passing_over = True

    def _after_this_message(self, chunk: bytes) -> bytes:
        end = self._end_of_message(chunk)
        if end < 0:
            self._edge = (self._edge + chunk[-2:])[-2:]
            self._position += len(chunk)
            return b""
        self._edge = b""
        self._position += end
        self._passing_over = False
        return chunk[end:]

    def _end_of_message(self, chunk: bytes) -> int:
        """Where in this chunk the current message's blank line ends; -1 if it does not."""
        across = _BLANK_LINE.search(self._edge + chunk[:2])
        if across:
            return across.end() - len(self._edge)
        within = _BLANK_LINE.search(chunk)
        return within.end() if within else -1

    def _after_banner(self, greeting: bytes, chunk: bytes) -> bytes:
        """What follows the one line that opens a connection; b"" while it cannot be told yet."""
        greeting += chunk
        line_end = greeting.find(b"\n", 0, _MAX_BANNER_BYTES)
        is_banner = greeting.startswith(_BANNER) if len(greeting) >= len(_BANNER) else _BANNER.startswith(greeting)
        if is_banner and line_end < 0 and len(greeting) < _MAX_BANNER_BYTES:
            self._greeting = greeting
            return b""
        self._greeting = None
        if not is_banner or line_end < 0:
            return greeting
        self.banner = greeting[:line_end].removesuffix(b"\r")
        self._position = line_end + 1
        return greeting[line_end + 1 :]


def trim(part: bytes, start: int) -> RawFrame:
    """A message without stray empty lines before it and the line end after it; ``raw`` is empty if nothing is left."""
    end = len(part) - part.endswith(b"\r")
    lead = 0
    while lead < end and part[lead] in b"\r\n":
        if part.startswith(b"\r\n", lead):
            lead += 2
        elif part.startswith(b"\n", lead):
            lead += 1
        else:
            break
    return RawFrame(start + lead, part[lead:end])


def _excess(raw: bytes) -> str | None:
    """Which limit a message breaks, if any."""
    if len(raw) > MAX_MESSAGE_BYTES:
        return MESSAGE_TOO_LONG
    lines = raw.split(b"\n")
    if len(lines) > MAX_HEADERS:
        return TOO_MANY_HEADERS
    if max(len(line.removesuffix(b"\r")) for line in lines) > MAX_LINE_BYTES:
        return LINE_TOO_LONG
    return None
