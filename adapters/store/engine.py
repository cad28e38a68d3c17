"""Which database it is. All SQL of the store is written as ordinary functions, which both run."""

from sqlalchemy import URL

from adapters.store.postgres import PostgresDatabase
from adapters.store.sqlite import SqliteDatabase
from adapters.store.transactions import Database
from callcenter.settings import DatabaseLimits


def connect(url: URL, limits: DatabaseLimits | None) -> Database:
    """The database at an address that `database_url` gave; with limits None everything takes what it takes."""
    return SqliteDatabase(url, limits) if url.get_backend_name() == "sqlite" else PostgresDatabase(url, limits)
