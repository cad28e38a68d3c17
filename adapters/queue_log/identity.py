"""Ids of rows: the same row of the same file always gets the same one, in however many pieces and times it is read.

Two true rows can be identical to the byte (a member unpaused twice within a second), so the id also holds how many
equal lines came before. To bound the memory, "before" reaches back to the start of the previous block of the file. That
makes the ordinal a function of the file's content alone: whoever resumes at an offset reads those bytes again
(`counted_from`) and has the same counts, with nothing to save. A block holds thousands of lines, and equal lines bear
the same second, so no two of them are further apart than that.
"""

from hashlib import sha256

from callcenter.domain.ids import EventId, PbxId

BLOCK = 1024 * 1024
"""Bytes; counts are kept for the block being read and the one before it."""


def counted_from(offset: int, block: int = BLOCK) -> int:
    """Where counting must begin so that the ids from ``offset`` on are right. The line cut there does not count."""
    return max(0, (offset // block - 1) * block)


class RowIdentities:
    """Gives ids to the lines of one file in their order. Every line must be shown, those that mean nothing too."""

    def __init__(self, pbx: PbxId, block: int = BLOCK) -> None:
        self._prefix = b"queue_log\0" + pbx.encode() + b"\0"
        self._block = block
        self._number = 0
        self._current: dict[bytes, int] = {}
        self._previous: dict[bytes, int] = {}

    def ordinal(self, line: bytes, offset: int) -> int:
        """How many equal lines came before this one, which begins at ``offset``; counts it."""
        number = offset // self._block
        if number != self._number:
            self._previous = self._current if number == self._number + 1 else {}
            self._current, self._number = {}, number
        here = self._current.get(line, 0)
        self._current[line] = here + 1
        return here + self._previous.get(line, 0)

    def event_id(self, line: bytes, ordinal: int) -> EventId:
        """The id of the row."""
        return EventId(sha256(b"%b%b\0%d" % (self._prefix, line, ordinal)).digest()[:16])
