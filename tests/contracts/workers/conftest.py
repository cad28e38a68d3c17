"""Every test of a worker runs on lists, on SQLite and on PostgreSQL."""

from collections.abc import AsyncIterator

import pytest

from adapters.store import open_store
from tests.support.desk import Desk, MemoryDesk, SqlDesk


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def ledger_url(request: pytest.FixtureRequest) -> str | None:
    """The address of a new database, None for lists."""
    return None if request.param == "memory" else str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
async def desk(ledger_url: str | None) -> AsyncIterator[Desk]:
    """A new desk."""
    if ledger_url is None:
        yield MemoryDesk()
        return
    async with await open_store(ledger_url) as store:
        yield SqlDesk(store)
