"""The queue_log that Asterisk is writing, followed through every rotation.

One file is read at a time, to its end; the next one is entered only when nothing more can come into it. What Asterisk
writes, it writes into the file that it has open, whatever its name is by now: so a file that was put aside is read on
until another one has rows, and for a second after that. Where we were away longer, the file that the checkpoint names
is found again among those that were put aside, plain or packed, and read to its end; then those that follow, in order.

A log that was copied and cut off is read to the end of its copy. What may be missing then, what was removed before it
was read, and what cannot be read for now is told as a gap (`outages`).
"""

import asyncio
import os
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import monotonic

from adapters.queue_log import outages
from adapters.queue_log.checkpoint import FileMark
from adapters.queue_log.content import Content, is_damage
from adapters.queue_log.generations import Generation, generations, place_of
from adapters.queue_log.hearing import Hearing
from adapters.queue_log.identity import CARRIED_SECONDS, NOTHING_CARRIED, Carried
from adapters.queue_log.source import ADAPTER
from adapters.queue_log.twins import FileRows
from callcenter.batching import RECORDED_EVENTS, Batcher
from callcenter.domain.batches import Batch, SourceProgress
from callcenter.domain.ids import PbxId
from callcenter.ports import Clock

LATE_SECONDS = 1.0
"""So long a file is read on after the next one has rows."""


