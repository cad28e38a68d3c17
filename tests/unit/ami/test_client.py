"""The live connection: began and ended, snapshots, status, refusals by the network."""

import asyncio
import logging
import shutil
import ssl
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.ami.account import AmiTiming
from adapters.ami.client import AmiClient
from adapters.ami.errors import AmiUnreachable
from adapters.ami.session import FIRST_SNAPSHOT
from adapters.ami.source import ConnectionBegan, ConnectionEnded, Received
from tests.support.ami_client import CALM, IMPATIENT, WallClock, account, connected, eventually, listening
from tests.support.ami_server import BANNER, SECRET, AmiServer, ami_server, message


async def test_a_login_is_followed_by_snapshots_and_every_connection_has_its_own_name() -> None:
    async with connected() as (server, _, listener):
        assert [action["Action"] for action in server.actions] == ["Login", "Ping", *FIRST_SNAPSHOT]
        [began] = listener.of(ConnectionBegan)
        assert began.hello.startswith(BANNER)
        assert began.hello.endswith(b"Message: Login accepted\r\n\r\n")
        received = b"".join(item.data for item in listener.of(Received))
        assert received.startswith(b"Event: FullyBooted\r\n")
        server.drop()
        await server.wait_for(FIRST_SNAPSHOT[-1], times=2)
        await listener.until(lambda: len(listener.of(ConnectionBegan)) == 2)
        kinds = [type(item).__name__ for item in listener.items if not isinstance(item, Received)]
        assert kinds == ["ConnectionBegan", "ConnectionEnded", "ConnectionBegan"]
        first, second = listener.of(ConnectionBegan)
        assert first.connection != second.connection
        assert listener.of(ConnectionEnded)[0].connection == first.connection
        assert first.at <= listener.of(ConnectionEnded)[0].at <= second.at


async def test_events_in_the_packet_of_the_login_answer_are_not_lost() -> None:
    async with ami_server() as server:
        server.after_login = message("Event: Told", "Text: at once")
        client = AmiClient(account(server), clock=WallClock(), timing=CALM)
        async with listening(client) as listener:
            await listener.until(listener.told)
            assert listener.told() == ["at once"]


async def test_the_boot_time_is_taken_from_the_uptime() -> None:
    async with connected() as (_, client, _listener):
        status = client.status
        assert status.booted_at is not None
        assert abs(datetime.now(UTC) - timedelta(seconds=3600) - status.booted_at) < timedelta(seconds=5)
        assert status.connection is not None
        assert status.problem is None


async def test_a_boot_notice_in_a_later_packet_is_heard_too() -> None:
    async with ami_server() as server:
        server.uptime = None
        client = AmiClient(account(server), clock=WallClock(), timing=AmiTiming(boot_notice_seconds=5))
        async with listening(client) as listener:
            await listener.until(lambda: listener.of(ConnectionBegan))
            server.uptime = 100
            server.say(server.booted())
            await server.wait_for("QueueStatus")
            assert client.status.booted_at is not None


async def test_an_asterisk_that_has_just_started_is_not_asked_at_once() -> None:
    async with ami_server() as server:
        server.uptime = 0
        timing = AmiTiming(ping_every_seconds=60, settled_after_seconds=0.3)
        async with listening(AmiClient(account(server), clock=WallClock(), timing=timing)):
            await server.wait_for("Login")
            await asyncio.sleep(0.15)
            assert server.sent("QueueStatus") == []
            await server.wait_for("QueueStatus")


async def test_queues_that_are_not_loaded_yet_are_asked_for_again() -> None:
    async with ami_server() as server:
        server.refuse["QueueStatus"] = "Invalid/unknown command: QueueStatus."
        async with listening(AmiClient(account(server), clock=WallClock(), timing=IMPATIENT)):
            await server.wait_for("QueueStatus", times=3)
            server.refuse.clear()
            asked = len(await server.wait_for("QueueStatus", times=4))
            await asyncio.sleep(0.3)
            assert len(server.sent("QueueStatus")) <= asked + 1


OFTEN = AmiTiming(ping_every_seconds=60, settled_after_seconds=0, snapshot_every_seconds=0.05)


async def test_queues_and_channels_are_asked_for_again_and_again() -> None:
    async with connected(OFTEN) as (server, _, _listener):
        await server.wait_for("CoreShowChannels", times=4)
        assert len(server.sent("QueueStatus")) == len(server.sent("CoreShowChannels"))


