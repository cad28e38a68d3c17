"""Whole files of queue_log → batches."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from adapters.queue_log.content import Content, is_damage
from adapters.queue_log.identity import CARRIED_SECONDS, NOTHING_CARRIED, Carried, second_of
from adapters.queue_log.reading import FileReading
from callcenter.batching import RECORDED_EVENTS, Batcher
from callcenter.domain.batches import Batch
from callcenter.domain.errors import SourceUnreadable
from callcenter.domain.ids import PbxId
from callcenter.ports import Clock

ADAPTER = "queue_log"
TORN_LINE = "torn_line"
DAMAGED = "damaged_archive"

_REMEDY = "name a queue_log that this user may read"


def read_file(
    path: Path,
    *,
    pbx: PbxId,
    next_seq: Callable[[], int],
    clock: Clock,
    adapter: str = ADAPTER,
) -> Iterator[Batch]:
    """A whole file, plain or packed. The last batch may be empty: its progress tells all counts.

    A last line without its end is counted as torn, and a packed file that breaks off as damaged; what came before
    counts. Raises SourceUnreadable if there is nothing to read there.
    """
    yield from WholeFile(path, pbx=pbx, clock=clock).batches(next_seq, adapter)


class WholeFile:
    """A file that nobody writes any more. ``before`` is what `carry_into` of the file before it gave."""

    def __init__(self, path: Path, *, pbx: PbxId, clock: Clock, before: Carried = NOTHING_CARRIED) -> None:
        self._path = path
        self._pbx = pbx
        self._clock = clock
        self._before = before
        self._reading: FileReading | None = None
        self._head = b""

    def batches(self, next_seq: Callable[[], int], adapter: str) -> Iterator[Batch]:
        """As `read_file`."""
        batcher = Batcher(pbx=self._pbx, adapter=adapter, next_seq=next_seq, limit=RECORDED_EVENTS)
        reading = FileReading(
            pbx=self._pbx, name=str(self._path), batcher=batcher, clock=self._clock, before=self._before
        )
        self._reading = reading
        try:
            with closing(Content(self._path)) as file:
                self._head = file.head()
                while chunk := file.read():
                    yield from reading.feed(chunk)
        except Exception as error:
            if is_damage(error):
                reading.tally.count_problem(DAMAGED)
            elif isinstance(error, OSError):
                raise SourceUnreadable(str(self._path), error.strerror or str(error), _REMEDY) from error
            else:
                raise
        if reading.unfinished:
            reading.tally.count_problem(TORN_LINE)
        yield reading.close()

    def carry_into(self, head: bytes) -> Carried:
        """What a file that begins like this has to know of this one, once it was read.

        Nothing if it is a copy of it or of its beginning, or begins long before this one's end.
        """
        begun, shorter = second_of(head), min(len(head), len(self._head))
        if self._reading is None or begun is None or head[:shorter] == self._head[:shorter]:
            return NOTHING_CARRIED
        carried = self._reading.carry()
        return carried if begun >= carried.newest - CARRIED_SECONDS else NOTHING_CARRIED
