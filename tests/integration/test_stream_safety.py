"""A server that may lose what it acknowledged is refused, with what to set."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.streams import embedded
from adapters.streams.link import Link, connect
from adapters.streams.safety import require_safe
from adapters.streams.server import stream_server
from callcenter.domain.errors import SettingsError


@pytest.fixture
async def link(tmp_path: Path) -> AsyncIterator[Link]:
    """A server of its own, since its settings are changed."""
    async with embedded.running(tmp_path / "v") as server:
        opened = connect(server.url)
        yield opened
        await opened.close()


async def test_our_own_is_safe(link: Link) -> None:
    await require_safe(link)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("appendonly", "no"),
        ("appendfsync", "everysec"),
        ("appendfsync", "no"),
        ("no-appendfsync-on-rewrite", "yes"),
        ("maxmemory-policy", "allkeys-lru"),
    ],
)
async def test_each_unsafe_setting_is_named(link: Link, name: str, value: str) -> None:
    await link.client.config_set(name, value)
    with pytest.raises(SettingsError) as caught:
        await require_safe(link)
    assert (caught.value.file, caught.value.key) == ("CALLCENTER_REDIS_URL", "redis_url")
    assert f"{name} is {value}; set {name} " in caught.value.problem
    assert f"--{name} " in caught.value.example
    await require_safe(link, allow_unsafe=True)


async def test_all_that_is_wrong_is_said_at_once(link: Link) -> None:
    await link.client.config_set("appendfsync", "no")
    await link.client.config_set("maxmemory-policy", "volatile-ttl")
    with pytest.raises(SettingsError, match=r"appendfsync is no.*maxmemory-policy is volatile-ttl"):
        await require_safe(link)


async def test_a_replica_is_refused_even_for_throwaway_use(link: Link, valkey_server: embedded.EmbeddedServer) -> None:
    await link.client.replicaof("127.0.0.1", "1")
    with pytest.raises(SettingsError, match="replica"):
        await require_safe(link, allow_unsafe=True)


async def test_settings_that_cannot_be_read_are_not_trusted(link: Link) -> None:
    url = f"{link.address}?username=guest&password=pw"
    await link.client.acl_setuser("guest", enabled=True, passwords=["+pw"], commands=["+info", "+client", "+hello"])
    guest = connect(url)
    with pytest.raises(SettingsError, match="does not let us read its settings"):
        await require_safe(guest)
    await require_safe(guest, allow_unsafe=True)
    await guest.close()


async def test_the_systems_own_redis_is_measured_by_the_same(redis_server: embedded.EmbeddedServer) -> None:
    opened = connect(redis_server.url)
    await require_safe(opened)
    await opened.client.config_set("appendfsync", "everysec")
    try:
        with pytest.raises(SettingsError, match="appendfsync is everysec"):
            await require_safe(opened)
    finally:
        await opened.client.config_set("appendfsync", "always")
        await opened.close()


async def test_a_named_server_is_used_once_it_is_safe(link: Link, tmp_path: Path) -> None:
    async with stream_server(link.address, tmp_path / "unused") as server:
        assert await server.link.client.ping()
        await server.keep_running()
    await link.client.config_set("appendonly", "no")
    with pytest.raises(SettingsError, match="appendonly is no"):
        async with stream_server(link.address, tmp_path / "unused"):
            raise AssertionError
    async with stream_server(link.address, tmp_path / "unused", allow_unsafe=True) as server:
        assert await server.link.client.ping()
    assert not is_there(tmp_path / "unused")


async def test_no_name_means_the_embedded_one(tmp_path: Path) -> None:
    async with stream_server(None, tmp_path / "data") as server:
        keeper = asyncio.create_task(server.keep_running())
        await require_safe(server.link)
        assert server.url == f"unix://{tmp_path}/data/valkey.sock"
        keeper.cancel()


def is_there(path: Path) -> bool:
    return path.exists()
