"""Database addresses as people write them: ``sqlite:///calls.db``, ``postgresql://user:secret@host/callcenter``."""

from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from callcenter.domain.errors import SettingsError

KEY = "database_url"
SQLITE_EXAMPLE = "sqlite:////var/lib/callcenter/callcenter.db"
POSTGRESQL_EXAMPLE = "postgresql://callcenter:secret@db.example.org/callcenter"

_SQLITE = "sqlite"
_POSTGRESQL = ("postgresql", "postgres")


def database_url(url: str) -> URL:
    """The address of a database, for the drivers that we use. Raises SettingsError if it is none.

    Whoever knows which file or variable it came from fills in ``file``.
    """
    try:
        parsed = make_url(url.strip())
    except (ArgumentError, ValueError):
        raise _wrong("is no database address", POSTGRESQL_EXAMPLE) from None
    kind = parsed.drivername.partition("+")[0]
    if kind == _SQLITE:
        return _sqlite(parsed)
    if kind in _POSTGRESQL:
        return _postgresql(parsed)
    raise _wrong(f"{kind} is none of sqlite, postgresql", SQLITE_EXAMPLE)


def _sqlite(url: URL) -> URL:
    if url.host:
        raise _wrong("a path on this machine needs three slashes, or four if it begins with one", SQLITE_EXAMPLE)
    if not url.database or ":memory:" in url.database:
        raise _wrong("a database in memory would forget: name a file", SQLITE_EXAMPLE)
    path = Path(url.database).expanduser()
    if path.is_dir():
        raise _wrong(f"{path} is a folder: name a file in it", SQLITE_EXAMPLE)
    return URL.create(_SQLITE, database=str(path))


def _postgresql(url: URL) -> URL:
    if not url.database:
        raise _wrong("names no database", POSTGRESQL_EXAMPLE)
    query = dict(url.query)
    # libpq's word for it, which people know; asyncpg takes the same values under its own.
    if "sslmode" in query:
        query["ssl"] = query.pop("sslmode")
    return url.set(drivername="postgresql+asyncpg", query=query)


def _wrong(problem: str, example: str) -> SettingsError:
    return SettingsError(file="", key=KEY, problem=problem, example=example)
