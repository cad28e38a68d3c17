"""A process tells that it lives, and what of it does not fare well; who hangs tells nothing."""

import asyncio
import json
import os
import socket
import time
from pathlib import Path

import pytest

from callcenter.bootstrap import heartbeat
from callcenter.bootstrap.heartbeat import ailments, beating, sign_file, tell_systemd
from callcenter.bootstrap.role import Role
from workers.runner import Health


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "EVERY_SECONDS", 0.02)
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)


async def until(file: Path, wanted: list[str]) -> None:
    async with asyncio.timeout(5):
        while ailments(file) != wanted:
            await asyncio.sleep(0.01)


async def test_it_lives_and_says_what_fails(tmp_path: Path) -> None:
    file, health = sign_file(tmp_path, [Role.METRICS]), Health()
    assert "has not begun" in ailments(file)[0]
    async with beating(file, health):
        await until(file, [])
        health.problems["queue_metrics:pbx1"] = "StoreUnavailable"
        health.problems["handle_time:pbx1"] = None
        await until(file, ["queue_metrics:pbx1: StoreUnavailable"])
        health.problems["queue_metrics:pbx1"] = None
        await until(file, [])
    assert "has ended" in ailments(file)[0]


async def test_one_that_hangs_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "STALE_SECONDS", 0.3)
    file = sign_file(tmp_path, [Role.API])
    async with beating(file, Health()):
        await until(file, [])
        time.sleep(0.4)  # noqa: ASYNC251 - the loop hangs
        assert "it hangs, or is gone" in ailments(file)[0]
        await until(file, [])


@pytest.mark.parametrize("content", [b"", b"\xff", b"[]", b"{}", b'{"at": "x", "problems": {}}', b'{"at": 1}'])
def test_a_sign_that_is_none(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "sign.json"
    file.write_bytes(content)
    assert "can be read" in ailments(file)[0]


def test_a_sign_from_long_ago(tmp_path: Path) -> None:
    file = tmp_path / "sign.json"
    file.write_text(json.dumps({"at": time.time() - 31, "problems": {}}))
    assert "31 s old" in ailments(file)[0]


async def test_work_goes_on_where_no_sign_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "health").write_text("a file where a folder should be")
    async with beating(tmp_path / "health" / "sub" / "api.json", Health()):
        await asyncio.sleep(0.1)


def test_each_role_has_a_sign_and_a_process_with_all_has_one(tmp_path: Path) -> None:
    signs = {sign_file(tmp_path, [role]) for role in Role}
    assert len(signs) == len(Role)
    assert sign_file(tmp_path, list(Role)) == tmp_path / "health" / "up.json"


class TestSystemd:
    @pytest.mark.parametrize("abstract", [False, True])
    async def test_is_told_when_ready_and_from_then_on(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, abstract: bool
    ) -> None:
        path = f"@callcenter-test-{os.getpid()}" if abstract else str(tmp_path / "notify")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind("\0" + path[1:] if abstract else path)
            manager.settimeout(5)
            monkeypatch.setenv("NOTIFY_SOCKET", path)
            async with beating(tmp_path / "sign.json", Health()):
                await asyncio.sleep(0.1)
            told = [manager.recv(100) for _ in range(4)]
            manager.setblocking(False)
            while told[-1] != b"STOPPING=1":
                told.append(manager.recv(100))
        assert (told[0], set(told[1:-1])) == (b"READY=1", {b"WATCHDOG=1"})

    def test_nobody_listens(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        for address in ("", "nonsense", str(tmp_path / "gone")):
            monkeypatch.setenv("NOTIFY_SOCKET", address)
            tell_systemd("READY=1")
