"""A real Valkey for tests: one server for the whole run, an empty key space for each test.

Use by naming it as a plugin in the conftest (`pytest_plugins = ["tests.support.valkey"]`), then ask for `valkey_url`.
"""

import asyncio
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from adapters.streams import embedded
from adapters.streams.server_binary import OLDEST, server_version


@pytest.fixture(scope="session")
def valkey_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[embedded.EmbeddedServer]:
    """The run's server, durable as in production. Plain code, so that tests of any event loop may use it."""
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        server = runner.run(embedded.start(tmp_path_factory.mktemp("valkey")))
        yield server
        runner.run(server.stop())


@pytest.fixture
def valkey_url(valkey_server: embedded.EmbeddedServer) -> str:
    """The address of the run's server, emptied."""
    with redis.Redis.from_url(valkey_server.url) as client:
        client.flushall()
    return valkey_server.url


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[embedded.EmbeddedServer]:
    """A second real server, the system's own, where there is one: what we may be pointed at instead of ours."""
    binary = shutil.which("redis-server")
    if binary is None or server_version(Path(binary)) < OLDEST:
        pytest.skip("no redis-server 7.0 or newer on PATH (Debian: redis-server); the embedded Valkey is tested")
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        options = embedded.ServerOptions(binary=Path(binary))
        server = runner.run(embedded.start(tmp_path_factory.mktemp("redis"), options))
        yield server
        runner.run(server.stop())


@pytest.fixture
def free_port() -> int:
    """A TCP port that nobody listens on, most likely for a while."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
