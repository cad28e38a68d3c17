"""Many rows in one statement, the way each driver is quickest at.

SQLite takes a list of tuples for one prepared INSERT; PostgreSQL takes COPY for what is certainly new, and whole
columns as arrays (``unnest``) where a row may be there already. Nothing else in the store knows the difference.

Events may be there already too, and are most of what is written: their keys are looked up as arrays, and what is left
is new and goes by COPY. For narrow rows that replace others (legs, marks, intervals: at most some hundreds in a
transaction) COPY into a temporary table and INSERT … SELECT from there was measured, with much scatter, at 0.4 to 1.9
times the speed of arrays up to 100 rows, 0.6 to 1.1 at 500, and 0.8 to 1.5 from 2000 on: not worth a second way.

A row is a tuple of plain values in the order of the table's columns.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Dialect, Table

from adapters.store.partitions import make_parts
from adapters.store.tables import events

Row = tuple[Any, ...]

_COPY_FROM = 100
"""Rows from which on COPY, which asks for the table's types first, is quicker than arrays."""


def is_sqlite(connection: Connection) -> bool:
    """On which of the two databases a connection is."""
    return connection.dialect.name == "sqlite"


def insert(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Store rows that are certainly not there yet."""
    if not rows:
        return
    if not is_sqlite(connection) and len(rows) >= _COPY_FROM:
        _copy(connection, table, rows)
    else:
        _run(connection, table, "", rows)


def insert_missing(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Store those rows whose key is not there yet."""
    if rows:
        _run(connection, table, " ON CONFLICT DO NOTHING", rows)


def replace(connection: Connection, table: Table, rows: Sequence[Row], *, only_if: str = "") -> None:
    """Store rows in the place of those with the same key; each key at most once.

    ``only_if`` is a condition on the row there (``table.column``) and the new one (``excluded.column``).
    """
    if rows:
        _run(connection, table, _conflict(table, only_if), rows)


def insert_events(connection: Connection, number: int, rows: Sequence[Row]) -> set[bytes]:
    """Store events, each id once, that are not there yet; returns the ids of those that are.

    Nobody else writes for this PBX meanwhile: the writer has its turn.
    """
    if is_sqlite(connection):
        return _insert_events_sqlite(connection, rows)
    instants, ids = zip(*(row[1:3] for row in rows), strict=True)
    asked = number, instants, ids, min(instants), max(instants)
    known = set(connection.exec_driver_sql(_KNOWN_EVENTS, asked).scalars())
    insert(connection, events, [row for row in rows if row[2] not in known])
    return known


_KNOWN_EVENTS = (
    "SELECT e.event_id FROM unnest($2::bigint[], $3::bytea[]) AS heard (occurred_at, event_id)"
    " JOIN events e ON e.pbx_id = $1 AND e.occurred_at = heard.occurred_at AND e.event_id = heard.event_id"
    # Which months to look into at all.
    " AND e.occurred_at BETWEEN $4 AND $5"
)


def _insert_events_sqlite(connection: Connection, rows: Sequence[Row]) -> set[bytes]:
    """SQLite numbers rows in the order of insertion: what is above the last number is new."""
    last = connection.exec_driver_sql("SELECT max(rowid) FROM events").scalar() or 0
    inserted = _run(connection, events, " ON CONFLICT DO NOTHING", rows)
    if inserted == len(rows):
        return set()
    new = connection.exec_driver_sql("SELECT event_id FROM events WHERE rowid > ?", (last,)).scalars()
    return {row[2] for row in rows}.difference(new)


def _run(connection: Connection, table: Table, conflict: str, rows: Sequence[Row]) -> int:
    """Insert; returns how many rows were stored."""
    if is_sqlite(connection):
        return connection.exec_driver_sql(_sqlite_insert(table) + conflict, list(rows)).rowcount
    make_parts(connection, table, rows)
    columns = tuple(zip(*rows, strict=True))
    return connection.exec_driver_sql(_postgres_insert(table, connection.dialect) + conflict, columns).rowcount


def _copy(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """COPY goes past SQLAlchemy to asyncpg; the transaction has begun, since its writer took its turn in it."""
    make_parts(connection, table, rows)
    driver = connection.connection.dbapi_connection
    assert driver is not None
    driver.run_async(lambda raw: raw.copy_records_to_table(table.name, records=rows, columns=_names(table)))


@lru_cache
def _names(table: Table) -> tuple[str, ...]:
    return tuple(column.name for column in table.columns if column.identity is None)


@lru_cache
def _sqlite_insert(table: Table) -> str:
    names = _names(table)
    return f"INSERT INTO {table.name} ({_listed(names)}) VALUES ({', '.join('?' * len(names))})"  # noqa: S608 (our own names)


@lru_cache
def _postgres_insert(table: Table, dialect: Dialect) -> str:
    names = _names(table)
    types = (table.c[name].type.compile(dialect=dialect) for name in names)
    arrays = ", ".join(f"${number}::{kind}[]" for number, kind in enumerate(types, start=1))
    return f"INSERT INTO {table.name} ({_listed(names)}) SELECT * FROM unnest({arrays}) AS row"  # noqa: S608 (our own names)


@lru_cache
def _conflict(table: Table, only_if: str) -> str:
    keys = [column.name for column in table.primary_key]
    kept = ", ".join(f'"{name}" = excluded."{name}"' for name in _names(table) if name not in keys)
    condition = f" WHERE {only_if}" if only_if else ""
    return f" ON CONFLICT ({_listed(keys)}) DO UPDATE SET {kept}{condition}"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
