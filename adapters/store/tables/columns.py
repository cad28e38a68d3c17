"""The kinds of columns, and the catalogue that all tables are in.

Instants are whole microseconds since 1970 (`codec.to_microseconds`): exact, quick, and the same on every database.
"""

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, LargeBinary, MetaData, Text
from sqlalchemy import text as sql

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite numbers rows by itself only where the type is INTEGER.
SERIAL = BigInteger().with_variant(Integer, "sqlite")


MONTHS_OF = "months of"
"""In a table's ``info``: the column by whose months PostgreSQL keeps it in parts (`partitions.py`)."""


def monthly(column: str) -> dict[str, Any]:
    """Options of a table that PostgreSQL keeps in parts by the months of this column."""
    return {"postgresql_partition_by": f"RANGE ({column})", "info": {MONTHS_OF: column}}


def pbx() -> Column[int]:
    """The PBX, unchecked: for tables that take every event or call."""
    return Column("pbx_id", Integer, nullable=False)


def known_pbx() -> Column[int]:
    """The PBX, checked."""
    return Column("pbx_id", Integer, ForeignKey("pbxs.id"), nullable=False)


def text(name: str, *, nullable: bool = False) -> Column[str]:
    """Text that `text.storable` has passed; a key, if `text.key` has."""
    return Column(name, Text, nullable=nullable)


def integer(name: str, *, nullable: bool = False) -> Column[int]:
    """A small whole number."""
    return Column(name, Integer, nullable=nullable)


def big(name: str, *, nullable: bool = False) -> Column[int]:
    """A whole number of 64 bits."""
    return Column(name, BigInteger, nullable=nullable)


def instant(name: str, *, nullable: bool = False) -> Column[int]:
    """Microseconds since 1970, UTC."""
    return Column(name, BigInteger, nullable=nullable)


def blob(name: str, *, nullable: bool = False) -> Column[bytes]:
    """Bytes."""
    return Column(name, LargeBinary, nullable=nullable)


def flag(name: str) -> Column[bool]:
    """Yes or no."""
    return Column(name, Boolean(create_constraint=False), nullable=False)


def partial_index(name: str, *columns: Column[object] | str, where: str) -> Index:
    """An index of some rows."""
    return Index(name, *columns, sqlite_where=sql(where), postgresql_where=sql(where))


def flagged_index(name: str, *columns: Column[object] | str, flag: str) -> Index:
    """An index of the rows whose flag is set."""
    # As SQLAlchemy writes the question on either database: an index is only taken where the words are the same.
    return Index(name, *columns, sqlite_where=sql(f"{flag} = 1"), postgresql_where=sql(flag))
