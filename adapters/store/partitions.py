"""Months: on PostgreSQL the tables that grow with time are kept in parts of a month each. SQLite has one table each.

Which: `events`, which are most of all rows, and the interval rows, of which reports read a stretch of time. Their keys
hold the time. Calls are found by id and by leg, in each transaction of the recorder, and their rows are a tenth of the
events: parts would make every one of these searches as many as there are months. Wordings are found by number, and what
is erased of them makes room for new ones, which a part of its own would keep to itself.

A part is made when the first row of its month comes, in the transaction of that row: nothing has to be made ahead, and
a clock that is wrong by years finds its place too. Making one neither waits for readers and writers of the table nor
stops them, which is why there is no DEFAULT part: to add a part beside it, PostgreSQL would have to lock and search it.
Two parts hold what no clock should say, before 2000 and from 2100 on.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Table

from adapters.store.tables import agent_intervals, events, queue_intervals
from adapters.store.tables.columns import MONTHS_OF
from callcenter.codec import to_microseconds

MONTHLY = (events, queue_intervals, agent_intervals)
"""The tables in parts."""

_TIMES = {table: table.columns.keys().index(table.info[MONTHS_OF]) for table in MONTHLY}
"""Where a row of each of them has its time."""

_LOCK = 4_775_204_281_736_222
"""An advisory lock that nobody else takes: who makes parts makes them alone."""

_DAY = timedelta(days=1) // timedelta(microseconds=1)
_FIRST, _END = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
_FIRST_DAY, _END_DAY = to_microseconds(_FIRST) // _DAY, to_microseconds(_END) // _DAY


@dataclass(frozen=True, slots=True, order=True)
class Part:
    """A stretch of time: ``first`` to, not including, ``end`` (microseconds, None: no bound)."""

    name: str
    first: int | None
    end: int | None


BEFORE = Part("before_2000", None, to_microseconds(_FIRST))
AFTER = Part("from_2100", to_microseconds(_END), None)


_PART = re.compile(rf"({'|'.join(table.name for table in MONTHLY)})_(\d{{4}}_\d\d|{BEFORE.name}|{AFTER.name})")


def parts_of(instants: Iterable[int]) -> set[Part]:
    """The parts that rows of these instants belong to."""
    return {_part_of(day) for day in {at // _DAY for at in instants}}


def make_parts(connection: Connection, table: Table, rows: Sequence[Sequence[Any]]) -> None:
    """Make the parts of a monthly table that these rows need and that are not there yet.

    The server is asked each time: to remember would be wrong after a transaction that made a part was undone, and to
    ask costs a tenth of a millisecond in a transaction that waits for the disk.
    """
    column = _TIMES.get(table)
    if column is None:
        return
    wanted = {f"{table.name}_{part.name}": part for part in parts_of(row[column] for row in rows)}
    if _missing(connection, table, wanted):
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock($1)", (_LOCK,))
        for name in _missing(connection, table, wanted):  # somebody may have made it while we waited
            _make(connection, table, name, wanted[name])


def is_part(name: str) -> bool:
    """Whether a table of this name is a part of another."""
    return _PART.fullmatch(name) is not None


def _part_of(day: int) -> Part:
    if day < _FIRST_DAY:
        return BEFORE
    if day >= _END_DAY:
        return AFTER
    first = datetime.fromtimestamp(day * 86400, UTC).replace(day=1)
    end = (first + timedelta(days=31)).replace(day=1)
    return Part(f"{first:%Y_%m}", to_microseconds(first), to_microseconds(end))


def _missing(connection: Connection, table: Table, wanted: Iterable[str]) -> list[str]:
    return list(connection.exec_driver_sql(_MISSING, (sorted(wanted), table.name)).scalars())


# By the catalogue's rows: `to_regclass` answers from a cache, which may not know yet what another has just committed.
_MISSING = (
    "SELECT name FROM unnest($1::text[]) AS name WHERE NOT EXISTS (SELECT FROM pg_inherits i JOIN pg_class c"
    " ON c.oid = i.inhrelid WHERE i.inhparent = $2::text::regclass AND c.relname = name)"
)


def _make(connection: Connection, table: Table, name: str, part: Part) -> None:
    """Made apart and then attached: to make it as a part at once would wait for everybody who reads the table."""
    first = "MINVALUE" if part.first is None else part.first
    end = "MAXVALUE" if part.end is None else part.end
    connection.exec_driver_sql(f"CREATE TABLE {name} (LIKE {table.name} INCLUDING DEFAULTS)")
    attached = f"ALTER TABLE {table.name} ATTACH PARTITION {name} FOR VALUES FROM ({first}) TO ({end})"
    connection.exec_driver_sql(attached)