@pytest.mark.parametrize("channels", [501, -1])
async def test_a_pbx_with_many_channels_is_not_asked_for_all_of_them_again(channels: int) -> None:
    async with ami_server() as server:
        server.channels = channels
        async with listening(AmiClient(account(server), clock=WallClock(), timing=OFTEN)):
            await server.wait_for("QueueStatus", times=4)
            assert len(server.sent("CoreShowChannels")) == 1


@pytest.mark.parametrize("how", ["refuse", "mute"])
async def test_who_does_not_tell_how_many_channels_there_are_is_not_asked_for_them(how: str) -> None:
    timing = AmiTiming(ping_every_seconds=60, settled_after_seconds=0, snapshot_every_seconds=0.05, action_seconds=0.05)
    async with ami_server() as server:
        server.refuse, server.mute = ({"CoreStatus": "no"}, set()) if how == "refuse" else ({}, {"CoreStatus"})
        async with listening(AmiClient(account(server), clock=WallClock(), timing=timing)):
            await server.wait_for("QueueStatus", times=4)
            assert len(server.sent("CoreShowChannels")) == 1


async def test_who_lists_no_channels_is_not_asked_again() -> None:
    async with ami_server() as server:
        server.refuse["CoreShowChannels"] = "Permission denied"
        async with listening(AmiClient(account(server), clock=WallClock(), timing=OFTEN)):
            await server.wait_for("QueueStatus", times=4)
            assert len(server.sent("CoreShowChannels")) == 1


async def test_a_port_where_nobody_listens_is_tried_again_and_reported() -> None:
    async with ami_server() as server:
        port = server.port
    client = AmiClient(account(server), clock=WallClock(), timing=IMPATIENT, draw=lambda: 0.0)
    async with listening(client) as listener:
        await eventually(lambda: client.status.problem)
        assert isinstance(client.status.problem, AmiUnreachable)
        assert client.status.problem.port == port
        assert listener.items == []


async def test_a_server_that_talks_something_else_is_left() -> None:
    async def talk(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail ready\r\n" + b"x" * 100_000)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    address = AmiServer(port=server.sockets[0].getsockname()[1])
    client = AmiClient(account(address), clock=WallClock(), timing=IMPATIENT)
    async with listening(client) as listener:
        await eventually(lambda: client.status.problem)
        assert "no Asterisk" in str(client.status.problem)
        assert listener.items == []
    server.close()
    await server.wait_closed()


async def test_several_pbxs_are_several_clients() -> None:
    async with connected() as (one, _, first), connected() as (other, _, second):
        one.say(message("Event: Told", "Text: one"))
        other.say(message("Event: Told", "Text: other"))
        await first.until(first.told)
        await second.until(second.told)
        assert (first.told(), second.told()) == (["one"], ["other"])


async def test_tls_without_a_trusted_certificate_is_refused() -> None:
    async with ami_server() as server:
        client = AmiClient(account(server, tls=ssl.create_default_context()), clock=WallClock(), timing=IMPATIENT)
        async with listening(client) as listener:
            await eventually(lambda: client.status.problem)
            assert isinstance(client.status.problem, AmiUnreachable)
            assert listener.items == []
            assert server.actions == []


async def test_the_secret_shows_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        async with connected() as (server, client, listener):
            server.drop()
            await listener.until(lambda: len(listener.of(ConnectionBegan)) == 2)
            shown = [caplog.text, repr(client), repr(account(server)), repr(client.status), repr(listener.items)]
            shown += [repr(client._session), str(vars(account(server).tls) if account(server).tls else "")]
    assert all(SECRET not in text for text in shown)
    assert SECRET.encode() in server.heard


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl to make a certificate with")
async def test_over_tls_all_is_the_same(tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=loopback"]
    make += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    await asyncio.to_thread(subprocess.run, make, check=True, capture_output=True)
    ours = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ours.load_cert_chain(certificate, key)
    async with ami_server(ours) as server:
        theirs = ssl.create_default_context(cafile=str(certificate))
        client = AmiClient(account(server, tls=theirs), clock=WallClock(), timing=CALM)
        async with listening(client) as listener:
            await server.wait_for(FIRST_SNAPSHOT[-1])
            server.say(message("Event: Told", "Text: 张三丰") * 2000)
            await listener.until(lambda: len(listener.told()) == 2000)
            assert client.status.problem is None
