"""Rows of the realtime table → the lines that the file has for them.

Asterisk writes the same fields to both: time, call id, queue, agent, event, and the parameters, either in one column
``data`` or in ``data1`` to ``data5``; of more than five the rest stands glued in the fifth, pipes included.

The time is the PBX's local time, unless it was told to write UTC. Where its clock was set back (the end of summer
time), an hour comes twice; which of the two a row is from is told by the order in which the rows got their ``id``, if
there is one: the first time that the local time falls by more than half an hour, the second hour began.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

FIELDS = ("callid", "queuename", "agent", "event")
PARAMETERS = ("data1", "data2", "data3", "data4", "data5")
SINGLE = "data"

_SET_BACK = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row as the database gave it: the time as text, all else as it stands."""

    time: str
    number: int
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TableLine:
    """A row as a line of the file; ``ordinal`` counts equal lines before it; an ambiguous one is of an hour that comes
    twice."""

    second: int
    line: bytes
    ordinal: int
    is_ambiguous: bool


class UnreadableTime(ValueError):
    """The time column holds no time."""


def local_time(text: str) -> datetime:
    """The time column as it stands, without a zone unless it tells one. Raises UnreadableTime."""
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise UnreadableTime(text) from error


def lines_of(rows: Iterable[TableRow], zone: ZoneInfo) -> Iterator[TableLine | TableRow]:
    """The lines of whole seconds, in the order of their seconds; a row without a time comes as it is."""
    timed: list[tuple[datetime, TableRow]] = []
    for row in rows:
        try:
            timed.append((local_time(row.time), row))
        except UnreadableTime:
            yield row
    told: Counter[bytes] = Counter()
    for second, is_ambiguous, row in sorted(_instants(timed, zone), key=lambda one: one[0]):
        line = b"%d|%b" % (second, _columns(row).encode())
        yield TableLine(second, line, told[line], is_ambiguous)
        told[line] += 1


def comes_twice(local: datetime, zone: ZoneInfo) -> bool:
    """Whether this local time is one of the hour that comes twice."""
    early, late = (local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    return early < late


def _columns(row: TableRow) -> str:
    """As the file has them, but for empty parameters at the end: how many Asterisk gave is not told. It gives one."""
    fixed, parameters = row.fields[: len(FIELDS)], "|".join(row.fields[len(FIELDS) :]).rstrip("|")
    return "|".join([*fixed, parameters])


def _instants(timed: Sequence[tuple[datetime, TableRow]], zone: ZoneInfo) -> Iterator[tuple[int, bool, TableRow]]:
    """Each row with its second since 1970, and whether its hour comes twice."""
    ambiguous = [(local, row) for local, row in timed if local.tzinfo is None and comes_twice(local, zone)]
    late, known = _after_the_clock_was_set(ambiguous), {row for _, row in ambiguous}
    for local, row in timed:
        aware = local.replace(tzinfo=zone, fold=int(row in late)) if local.tzinfo is None else local
        yield int(aware.timestamp()), row in known, row


def _after_the_clock_was_set(ambiguous: Sequence[tuple[datetime, TableRow]]) -> set[TableRow]:
    """Those of the second of the two hours."""
    late: set[TableRow] = set()
    latest: datetime | None = None
    is_late = False
    for local, row in sorted(ambiguous, key=lambda one: one[1].number):
        is_late = is_late or (latest is not None and latest - local > _SET_BACK)
        latest = local if latest is None else max(latest, local)
        if is_late:
            late.add(row)
    return late
