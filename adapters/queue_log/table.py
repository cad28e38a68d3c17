"""The realtime table, followed: a window is read again and again, and every row is told once.

Never "what has a higher id than the last": ids are given before they are committed, so a lower one may come later.
What a former life told comes again, with the same ids.

Where the file is followed too, the file counts: a row of the table is told only if the file has none like it
(`twins`). Asterisk does not look whether an insert succeeded, so what it wrote while the database was away is in
neither, unless it writes the file too: that time is told as a gap.
"""

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from adapters.queue_log import outages
from adapters.queue_log.identity import RowIdentities
from adapters.queue_log.table_database import TableDatabase, TableShape
from adapters.queue_log.table_rows import FIELDS, TableLine, TableRow, UnreadableTime, comes_twice, lines_of, local_time
from adapters.queue_log.translate import RowTranslator
from adapters.queue_log.twins import FileRows
from callcenter.batching import RECORDED_EVENTS, Batcher, Tally
from callcenter.domain.batches import Batch, SourceProgress
from callcenter.domain.errors import BadQueueLogLine, SourceUnreadable
from callcenter.domain.ids import EventId, PbxId, Source
from callcenter.ports import Clock

ADAPTER = "queue_log_table"
UNREADABLE_TIME = "unreadable_time"
AMBIGUOUS_HOUR = "ambiguous_hour"
PERHAPS_CUT_OFF = "perhaps_cut_off"
UNREADABLE = "unreadable"
AWAY = "the table's database was away: what was written meanwhile may be in neither"

_ROWS_AT_ONCE = 5000
_COMMITTED_WITHIN = timedelta(seconds=5)
_LONGEST_REST_SECONDS = 60.0
_BEFORE_ALL = "1970-01-02 00:00:00"


@dataclass(frozen=True, slots=True)
class TableMark:
    """The checkpoint: the second of the newest row, and since when the table is not heard."""

    newest: int | None = None
    lost_at: int | None = None


