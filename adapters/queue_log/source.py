"""Files of queue_log → batches: a file as a whole, and the file that Asterisk is writing."""

import asyncio
import gzip
import os
import zlib
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from io import BufferedIOBase, BufferedReader, FileIO
from pathlib import Path

from adapters.queue_log.checkpoint import NO_MARK, mark, read_mark
from adapters.queue_log.reading import FileReading
from callcenter.batching import RECORDED_EVENTS, Batcher
from callcenter.domain.batches import Batch, SourceProgress
from callcenter.domain.errors import SourceUnreadable
from callcenter.domain.ids import PbxId
from callcenter.ports import Clock

ADAPTER = "queue_log"
TORN_LINE = "torn_line"
DAMAGED_GZIP = "damaged_gzip"
UNREADABLE = "unreadable"

_REMEDY = "name a queue_log that this user may read"
_CHUNK = 256 * 1024
_GZIP_MAGIC = b"\x1f\x8b"
_WRITTEN_WITHIN = timedelta(seconds=2)
"""Asterisk takes a row's time before it waits for the file's lock; the row is in the file at most this much later."""


def read_file(
    path: Path, *, pbx: PbxId, next_seq: Callable[[], int], clock: Clock, adapter: str = ADAPTER
) -> Iterator[Batch]:
    """A whole file, plain or gzipped. The last batch may be empty: its progress tells all counts.

    A last line without its end is counted as torn, and a gzip that breaks off as damaged; what came before counts.
    Raises SourceUnreadable if there is nothing to read there.
    """
    batcher = Batcher(pbx=pbx, adapter=adapter, next_seq=next_seq, limit=RECORDED_EVENTS)
    reading = FileReading(pbx=pbx, name=str(path), batcher=batcher, clock=clock)
    try:
        with path.open("rb") as plain, _unpacked(plain) as file:
            # read1 gives what a broken gzip still held; read would raise instead.
            while chunk := file.read1(_CHUNK):
                yield from reading.feed(chunk)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        reading.tally.count_problem(DAMAGED_GZIP)
    except OSError as error:
        raise SourceUnreadable(str(path), error.strerror or str(error), _REMEDY) from error
    if reading.unfinished:
        reading.tally.count_problem(TORN_LINE)
    yield reading.close()


class GrowingFile:
    """The queue_log that Asterisk is writing: reads what was added, begins anew when another file takes its place."""

    def __init__(
        self,
        path: Path,
        *,
        pbx: PbxId,
        next_seq: Callable[[], int],
        clock: Clock,
        resume: SourceProgress | None = None,
        adapter: str = ADAPTER,
    ) -> None:
        self._path = path
        self._clock = clock
        batcher = Batcher(pbx=pbx, adapter=adapter, next_seq=next_seq, limit=RECORDED_EVENTS)
        self._new_reading = partial(
            FileReading, pbx=pbx, name=str(path), batcher=batcher, clock=clock, checkpoint=self._checkpoint
        )
        self._resume = resume
        self._file: FileIO | None = None
        self._mark = NO_MARK
        self._reading = self._new_reading()
        self._unreadable = False
        self._seen_row_at: datetime | None = resume.read_until if resume else None
        self._seen_at = clock.now()

    def poll(self) -> Iterator[Batch]:
        """What was added since the last time, up to the end of the file; nothing if nothing was. Take all of it.

        A file that is not there or may not be read is counted and tried again. Raises SourceUnreadable if a read fails.
        """
        try:
            if self._rewritten():
                self.close()
            yield from self._read_on()
            if self._moved():
                # Rows may have gone into the old file until the very moment of its end.
                yield from self._read_on()
                self.close()
                yield from self._read_on()
        except OSError as error:
            raise SourceUnreadable(str(self._path), error.strerror or str(error), _REMEDY) from error

    async def follow(self, *, poll_seconds: float = 1.0, heartbeat_seconds: float = 5.0) -> AsyncGenerator[Batch]:
        """Polls for ever. When nothing came for so long, a batch without events says so."""
        now = asyncio.get_running_loop().time
        told_at = now()
        try:
            while True:
                for batch in self.poll():
                    yield batch
                    told_at = now()
                if now() - told_at >= heartbeat_seconds:
                    yield self._reading.close()
                    told_at = now()
                await asyncio.sleep(poll_seconds)
        finally:
            self.close()

    def close(self) -> None:
        """Let the file go. The last batch's progress tells where to go on."""
        if self._file:
            self._file.close()
        self._file = None

    def _opened(self) -> bool:
        """Open what stands at the path: where it was left if it is the file that we know, else at its beginning."""
        if self._file:
            return True
        try:
            self._file = file = FileIO(self._path)
        except OSError as error:
            self._count_unreadable(error)
            return False
        known = read_mark(self._resume.checkpoint) if self._resume else NO_MARK
        self._reading = self._new_reading(resume=self._resume if known.is_of(file.fileno()) else None)
        self._resume, self._mark, self._unreadable = None, known, False
        file.seek(self._reading.begin)
        return True

    def _read_on(self) -> Iterator[Batch]:
        if not self._opened():
            return
        while self._file and (chunk := self._file.read(_CHUNK)):
            yield from self._reading.feed(chunk)
        self._read_in_silence()
        if self._reading.has_news:
            yield self._reading.close()

    def _read_in_silence(self) -> None:
        """Where no row comes, time passes too, and nothing happens: the file was read up to now, by the PBX's clock.

        That clock may be minutes off ours (the file may be on another machine), so only the time that passed is taken
        from ours: when a row is seen, the PBX's clock shows its time or later, and goes on from there as ours does. So
        what is told never lies beyond the PBX's present. It may lie before it, by how late the row was seen.
        """
        now, row_at = self._clock.now(), self._reading.last_row_at
        if row_at is not None and row_at != self._seen_row_at:
            self._seen_row_at, self._seen_at = row_at, now
        if self._seen_row_at is not None:
            self._reading.tally.read_to(self._seen_row_at + (now - self._seen_at) - _WRITTEN_WITHIN)

    def _rewritten(self) -> bool:
        """Our file was cut off, or begins with other rows than before."""
        if not self._file:
            return False
        if os.fstat(self._file.fileno()).st_size < self._file.tell():
            return True
        return self._mark is not NO_MARK and not self._mark.is_of(self._file.fileno())

    def _moved(self) -> bool:
        """Another file stands at the path. If none does, Asterisk will make one."""
        if not self._file:
            return False
        try:
            there = self._path.stat()
        except FileNotFoundError:
            return False
        return not os.path.samestat(there, os.fstat(self._file.fileno()))

    def _checkpoint(self, offset: int) -> str | None:
        if not self._file:
            return None
        self._mark = self._mark.moved_to(offset) if self._mark.has_whole_head else mark(self._file.fileno(), offset)
        return self._mark.text()

    def _count_unreadable(self, error: OSError) -> None:
        """Once, and again only after it could be read."""
        if not self._unreadable:
            self._reading.tally.count_problem(f"{UNREADABLE}: {error.strerror}")
        self._unreadable = True


@contextmanager
def _unpacked(file: BufferedReader) -> Iterator[BufferedIOBase]:
    """The file itself, or what is packed in it; known by its first bytes, whatever its name."""
    packed = file.read(len(_GZIP_MAGIC)) == _GZIP_MAGIC
    file.seek(0)
    if not packed:
        yield file
        return
    with gzip.open(file) as unpacked:
        yield unpacked