class GrowingFile:
    """Follows the log at a path. ``resume`` is the progress of the last batch that was given, by whichever process;
    ``rows`` hears of every line."""

    def __init__(
        self,
        path: Path,
        *,
        pbx: PbxId,
        next_seq: Callable[[], int],
        clock: Clock,
        resume: SourceProgress | None = None,
        adapter: str = ADAPTER,
        late_seconds: float = LATE_SECONDS,
        rows: FileRows | None = None,
    ) -> None:
        self._path = path
        batcher = partial(Batcher, pbx=pbx, adapter=adapter, next_seq=next_seq, limit=RECORDED_EVENTS)
        self._heard = Hearing(path, pbx, clock, batcher, resume, rows)
        self._late_seconds = late_seconds
        self._file: Content | None = None
        self._leaving_since: float | None = None
        self._unreadable = False

    def poll(self) -> Iterator[Batch]:
        """What was added since the last time, up to the end of the log; nothing if nothing was. Take all of it.

        A log that is not there or cannot be read is told once and tried again; reading goes on where it was.
        """
        try:
            for batch in self._poll():
                yield self._heard.give(batch)
            self._unreadable = False
        except OSError as error:
            self.close()
            if not self._unreadable:
                self._unreadable = True
                if (told := self._heard.out_of_reach(error.strerror or str(error))) is not None:
                    yield self._heard.give(told)

    async def follow(self, *, poll_seconds: float = 1.0, heartbeat_seconds: float = 5.0) -> AsyncGenerator[Batch]:
        """Polls for ever, in threads: a file may be far away. When nothing came for so long, an empty batch says so."""
        loop = asyncio.get_running_loop()
        told_at = loop.time()
        step: asyncio.Future[Batch | None] = loop.create_future()
        step.set_result(None)
        try:
            while True:
                polled = self.poll()
                while True:
                    step = loop.run_in_executor(None, next, polled, None)
                    if (batch := await asyncio.shield(step)) is None:
                        break
                    yield batch
                    told_at = loop.time()
                if loop.time() - told_at >= heartbeat_seconds:
                    yield self.heartbeat()
                    told_at = loop.time()
                await asyncio.sleep(poll_seconds)
        finally:
            # Whoever is cancelled may leave a thread behind that still reads.
            step.add_done_callback(lambda _: self.close())

    def heartbeat(self) -> Batch:
        """A batch that tells how far the log was read, and nothing else."""
        return self._heard.give(self._heard.close())

    def close(self) -> None:
        """Let the file go. The last batch's progress tells where to go on."""
        if self._file:
            self._file.close()
        self._file = None
        self._leaving_since = None

    def _poll(self) -> Iterator[Batch]:
        if self._file is None:
            self._open()
        while self._file is not None:
            if self._is_cut_off():
                self._enter_copy()
            yield from self._read_on()
            following = [] if self._is_live() else self._following()
            if not any(one.head for one in following):
                self._heard.read_in_silence()
                return
            if not self._is_over(following):
                return
            yield from self._read_on()
            yield self._heard.end()
            self._enter(following[0])

    # --- reading --------------------------------------------------------------------------------------------------

    def _read_on(self) -> Iterator[Batch]:
        heard = self._heard
        while chunk := self._next_chunk():
            yield from heard.reading.feed(chunk)
            heard.hear_again()
        heard.hear_again()
        if heard.reading.has_news:
            heard.read_in_silence()
            yield heard.close()

    def _next_chunk(self) -> bytes:
        try:
            return b"" if self._file is None else self._file.read()
        except Exception as error:
            if not is_damage(error):
                raise
            self._heard.note_damage()
            return b""

    # --- which file -----------------------------------------------------------------------------------------------

    def _open(self) -> None:
        """Open the file where reading goes on; without any mark, the oldest that there is."""
        files, mark = generations(self._path), self._heard.mark
        if not files:
            raise FileNotFoundError(2, "No such file or directory", str(self._path))
        if mark is None:
            self._enter(files[0])
        elif (place := place_of(mark, files)) is None:
            self._enter_unread(mark, files)
        else:
            is_copy = mark.is_copy or self._was_copied(mark, files[place], files[place + 1 :])
            self._enter_again(files[place], replace(mark, is_copy=is_copy))

    def _enter(self, file: Generation) -> bool:
        """Read a file from its beginning. False if it is another one by now; then all begins anew."""
        mark, before = self._heard.mark, self._carried_into(file)
        has_rows = mark is not None and mark.offset > 0
        new = FileMark(
            device=file.device,
            inode=file.inode,
            prior=(mark.head if has_rows else mark.prior) if mark else "",
            prior_bytes=(mark.head_bytes if has_rows else mark.prior_bytes) if mark else 0,
            newest=mark.newest if mark else None,
            carried=before.counts,
            carried_newest=before.newest,
            is_packed=file.is_packed,
            is_copy=mark.is_copy and file.path != self._path if mark else False,
            lost_at=mark.lost_at if mark else None,
            heals=mark.heals if mark else False,
        )
        if (content := self._opened(file)) is not None:
            self._heard.begin(content, new, file.begun)
        return content is not None

    def _enter_again(self, file: Generation, mark: FileMark) -> bool:
        """Read on where the mark says."""
        if (content := self._opened(file)) is not None:
            new = replace(mark, device=file.device, inode=file.inode, is_packed=file.is_packed)
            self._heard.go_on(content, new)
        return content is not None

    def _enter_unread(self, mark: FileMark, files: Sequence[Generation]) -> None:
        """Our file is gone, or had no rows yet: go on with the first that may hold rows that we have not read."""
        ours = mark.device, mark.inode
        prior = [place for place, one in enumerate(files) if mark.came_after(one.head)]
        if not mark.offset and prior:
            self._heard.take_up(mark.before)
            unread = files[prior[-1] + 1 :]
        else:
            unread = self._may_be_unread(files)
        first = next(iter(unread), files[-1])
        if not mark.offset and (first.device, first.inode) == ours:
            self._enter_again(first, mark)
        elif self._enter(first) and mark.offset:
            is_same = (files[-1].device, files[-1].inode) == ours
            self._heard.lose(outages.CUT_OFF if is_same else outages.REMOVED)

    def _enter_copy(self) -> None:
        """Our file was cut off: read the rest of what was in it from a copy, if there is one."""
        mark = self._heard.mark
        *aside, live = generations(self._path)
        copies = [one for one in aside if mark and one.could_hold(mark)]
        if copies and mark:
            self._enter_again(copies[-1], replace(mark, is_copy=True))
        elif self._enter(live):
            self._heard.lose(outages.CUT_OFF)

    def _opened(self, file: Generation) -> Content | None:
        """The file; None if it was rotated since it was seen."""
        self.close()
        content = Content(file.path)
        if not file.is_file(content.status):
            content.close()
            self._heard.forget_file()
            return None
        self._file = content
        return content

    def _following(self) -> list[Generation]:
        """The files after ours."""
        assert self._file is not None
        files, status, mark = generations(self._path), self._file.status, self._heard.mark
        place = next((n for n, one in enumerate(files) if one.is_file(status)), None)
        if place is None and mark is not None:
            place = place_of(mark, files)
        return self._may_be_unread(files) if place is None else files[place + 1 :]

    def _may_be_unread(self, files: Sequence[Generation]) -> list[Generation]:
        """Where our file is gone: what was begun after its newest row, and what is being written."""
        newest = self._heard.mark.newest if self._heard.mark else None
        return [one for one in files if one.path == self._path or newest is None or (one.begun or 0) >= newest - 1]

    def _is_live(self) -> bool:
        """Nothing else stands at the path."""
        assert self._file is not None
        try:
            there = self._path.stat()
        except FileNotFoundError:
            return False
        return os.path.samestat(there, self._file.status)

    def _is_over(self, following: Sequence[Generation]) -> bool:
        """Nothing more can come into our file: another one has had rows for a while, by its own clock or by ours."""
        assert self._file is not None
        if self._file.is_packed:
            return True
        later = max(one.modified_at for one in following if one.head)
        if later - self._file.status.st_mtime_ns >= self._late_seconds * 1e9:
            return True
        self._leaving_since = self._leaving_since or monotonic()
        return monotonic() - self._leaving_since >= self._late_seconds

    def _is_cut_off(self) -> bool:
        """Our file is shorter than it was, or begins with other rows."""
        mark = self._heard.mark
        if self._file is None or mark is None or self._file.is_packed:
            return False
        if self._file.status.st_size < self._file.position:
            return True
        return mark.head_bytes > 0 and not mark.begins(self._file.head(mark.head_bytes))

    def _was_copied(self, mark: FileMark, found: Generation, following: Sequence[Generation]) -> bool:
        """What we read stands in another file now, so it was copied; or it was packed, but our inode still stands at
        the path right after it, so what was packed was a copy. Of several that were packed while we were away, the
        inode proves nothing: it may have been given again."""
        ours = (mark.device, mark.inode)
        if (found.device, found.inode) == ours or mark.is_packed:
            return False
        if not found.is_packed:
            return True
        after = next((one for one in following if one.head or one.path == self._path), None)
        return after is not None and after.path == self._path and (after.device, after.inode) == ours

    def _carried_into(self, file: Generation) -> Carried:
        """What our file tells the next one about equal rows; nothing if the next one may hold the same rows again."""
        mark, carried = self._heard.mark, self._heard.reading.carry()
        if not file.head:
            return carried
        follows = file.begun is not None and file.begun >= carried.newest - CARRIED_SECONDS
        return carried if follows and mark is not None and not mark.begins(file.head) else NOTHING_CARRIED
