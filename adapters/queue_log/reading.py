"""The bytes of one queue_log file → batches. Knows no file system."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from hashlib import sha256

from adapters.queue_log.identity import BLOCK, NOTHING_CARRIED, Carried, RowIdentities, counted_from
from adapters.queue_log.lines import LineSplitter
from adapters.queue_log.meanings import SURVEY
from adapters.queue_log.translate import RowTranslator
from adapters.queue_log.twins import FileRows
from callcenter.batching import Batcher, Tally
from callcenter.domain.batches import Batch, SourceProgress
from callcenter.domain.calls.events import Noted
from callcenter.domain.errors import BadQueueLogLine
from callcenter.domain.event import Event
from callcenter.domain.ids import PbxId, Source
from callcenter.ports import Clock

LINE_TOO_LONG = "line_too_long"

_MOST_AHEAD = timedelta(days=1)
"""A row that is further in our future is told, but is no word on how far the file was read: its clock was wrong."""


class FileReading:
    """Reads one file, from its beginning or from where ``resume`` left it: then feed it the bytes from ``begin`` on.

    Those before ``resume.offset`` are counted for the ids of later rows, not told again. ``name`` stands for the file
    in errors and in the connection's name. The latter also holds a mark of the first line, so that a new file under an
    old name is another connection, whose offset begins at 0. ``checkpoint`` makes the note for a batch up to an offset.
    ``before`` is what the end of the file before told of equal rows. ``rows`` hears of every line.
    """

    def __init__(
        self,
        *,
        pbx: PbxId,
        name: str,
        batcher: Batcher,
        clock: Clock,
        checkpoint: Callable[[int], str | None] = lambda offset: None,
        resume: SourceProgress | None = None,
        before: Carried = NOTHING_CARRIED,
        rows: FileRows | None = None,
        block: int = BLOCK,
    ) -> None:
        self.tally = _tally(name, resume)
        self.last_row_at: datetime | None = None
        """The PBX's time of the newest row that was told."""
        self._name = name
        self._batcher = batcher
        self._clock = clock
        self._checkpoint = checkpoint
        self._named = resume is not None and resume.offset > 0
        self._told = self.tally.offset
        self._counted = counted_from(self._told, block)
        # One byte earlier, to see whether a line begins right there or is cut.
        self.begin = max(0, self._counted - 1)
        self._splitter = LineSplitter(self.begin)
        self._rows = rows
        self._identities = RowIdentities(pbx, block, before)
        self._translator = RowTranslator(pbx, name)
        self._closed_at = self.tally.frames
        self._latest = clock.now() + _MOST_AHEAD

    @property
    def unfinished(self) -> int:
        """Bytes of a last line whose end has not been seen."""
        return self._splitter.unfinished

    @property
    def has_news(self) -> bool:
        """Something was read or noted that no batch has told of yet."""
        return self.tally.frames > self._closed_at or len(self._batcher) > 0

    @property
    def before(self) -> Carried:
        """What still has to be known of the file before."""
        return self._identities.before

    def carry(self) -> Carried:
        """What the file that follows has to know of this one."""
        return self._identities.carry()

    def note(self, event: Event, wording: bytes) -> None:
        """Tell a fact about the log itself, with the next batch."""
        self._batcher.add((event,), wording)

    def feed(self, chunk: bytes) -> Iterator[Batch]:
        """The batches that this chunk fills; take them all. What fills none waits for more, or for `close`."""
        self._latest = self._clock.now() + _MOST_AHEAD
        for line, begin, end in self._splitter.feed(chunk):
            if self._rows is not None and line is not None and begin >= self._counted:
                self._rows.add(_without_cr(line))
            if begin >= self._told:
                self.tally.offset = end
                self._take(line, begin)
                if self._batcher.full:
                    yield self.close()
            elif line is not None and begin >= self._counted:
                self._identities.ordinal(_without_cr(line), begin)

    def close(self) -> Batch:
        """A batch of what waits, if only the progress."""
        self.tally.checkpoint = self._checkpoint(self.tally.offset)
        self._closed_at = self.tally.frames
        return self._batcher.close(self.tally.progress(), self._clock.now())

    def _take(self, line: bytes | None, begin: int) -> None:
        self.tally.frames += 1
        if line is None:
            self.tally.count_problem(LINE_TOO_LONG)
            return
        line = _without_cr(line)
        if not self._named:
            self.tally.connection, self._named = f"{self._name}#{sha256(line).hexdigest()[:8]}", True
        ordinal = self._identities.ordinal(line, begin)
        if line:
            self._tell(line, ordinal)

    def _tell(self, line: bytes, ordinal: int) -> None:
        try:
            event = self._translator.translate(line, self._identities.event_id(line, ordinal), self.tally.frames)
        except BadQueueLogLine as error:
            self.tally.count_error(error)
            return
        if event is None:
            return
        self._batcher.add((event,), line)
        if event.occurred_at <= self._latest:
            self.tally.read_to(event.occurred_at)
            self.last_row_at = event.occurred_at
        if isinstance(event, Noted) and event.name != SURVEY:
            self.tally.count_unknown(event.name)


def _without_cr(line: bytes) -> bytes:
    """A file that went through Windows holds the same rows."""
    return line.removesuffix(b"\r")


def _tally(name: str, resume: SourceProgress | None) -> Tally:
    if resume is None:
        return Tally(Source.QUEUE_LOG, name)
    return Tally(
        Source.QUEUE_LOG,
        resume.connection,
        resume.offset,
        resume.frames,
        resume.read_until,
        dict(resume.unknown),
        dict(resume.problems),
        resume.checkpoint,
    )
