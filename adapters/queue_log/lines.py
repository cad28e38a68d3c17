"""Bytes of a queue_log → its lines, without touching a file.

Any chunking gives the same lines at the same offsets. A last line without its line end is not a line yet: Asterisk may
be writing it, and half a number reads like a number.
"""

LINE_LIMIT = 64 * 1024
"""Bytes in a line, line end excluded. Asterisk writes some hundred at most; more is damage and is passed over."""

Line = tuple[bytes | None, int, int]
"""A line without its line end (None if it is longer than the limit), where it begins, and where the next one does."""


class LineSplitter:
    """Cuts chunks into lines. ``offset`` stands after the last complete line, where reading can be taken up again."""

    def __init__(self, offset: int = 0, limit: int = LINE_LIMIT) -> None:
        self.offset = offset
        self._limit = limit
        self._rest = b""
        self._dropped = 0

    @property
    def unfinished(self) -> int:
        """Bytes of a last line whose end has not been seen."""
        return len(self._rest) + self._dropped

    def feed(self, chunk: bytes) -> list[Line]:
        """The lines that this chunk completes."""
        first, *others = chunk.split(b"\n")
        if not others:
            self._hold(first)
            return []
        *whole, rest = others
        lines = [self._line(self._rest + first), *map(self._line, whole)]
        self._hold(rest)
        return lines

    def _line(self, line: bytes) -> Line:
        begin = self.offset
        self.offset = end = begin + self._dropped + len(line) + 1
        too_long = self._dropped or len(line) > self._limit
        self._rest, self._dropped = b"", 0
        return None if too_long else line, begin, end

    def _hold(self, rest: bytes) -> None:
        """Keep an unfinished line; of one that is too long already, only its length."""
        if self._dropped or len(self._rest) + len(rest) > self._limit:
            self._dropped += len(self._rest) + len(rest)
            self._rest = b""
        else:
            self._rest += rest
