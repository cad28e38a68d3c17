"""What SQLite is told about the sizes of our tables, before they have any.

Its planner, as long as nothing has been counted, takes the first column of every index to pick out ten rows. Ours is
the PBX, which picks out everything: it would then read all events to find those of one call. So each index is described
as it will be when the tables are large, where a wrong way would cost; for small tables every way is quick. (PostgreSQL
counts for itself, again and again.)
"""

from collections.abc import Iterator

from sqlalchemy import Connection, text

from adapters.store.tables import metadata

ROWS = 10_000_000
"""Rows in each table that grows with the calls."""

_SMALL = {
    "feed_adapters",
    "feed_changes",
    "feed_holes",
    "feed_progress",
    "feed_sources",
    "pbx_starts",
    "pbxs",
    "queue_settings",
    "snapshots",
    "stays",
    "unnamed",
}
"""Tables that do not; SQLite may think of them what it likes."""

_ROWS_PER_VALUE = {
    "pbx_id": ROWS,
    "kind": ROWS // 5,
    "outcome": ROWS // 8,
    "queue": ROWS // 50,
    "agent": ROWS // 500,
    "interface": ROWS // 500,
    "member": ROWS // 500,
    "subject": ROWS // 500,
    "day": ROWS // 500,
    "quarter": 500,
    "leg": 30,
}
"""How many rows have one value of a column, given those before it in the index; other columns leave A_FEW."""

_A_FEW = 4

_ROWS_OF_PARTIAL = {"is_open": 1000, "is_long": 1000, "is_unlinked": 1000, "ended_at": 1000}
"""Rows in an index over some rows only, by the column that its condition names; others hold about half of them."""


def describe_tables(connection: Connection) -> None:
    """Write what SQLite's ANALYZE would find in large tables."""
    connection.execute(text("ANALYZE sqlite_master"))  # makes the table that holds it
    connection.execute(text("DELETE FROM sqlite_stat1"))
    for table in metadata.tables.keys() - _SMALL:
        for index, figures in _indices(connection, table):
            described = {"tbl": table, "idx": index, "stat": " ".join(map(str, figures))}
            connection.execute(text("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (:tbl, :idx, :stat)"), described)
    connection.execute(text("ANALYZE sqlite_master"))  # and reads it


def _indices(connection: Connection, table: str) -> Iterator[tuple[str, list[int]]]:
    """Each index of a table with its figures: rows in all, then per value of the first column, of the first two…"""
    listed = text('SELECT name, "unique", origin, partial FROM pragma_index_list(:name)')
    columns = text("SELECT name FROM pragma_index_info(:name) ORDER BY seqno")
    for index, unique, origin, partial in connection.execute(listed, {"name": table}).all():
        rows = _partial_rows(connection, index) if partial else ROWS
        figures = [rows]
        for column in connection.execute(columns, {"name": index}).scalars():
            figures.append(min(figures[-1], _ROWS_PER_VALUE.get(column, _A_FEW)))
        if unique:
            figures[-1] = 1
        # A table that is its own index goes by its own name.
        yield (table if origin == "pk" and _is_its_index(connection, table) else index), figures


def _partial_rows(connection: Connection, index: str) -> int:
    condition = str(connection.execute(_DEFINITION, {"name": index}).scalar()).partition(" WHERE ")[2]
    return next((rows for column, rows in _ROWS_OF_PARTIAL.items() if condition.startswith(column)), ROWS // 2)


def _is_its_index(connection: Connection, table: str) -> bool:
    return "WITHOUT ROWID" in str(connection.execute(_DEFINITION, {"name": table}).scalar()).upper()


_DEFINITION = text("SELECT sql FROM sqlite_master WHERE name = :name")
