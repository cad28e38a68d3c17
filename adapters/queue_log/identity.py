"""Ids of rows: the same row always gets the same one, in however many pieces and times it is read, from the file that
Asterisk writes, from that file rotated and packed, or from the table.

Two true rows can be identical to the byte (a member unpaused twice within a second), so the id also holds how many
equal lines came before in the log. Equal lines bear the same second, so "before" need not reach far:

- within a file, back to the start of the previous block. That makes the ordinal a function of the file's content alone:
  whoever resumes at an offset reads those bytes again (`counted_from`) and has the same counts, with nothing to save. A
  block holds thousands of lines;
- into the file before, over its last seconds (`Carried`): what is counted there is handed over, and kept in the
  checkpoint until no row can be as old any more.

Who knows less of what came before (a single file is imported) gives lower ordinals: ids that the first of the equal
rows have. So reading in parts, in any order and again, gives each row at most once, never twice.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from callcenter.domain.ids import EventId, PbxId

BLOCK = 1024 * 1024
"""Bytes; counts are kept for the block being read and the one before it."""

CARRIED_SECONDS = 10
"""So much of a file's end is handed over to the next one: rows of one second may stand on both sides of a rotation."""

KEPT_SECONDS = 120
"""A row takes its time before it waits for the file's lock, which a rotation holds until it has packed the old file."""


@dataclass(frozen=True, slots=True)
class Carried:
    """How often each line (by its digest) came within the last seconds of a file, whose newest row is of ``newest``."""

    newest: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)


NOTHING_CARRIED = Carried()


def counted_from(offset: int, block: int = BLOCK) -> int:
    """Where counting must begin so that the ids from ``offset`` on are right. The line cut there does not count."""
    return max(0, (offset // block - 1) * block)


def second_of(line: bytes) -> int | None:
    """The first column as a number; None if it is none."""
    digits = line.partition(b"|")[0]
    return int(digits) if 0 < len(digits) <= 10 and digits.isdigit() else None


class RowIdentities:
    """Gives ids to the lines of one file in their order. Every line must be shown, those that mean nothing too."""

    def __init__(self, pbx: PbxId, block: int = BLOCK, before: Carried = NOTHING_CARRIED) -> None:
        self.before = before
        self._prefix = b"queue_log\0" + pbx.encode() + b"\0"
        self._block = block
        self._number = 0
        self._current: dict[bytes, int] = {}
        self._previous: dict[bytes, int] = {}

    def ordinal(self, line: bytes, offset: int) -> int:
        """How many equal lines came before this one, which begins at ``offset``; counts it."""
        line = line.rstrip(b"|")
        number = offset // self._block
        if number != self._number:
            self._previous = self._current if number == self._number + 1 else {}
            self._current, self._number = {}, number
        here = self._current.get(line, 0)
        self._current[line] = here + 1
        return here + self._previous.get(line, 0) + (self._before(line) if self.before.counts else 0)

    def event_id(self, line: bytes, ordinal: int) -> EventId:
        """The id of the row. Empty parameters at its end do not count: the table does not tell them."""
        return EventId(sha256(b"%b%b\0%d" % (self._prefix, line.rstrip(b"|"), ordinal)).digest()[:16])

    def carry(self) -> Carried:
        """What the file that follows has to know."""
        seconds = {line: second for line in self._lines() if (second := second_of(line)) is not None}
        newest = max(seconds.values(), default=self.before.newest)
        counts = Counter(self.before.counts if newest - self.before.newest <= CARRIED_SECONDS else {})
        for line, second in seconds.items():
            if second >= newest - CARRIED_SECONDS:
                counts[_digest(line)] += self._current.get(line, 0) + self._previous.get(line, 0)
        return Carried(newest, dict(counts))

    def _before(self, line: bytes) -> int:
        second = second_of(line)
        if second is not None and second > self.before.newest + KEPT_SECONDS:
            self.before = NOTHING_CARRIED
        return self.before.counts.get(_digest(line), 0)

    def _lines(self) -> Iterator[bytes]:
        yield from self._current
        yield from (line for line in self._previous if line not in self._current)


def _digest(line: bytes) -> str:
    return sha256(line).hexdigest()[:16]
