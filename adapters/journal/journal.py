"""The journal of one adapter for one PBX: segments, numbered records, and when they may go.

A record that was acknowledged is there after any crash. A tail that was torn by one was not acknowledged, and is cut
off at the next start. Damage between whole records (a bad disk) costs the records it hit and no others: reading skips
it, says so, and the numbers show the hole.
"""

import fcntl
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import IO

from adapters.journal.records import Damage, Record, encode
from adapters.journal.segment import Segment, SegmentWriter, new_segment, segments_in, sync_folder
from callcenter.codec import from_microseconds, to_microseconds
from callcenter.domain.errors import StoreError

_log = logging.getLogger(__name__)

SEGMENT_BYTES = 64 * 1024 * 1024
SEGMENT_SECONDS = 3600
"""A segment is the least that can be dropped: on a quiet PBX it must not hold callers' numbers for weeks."""


@dataclass(slots=True)
class JournalInUse(StoreError):
    """Another process writes this journal."""

    folder: str


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Journal:
    """Implements the port. Blocking, like the disk: an append takes one fsync.

    ``torn_bytes`` were cut off at the start. Use `opened`.
    """

    def __init__(
        self, folder: Path, *, after_seq: int, segment_bytes: int, now: Callable[[], datetime] = _utc_now
    ) -> None:
        self._folder = folder
        self._segment_bytes = segment_bytes
        self._now = now
        segments = segments_in(folder)
        current = segments[-1] if segments else new_segment(folder, after_seq + 1)
        self.torn_bytes, first, last = current.mend()
        self._writer = SegmentWriter(current)
        if self.torn_bytes:
            _log.warning("%s: cut off a torn tail of %d bytes", current.path, self.torn_bytes)
        self._last_seq = max(last.seq if last else current.first_seq - 1, after_seq)
        self._given_seq = self._last_seq
        self._segment_began_at = from_microseconds(first.written_at) if first else None
        sync_folder(folder)

    @classmethod
    @contextmanager
    def opened(
        cls,
        folder: Path,
        *,
        after_seq: int = 0,
        segment_bytes: int = SEGMENT_BYTES,
        now: Callable[[], datetime] = _utc_now,
    ) -> Iterator["Journal"]:
        """Open a journal for writing, or begin one; numbers go on after the last record, and after ``after_seq``.

        Raises JournalInUse if another process has it, OSError if the folder cannot be written.
        """
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (folder / "lock").open("w") as lock:
            _lock(lock, folder)
            journal = cls(folder, after_seq=after_seq, segment_bytes=segment_bytes, now=now)
            try:
                yield journal
            finally:
                journal._writer.close()

    def next_seq(self) -> int:
        """The next number; each is given once."""
        self._given_seq += 1
        return self._given_seq

    def append(self, entries: Sequence[tuple[int, bytes]]) -> None:
        """Keep (seq, payload) pairs, in rising order; returns when they are durable.

        Raises OSError if they are not (no space, say): then none of them is kept.
        """
        if not entries:
            return
        numbers = [self._last_seq, *(seq for seq, _ in entries)]
        if any(later <= earlier for earlier, later in pairwise(numbers)):
            raise ValueError(f"numbers must rise: {numbers}")
        now = self._now()
        self._roll_if_due(entries[0][0], now)
        self._writer.append(b"".join(encode(seq, to_microseconds(now), payload) for seq, payload in entries))
        self._segment_began_at = self._segment_began_at or now
        self._last_seq = numbers[-1]
        self._given_seq = max(self._given_seq, self._last_seq)

    def after(self, seq: int) -> Iterator[tuple[int, bytes]]:
        """What was kept after this number, in order. Damage is skipped and logged; the numbers it took are missing."""
        segments = segments_in(self._folder)
        begin = max((n for n, segment in enumerate(segments) if segment.first_seq <= seq + 1), default=0)
        for segment in segments[begin:]:
            for record in segment.read():
                if isinstance(record, Damage):
                    _log.error("%s: bytes %d to %d are damaged", segment.path, record.start, record.end)
                elif record.seq > seq:
                    yield record.seq, record.payload

    def last(self) -> tuple[int, bytes] | None:
        """What was kept last, if it has not been dropped."""
        last: Record | None = None
        for segment in reversed(segments_in(self._folder)):
            for record in segment.read():
                last = record if isinstance(record, Record) else last
            if last:
                return last.seq, last.payload
        return None

    def drop_below(self, seq: int, *, older_than: datetime) -> int:
        """Remove segments of which every record is below ``seq`` and was written before ``older_than``.

        Returns how many. Numbers go on as before.
        """
        if self._writer.size and self._is_done_with(self._writer.segment, self._last_seq, seq, older_than):
            self._roll(self._last_seq + 1)
        segments = segments_in(self._folder)
        done = [
            segment
            for segment, following in pairwise(segments)
            if self._is_done_with(segment, following.first_seq - 1, seq, older_than)
        ]
        for segment in done:
            segment.path.unlink()
        if done:
            sync_folder(self._folder)
        return len(done)

    def _is_done_with(self, segment: Segment, last_seq: int, below: int, older_than: datetime) -> bool:
        return last_seq < below and segment.path.stat().st_mtime < older_than.timestamp()

    def _roll_if_due(self, first_seq: int, now: datetime) -> None:
        began = self._segment_began_at
        aged = began is not None and (now - began).total_seconds() >= SEGMENT_SECONDS
        if aged or self._writer.size >= self._segment_bytes:
            self._roll(first_seq)

    def _roll(self, first_seq: int) -> None:
        following = SegmentWriter(new_segment(self._folder, first_seq))
        sync_folder(self._folder)
        self._writer.close()
        self._writer = following
        self._segment_began_at = None


def _lock(file: IO[str], folder: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise JournalInUse(str(folder)) from error
