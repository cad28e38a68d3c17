"""A real MariaDB for tests: one server for the whole run, on a socket of its own.

Use by naming it as a plugin in the conftest (`pytest_plugins = ["tests.support.mariadb"]`), then ask for `mariadb_url`.
"""

import getpass
import shutil
import subprocess
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

import pymysql
import pytest

from tests.support.parts import lacks

_START_SECONDS = 60
_PLACES = "/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin"
_numbers = count(1)


def _found(name: str) -> str:
    reason = f"no {name} on this machine (Debian: mariadb-server-core)"
    return shutil.which(name, path=_PLACES) or lacks("mariadb", reason)


@pytest.fixture(scope="session")
def mariadb_socket() -> Iterator[Path]:
    """The socket of the run's server, whose root needs no password."""
    server, install = _found("mariadbd"), _found("mariadb-install-db")
    with TemporaryDirectory(prefix="cc-my-") as folder:
        data, socket = Path(folder) / "data", Path(folder) / "my.sock"
        options = ["--no-defaults", f"--datadir={data}", f"--user={getpass.getuser()}"]
        making = [install, *options, "--auth-root-authentication-method=normal", "--skip-test-db"]
        subprocess.run(making, check=True, capture_output=True)
        running = subprocess.Popen(
            [server, *options, f"--socket={socket}", "--skip-networking", "--innodb-flush-log-at-trx-commit=0"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _until_ready(socket, running)
            yield socket
        finally:
            running.terminate()
            running.wait(_START_SECONDS)


@pytest.fixture
def mariadb_url(mariadb_socket: Path) -> str:
    """The address of a new database."""
    name = f"test_{next(_numbers)}"
    execute(mariadb_socket, f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
    return f"mysql://root@localhost/{name}?unix_socket={quote(str(mariadb_socket), safe='')}"


def execute(socket: Path, statement: str, database: str | None = None) -> None:
    """Do something at the server."""
    with pymysql.connect(unix_socket=str(socket), user="root", database=database, autocommit=True) as connection:
        connection.cursor().execute(statement)


def _until_ready(socket: Path, running: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not socket.exists():
        if running.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("the server did not start")
        time.sleep(0.05)
