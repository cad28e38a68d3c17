"""Loopback only, by address and by name; and the headers of every answer."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from callcenter.api import guards
from callcenter.api.app import serve
from callcenter.api.guards import SECURITY_HEADERS, check_bind, is_loopback
from callcenter.domain.errors import SettingsError
from tests.support.api import ApiUnderTest, running_api


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[ApiUnderTest]:
    (tmp_path / "index.html").write_text("<!doctype html><title>callcenter</title>")
    (tmp_path / "app.js").write_text("export {};")
    async with running_api(page=tmp_path) as api:
        yield api


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "LOCALHOST", "127.0.0.53", "localhost."])
def test_this_machine_is_loopback(host: str) -> None:
    assert is_loopback(host)
    check_bind(host, file="f", key="api_host")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "10.0.0.5", "example.com", "127.0.0.1.example.com", "127.1"])
def test_everything_else_is_refused_with_a_clear_message(host: str) -> None:
    with pytest.raises(SettingsError) as caught:
        check_bind(host, file="config.toml", key="api_host")
    assert (caught.value.file, caught.value.key) == ("config.toml", "api_host")
    assert "no log-in" in caught.value.problem
    assert "127.0.0.1" in caught.value.example


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "172.18.0.3"])
def test_a_container_whose_port_is_published_on_loopback_only(
    host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = tmp_path / ".containerenv"
    monkeypatch.setattr(guards, "CONTAINER_MARKS", (str(mark),))
    with pytest.raises(SettingsError, match="this is none") as caught:
        check_bind(host, file="settings", key="api_host", published=True)
    assert caught.value.key == "api_published_on_loopback"
    mark.touch()
    check_bind(host, file="settings", key="api_host", published=True)
    with pytest.raises(SettingsError, match="no log-in"):
        check_bind(host, file="settings", key="api_host")


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "a@127.0.0.1", "127.0.0.1.evil.example", "x y", ""]
)
async def test_requests_to_another_name_are_refused(api: ApiUnderTest, host: str) -> None:
    for path in ("/api/v1/live", "/api/v1/live/events", "/", "/metrics"):
        async with api.client.get(api.url + path, headers={"Host": host}) as answer:
            assert answer.status == 421
            assert answer.content_type == "application/problem+json"


@pytest.mark.parametrize("host", ["localhost:8765", "127.0.0.1", "[::1]:8765"])
async def test_requests_to_a_loopback_name_are_answered(api: ApiUnderTest, host: str) -> None:
    async with api.client.get(api.url + "/healthz", headers={"Host": host}) as answer:
        assert answer.status == 200


@pytest.mark.parametrize("path", ["/", "/app.js", "/api/v1/live", "/nowhere", "/api/v1/visits?limit=0", "/metrics"])
async def test_every_answer_bears_the_guards(api: ApiUnderTest, path: str) -> None:
    async with api.client.get(api.url + path) as answer:
        assert {name: answer.headers[name] for name in SECURITY_HEADERS} == SECURITY_HEADERS
        assert "Server" not in answer.headers
        kept = "no-cache" if path in ("/", "/app.js") else "no-store"
        assert answer.headers["Cache-Control"] == kept


async def test_the_policy_lets_nothing_foreign_in(api: ApiUnderTest) -> None:
    policy = dict(part.strip().split(" ", 1) for part in SECURITY_HEADERS["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == policy["script-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"


async def test_the_page_is_served_by_tag(api: ApiUnderTest) -> None:
    async with api.client.get(api.url + "/") as answer:
        assert answer.content_type == "text/html"
        assert "callcenter" in await answer.text()
        tag = answer.headers["ETag"]
    async with api.client.get(api.url + "/index.html", headers={"If-None-Match": tag}) as again:
        assert again.status == 304
        assert await again.read() == b""


@pytest.mark.parametrize("path", ["/../pyproject.toml", "/..%2fpyproject.toml", "/%2e%2e/pyproject.toml", "/app.js/"])
async def test_nothing_outside_the_page_exists(api: ApiUnderTest, path: str) -> None:
    status, problem = await api.get(path)
    assert status == 404
    assert problem["type"].endswith("no_such_address")


async def test_the_service_does_not_listen_elsewhere() -> None:
    with pytest.raises(SettingsError):
        async with serve(web.Application(), "0.0.0.0", 0):
            pytest.fail("it listens")
