"""Which rows the file of a PBX has, for whoever reads its table beside it: a row of both is one row.

The two do not always bear the same second: Asterisk takes the table's time before the insert and the file's after it,
and a column without fractions may round. So a row's twin has the same words and is at most a little later or earlier.
Each row of the file is the twin of one row of the table.
"""

from collections import defaultdict, deque
from datetime import datetime

from adapters.queue_log.identity import second_of

EARLIER_SECONDS = 2
LATER_SECONDS = 30
"""An insert may wait for a slow database; Asterisk waits with it."""

_KEPT_SECONDS = 3600


class FileRows:
    """The rows of the file within the last hour of it."""

    def __init__(self) -> None:
        self._seconds: dict[bytes, deque[int]] = defaultdict(deque)
        self._first: int | None = None
        self._newest = 0
        self._until: datetime | None = None

    def add(self, line: bytes) -> None:
        """A row of the file, told or read once more."""
        second = second_of(line)
        if second is None:
            return
        self._first = second if self._first is None else min(self._first, second)
        self._newest = max(self._newest, second)
        self._seconds[_words(line)].append(second)
        if len(self._seconds) > 100_000:
            self._forget()

    def read_to(self, until: datetime | None) -> None:
        """The file was read up to this instant of the PBX."""
        self._until = until or self._until

    def tell_of(self, second: int) -> bool | None:
        """Whether it can be said of a row of the table if the file has it: False if it is too old, None if not yet."""
        if self._first is None or self._until is None:
            return None
        if second < self._first + EARLIER_SECONDS:
            return False
        return True if self._until.timestamp() > second + LATER_SECONDS + EARLIER_SECONDS else None

    def take_same(self, line: bytes, second: int) -> bool:
        """Whether the file has this very row; to be asked of all rows before `take_twin` is of any."""
        return self._take(line, second, second, second)

    def take_twin(self, line: bytes, second: int) -> bool:
        """Whether the file has this row a little earlier or later; its row is no twin of another one then."""
        return self._take(line, second, second - EARLIER_SECONDS, second + LATER_SECONDS)

    def _take(self, line: bytes, second: int, first: int, last: int) -> bool:
        seconds = self._seconds.get(_words(line), deque())
        near = min((one for one in seconds if first <= one <= last), key=lambda one: abs(one - second), default=None)
        if near is not None:
            seconds.remove(near)
        return near is not None

    def _forget(self) -> None:
        oldest = self._newest - _KEPT_SECONDS
        for words, seconds in list(self._seconds.items()):
            while seconds and seconds[0] < oldest:
                seconds.popleft()
            if not seconds:
                del self._seconds[words]
        self._first = max(self._first or 0, oldest)


def _words(line: bytes) -> bytes:
    return line.partition(b"|")[2].rstrip(b"|")