class FollowedTable:
    """Follows the table of a PBX. ``name`` stands for it in errors; ``zone`` is that of its times."""

    def __init__(
        self,
        database: TableDatabase,
        *,
        pbx: PbxId,
        name: str,
        zone: ZoneInfo,
        next_seq: Callable[[], int],
        clock: Clock,
        window: timedelta = timedelta(minutes=10),
        resume: SourceProgress | None = None,
        beside: FileRows | None = None,
    ) -> None:
        self._database = database
        self._pbx = pbx
        self._name = name
        self._zone = zone
        self._clock = clock
        self._window = window
        self._beside = beside
        self._batcher = Batcher(pbx=pbx, adapter=ADAPTER, next_seq=next_seq, limit=RECORDED_EVENTS)
        self._translator = RowTranslator(pbx, name)
        self._event_id = RowIdentities(pbx).event_id
        self._tally = _tally(name, resume)
        self._mark = _read_mark(resume.checkpoint if resume else None)
        self._shape: TableShape | None = None
        self._decided: dict[EventId, int] = {}
        self._seen_at = clock.now()

    async def follow(self, *, poll_seconds: float = 5.0, heartbeat_seconds: float = 5.0) -> AsyncGenerator[Batch]:
        """Reads for ever. When nothing came for so long, an empty batch says so."""
        now = asyncio.get_running_loop().time
        told_at, failures = now(), 0
        try:
            while True:
                try:
                    async for batch in self.read():
                        yield batch
                        told_at, failures = now(), 0
                except SourceUnreadable as error:
                    failures += 1
                    if (batch_or_none := self._out_of_reach(error.problem)) is not None:
                        yield batch_or_none
                        told_at = now()
                if now() - told_at >= heartbeat_seconds:
                    yield self._close()
                    told_at = now()
                await asyncio.sleep(_rest(poll_seconds, failures))
        finally:
            await self._database.close()

    async def read(self) -> AsyncIterator[Batch]:
        """What was not told yet, as full batches; then one with the rest, if there is any. Raises SourceUnreadable."""
        self._shape = shape = self._shape or await self._database.shape()
        since: str | None = self._since()
        while since is not None:
            rows, since = await self._page(shape, since)
            for row in list(self._undecided(lines_of(rows, self._zone))):
                self._take(row, shape)
                if self._batcher.full:
                    yield self._close()
        self._hear_again()
        self._read_in_silence()
        if len(self._batcher):
            yield self._close()

    # --- what is read ---------------------------------------------------------------------------------------------

    def _since(self) -> str:
        """The local time from which the window is read. An hour that comes twice is read as a whole."""
        if self._mark.newest is None:
            return _BEFORE_ALL
        newest = datetime.fromtimestamp(self._mark.newest, UTC)
        start, end = ((at.astimezone(self._zone)).replace(tzinfo=None) for at in (newest - self._window, newest))
        if comes_twice(start, self._zone) or comes_twice(end, self._zone):
            start = min(start, end) - timedelta(hours=2)
        return start.strftime("%Y-%m-%d %H:%M:%S")

    async def _page(self, shape: TableShape, since: str) -> tuple[list[TableRow], str | None]:
        """Some rows, whole seconds of them, and from when on the next ones are to be read; None if these are all."""
        limit = _ROWS_AT_ONCE
        while len(rows := await self._database.rows(shape, since, limit)) == limit:
            last = rows[-1].time[:19]
            whole = [row for row in rows if row.time[:19] != last]
            if whole and not self._comes_twice(last):
                return whole, last
            limit *= 2
        return rows, None

    def _comes_twice(self, time: str) -> bool:
        try:
            return comes_twice(local_time(time).replace(tzinfo=None), self._zone)
        except UnreadableTime:
            return False

    def _undecided(self, rows: Iterable[TableLine | TableRow]) -> Iterator[TableLine]:
        """Rows that were neither told before nor stand in the file just so."""
        for row in list(rows):
            if isinstance(row, TableRow):
                if (key := EventId(repr(row).encode())) not in self._decided:
                    self._decided[key] = self._mark.newest or 0
                    self._tally.count_problem(UNREADABLE_TIME)
            elif self._event_id(row.line, row.ordinal) not in self._decided:
                if self._beside is not None and self._beside.take_same(row.line, row.second):
                    self._decide(row)
                else:
                    yield row

    def _take(self, row: TableLine, shape: TableShape) -> None:
        if not self._is_ours(row):
            return
        self._decide(row)
        self._tally.frames += 1
        self._tally.offset += 1
        self._count_doubts(row, shape)
        self._tell(row.line, self._event_id(row.line, row.ordinal))

    def _is_ours(self, row: TableLine) -> bool:
        """Whether the row is to be told: always, if there is no file; else if the file is known to have no such row."""
        if self._beside is None:
            return True
        if not self._beside.tell_of(row.second):
            return False
        if self._beside.take_twin(row.line, row.second):
            self._decide(row)
            return False
        return True

    def _decide(self, row: TableLine) -> None:
        self._decided[self._event_id(row.line, row.ordinal)] = row.second
        self._mark = TableMark(max(row.second, self._mark.newest or 0), self._mark.lost_at)

    def _tell(self, line: bytes, event_id: EventId) -> None:
        try:
            event = self._translator.translate(line, event_id, self._tally.frames)
        except BadQueueLogLine as error:
            self._tally.count_error(error)
            return
        if event is not None:
            self._batcher.add((event,), line)
            self._tally.read_to(event.occurred_at)
            self._seen_at = self._clock.now()

    def _count_doubts(self, row: TableLine, shape: TableShape) -> None:
        """What a row does not tell for sure: which of two hours, and whether a value fits its column just so."""
        if row.is_ambiguous:
            self._tally.count_problem(AMBIGUOUS_HOUR)
        values = row.line.decode().split("|", len(FIELDS) + len(shape.parameters))[1:]
        for name, value in zip((*FIELDS, *shape.parameters), values, strict=False):
            if len(value) == shape.limits.get(name):
                self._tally.count_problem(f"{PERHAPS_CUT_OFF} {name}")

    # --- how far, and what is missing -----------------------------------------------------------------------------

    def _read_in_silence(self) -> None:
        """As for a file (`hearing`): where no row comes, it was read up to now, but for what is not committed."""
        if self._tally.read_until is not None and self._mark.newest is not None:
            row_at = datetime.fromtimestamp(self._mark.newest, UTC)
            self._tally.read_to(row_at + (self._clock.now() - self._seen_at) - _COMMITTED_WITHIN)

    def _out_of_reach(self, problem: str) -> Batch | None:
        """Told once, and as a gap only where no file tells the rows."""
        if self._beside is not None:
            self._tally.problems[f"{UNREADABLE}: {problem}"] = 1
            return None
        if self._mark.lost_at is not None or self._mark.newest is None:
            return None
        reached = self._tally.read_until or datetime.fromtimestamp(self._mark.newest, UTC)
        self._mark = TableMark(self._mark.newest, int(reached.timestamp()))
        lost = outages.lost(self._pbx, self._name, int(reached.timestamp()), f"{AWAY} ({problem})")
        self._batcher.add((lost,), b"(our own note) out of reach")
        return self._close()

    def _hear_again(self) -> None:
        lost_at = self._mark.lost_at
        if lost_at is None:
            return
        back = max(lost_at + 1, int(self._clock.now().timestamp()))
        self._batcher.add((outages.restored(self._pbx, self._name, lost_at, back),), b"(our own note) heard again")
        self._mark = TableMark(self._mark.newest)

    def _close(self) -> Batch:
        self._tally.checkpoint = msgspec.json.encode(self._mark).decode()
        oldest = (self._mark.newest or 0) - self._window.total_seconds() - 3 * 3600
        if len(self._decided) > 4 * _ROWS_AT_ONCE:
            self._decided = {one: second for one, second in self._decided.items() if second >= oldest}
        return self._batcher.close(self._tally.progress(), self._clock.now())


def _rest(poll_seconds: float, failures: int) -> float:
    if not failures:
        return poll_seconds
    return min(_LONGEST_REST_SECONDS, 2.0 ** min(failures, 10)) * random.uniform(0.5, 1.5)


def _read_mark(checkpoint: str | None) -> TableMark:
    try:
        return msgspec.json.decode(checkpoint or "", type=TableMark)
    except msgspec.DecodeError:
        return TableMark()


def _tally(name: str, resume: SourceProgress | None) -> Tally:
    if resume is None:
        return Tally(Source.QUEUE_LOG, name)
    return Tally(
        Source.QUEUE_LOG,
        name,
        resume.offset,
        resume.frames,
        resume.read_until,
        dict(resume.unknown),
        dict(resume.problems),
        resume.checkpoint,
    )
