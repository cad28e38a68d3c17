"""What a followed log tells, over all its files: rows, how far it was read, and what is missing.

The mark says at any time where reading would go on; each batch carries it away as its checkpoint. ``told`` is the
progress of the last batch that was given: what came after it is forgotten when the log gets out of reach.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from adapters.queue_log import outages
from adapters.queue_log.checkpoint import FileMark, read_mark
from adapters.queue_log.content import Content
from adapters.queue_log.identity import NOTHING_CARRIED, Carried
from adapters.queue_log.reading import FileReading
from adapters.queue_log.source import DAMAGED, TORN_LINE
from adapters.queue_log.twins import FileRows
from callcenter.batching import Batcher
from callcenter.codec import to_microseconds
from callcenter.domain.batches import Batch, SourceProgress
from callcenter.domain.event import Event
from callcenter.domain.ids import PbxId
from callcenter.ports import Clock

UNREADABLE = "unreadable"

_WRITTEN_WITHIN = timedelta(seconds=2)
"""Asterisk takes a row's time before it waits for the file's lock; the row is in the file at most this much later."""


class Hearing:
    """The readings of one log, one after the other. ``batcher`` makes an empty one for each."""

    def __init__(
        self,
        log: Path,
        pbx: PbxId,
        clock: Clock,
        batcher: "partial[Batcher]",
        resume: SourceProgress | None,
        rows: FileRows | None,
    ) -> None:
        self._log = log
        self._pbx = pbx
        self._clock = clock
        self._new_batcher = batcher
        self._rows = rows
        self.told = resume
        self.mark = read_mark(resume.checkpoint) if resume else None
        self._content: Content | None = None
        self._begun_at: int | None = None
        self.reading = self._new_reading(resume, NOTHING_CARRIED)
        self._seen_row_at: datetime | None = resume.read_until if resume else None
        self._seen_at = clock.now()

    def begin(self, content: Content, mark: FileMark, begun_at: int | None) -> None:
        """Read a file from its beginning; its first row is of the second ``begun_at``."""
        self._begin(content, mark, None)
        self._begun_at = begun_at

    def go_on(self, content: Content, mark: FileMark) -> None:
        """Read a file from where the last batch left it."""
        self._begin(content, mark, self.told)

    def take_up(self, before: Carried) -> None:
        """What a former life had carried over from the last file that it read."""
        self.reading = self._new_reading(self.told, before)

    def give(self, batch: Batch) -> Batch:
        """The batch, whose progress is what counts from now on."""
        self.told = batch.progress
        if self._rows is not None:
            self._rows.read_to(batch.progress.read_until)
        return batch

    def close(self) -> Batch:
        """A batch of what waits, if only the progress."""
        return self.reading.close()

    def end(self) -> Batch:
        """Nothing more comes from this file."""
        mark = self.mark
        if self.reading.unfinished:
            self.reading.tally.count_problem(TORN_LINE)
        if mark and (mark.is_damaged or mark.is_copy):
            self.lose(outages.BROKEN_OFF if mark.is_damaged else outages.COPIED)
        return self.reading.close()

    def note_damage(self) -> None:
        """The rest of this packed file cannot be read; said once."""
        if self.mark and not self.mark.is_damaged:
            self.reading.tally.count_problem(DAMAGED)
            self.mark = replace(self.mark, is_damaged=True)

    def lose(self, reason: str) -> None:
        """Rows are missing from the newest one that we have on, up to the next one that we get."""
        mark = self.mark
        if mark is None:
            return
        second = mark.lost_at if mark.lost_at is not None else self._newest()
        if second is not None:
            self._note(outages.lost(self._pbx, str(self._log), second, reason), reason)
        self.mark = replace(mark, lost_at=second, heals=False)

    def hear_again(self) -> None:
        """Say so, if the log had been lost: at the same instant if nothing of it was missed, else at the next row."""
        mark = self.mark
        if mark is None or mark.lost_at is None:
            return
        if mark.heals:
            second = mark.lost_at
        elif self.reading.last_row_at is not None:
            second = max(self._begun_at or _second(self.reading.last_row_at), mark.lost_at + 1)
        else:
            return
        self._note(outages.restored(self._pbx, str(self._log), mark.lost_at, second), "heard again")
        self.mark = replace(mark, lost_at=None, heals=False)

    def out_of_reach(self, problem: str) -> Batch | None:
        """The log cannot be read for now. What was told stays so, what comes will be read later. None if nothing was
        told yet, or this has been."""
        self._content, self.mark = None, read_mark(self.told.checkpoint) if self.told else None
        self.reading = self._new_reading(self.told, NOTHING_CARRIED)
        self.reading.tally.count_problem(f"{UNREADABLE}: {problem}")
        newest = self._newest()
        if self.mark is None or newest is None or self.mark.lost_at is not None:
            return None
        self._note(outages.lost(self._pbx, str(self._log), newest, problem), problem)
        self.mark = replace(self.mark, lost_at=newest, heals=True)
        return self.reading.close()

    def forget_file(self) -> None:
        """The file turned out to be another one: go back to what was told."""
        self._content, self.mark = None, read_mark(self.told.checkpoint) if self.told else None

    def read_in_silence(self) -> None:
        """Where no row comes, time passes too, and nothing happens: the log was read up to now, by the PBX's clock.

        That clock may be minutes off ours (the file may be on another machine), so only the time that passed is taken
        from ours: when a row is seen, the PBX's clock shows its time or later, and goes on from there as ours does. So
        what is told never lies beyond the PBX's present. It may lie before it, by how late the row was seen.
        """
        now, row_at = self._clock.now(), self.reading.last_row_at
        if row_at is not None and row_at != self._seen_row_at:
            self._seen_row_at, self._seen_at = row_at, now
        if self._seen_row_at is not None:
            self.reading.tally.read_to(self._seen_row_at + (now - self._seen_at) - _WRITTEN_WITHIN)

    def _begin(self, content: Content, mark: FileMark, resume: SourceProgress | None) -> None:
        self._content, self.mark, self._begun_at = content, mark, None
        self.reading = self._new_reading(resume, mark.before)
        content.skip_to(self.reading.begin)

    def _new_reading(self, resume: SourceProgress | None, before: Carried) -> FileReading:
        return FileReading(
            pbx=self._pbx,
            name=str(self._log),
            batcher=self._new_batcher(),
            clock=self._clock,
            checkpoint=self._checkpoint,
            resume=resume,
            before=before,
            rows=self._rows,
        )

    def _checkpoint(self, offset: int) -> str | None:
        if self.mark is None:
            return self.told.checkpoint if self.told else None
        if self._content is not None:
            self.mark = self.mark.read_to(offset, self._newest(), self.reading.before, self._content)
        return self.mark.text()

    def _newest(self) -> int | None:
        row_at = self.reading.last_row_at
        return _second(row_at) if row_at is not None else self.mark.newest if self.mark else None

    def _note(self, event: Event, text: str) -> None:
        self.reading.note(event, b"(our own note) " + text.encode())


def _second(at: datetime) -> int:
    return to_microseconds(at) // 1_000_000
