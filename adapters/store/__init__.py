"""The SQL store behind the ports `Ledger`, `Archive` and `People`, on SQLite or PostgreSQL.

`open_store` makes or updates the tables and gives both; everything else here is how.
"""

from types import TracebackType
from typing import Self

from adapters.store.archive import SqlArchive
from adapters.store.engine import connect
from adapters.store.ledger import SqlLedger
from adapters.store.migrate import migrate
from adapters.store.people import SqlPeople
from adapters.store.transactions import Database
from adapters.store.urls import database_url
from callcenter.settings import DatabaseLimits

DEFAULT_LIMITS = DatabaseLimits()

__all__ = ["Store", "open_store"]


class Store:
    """An open database: ``ledger`` for the workers, ``archive`` for readers, ``people`` for the directory."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.ledger = SqlLedger(database)
        self.archive = SqlArchive(database)
        self.people = SqlPeople(database)

    async def close(self) -> None:
        """End all connections."""
        await self._database.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


async def open_store(url: str, limits: DatabaseLimits = DEFAULT_LIMITS) -> Store:
    """The store at an address such as ``sqlite:///calls.db`` or ``postgresql://user:secret@host/callcenter``.

    Makes the tables, or brings them up to date; processes that do so at once wait for each other. Raises SettingsError
    for an address that is none, StoreUnavailable where nothing answers, StoreRefused for a database of a newer version.
    """
    address = database_url(url)
    # Without limits: a step over a large table takes what it takes, and so do those who wait for it.
    database = connect(address, None)
    try:
        await migrate(database)
    finally:
        await database.close()
    return Store(connect(address, limits))
