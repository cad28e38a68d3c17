"""One test, at least, for each defect that panoramisk was seen to have: its numbers are those of our list of them.

Everything runs against a real TCP server on loopback.
"""

import asyncio
import logging
from contextlib import aclosing
from typing import Any

import pytest

from adapters.ami.account import AmiAccount
from adapters.ami.client import AmiClient
from adapters.ami.errors import AmiDisconnected, AmiLoginRejected
from adapters.ami.session import FIRST_SNAPSHOT, ActionState
from adapters.ami.source import ConnectionBegan, ConnectionEnded, Received
from callcenter.domain.errors import BadRequest
from callcenter.domain.ids import PbxId
from tests.support.ami_client import CALM, IMPATIENT, WallClock, account, connected, eventually, listening
from tests.support.ami_server import USERNAME, ami_server, message

# --- 1: text over packet borders -------------------------------------------------------------------------------------


async def test_names_survive_any_packet_border() -> None:
    async with connected() as (server, _, listener):
        for byte in message("Event: Told", "Text: 张三丰 投诉队列"):
            server.say(bytes([byte]))
            await asyncio.sleep(0.001)
        await listener.until(listener.told)
        assert listener.told() == ["张三丰 投诉队列"]


# --- 2: what a reader does wrong stays with the reader ---------------------------------------------------------------


async def fail_at_the_first_bytes(client: AmiClient) -> None:
    async with aclosing(client.items()) as items:
        async for item in items:
            if isinstance(item, Received):
                raise ZeroDivisionError


async def test_a_reader_that_fails_ends_its_own_connection_and_raises_nothing_into_the_loop() -> None:
    complaints: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    try:
        async with ami_server() as server:
            client = AmiClient(account(server), clock=WallClock(), timing=CALM)
            with pytest.raises(ZeroDivisionError):
                await fail_at_the_first_bytes(client)
            assert client.status.connection is None
    finally:
        asyncio.get_running_loop().set_exception_handler(None)
    assert complaints == []


async def test_messages_that_fit_nothing_do_not_end_the_connection() -> None:
    async with connected() as (server, client, listener):
        server.say(
            message("Response: Success", "ActionID: cc-nobody-asked", "Message: Originate successfully queued")
            + message("Response: Success")
            + message("ActionID: 1")
            + b"\x00\xff garbage\r\n\r\n\r\n\r\n"
            + message("Event: Shutdown", "Shutdown: Cleanly")
            + message("Event: Told", "Text: after it all")
        )
        await listener.until(listener.told)
        assert (await client.act("Ping", {})).state is ActionState.DONE
        assert server.logins == 1


# --- 3: nothing is sent twice ----------------------------------------------------------------------------------------


async def test_an_unanswered_action_is_unknown_and_never_sent_again() -> None:
    async with connected() as (server, client, listener):
        server.mute.add("QueueAdd")
        adding = asyncio.create_task(client.act("QueueAdd", {"Queue": "sales", "Interface": "PJSIP/1001"}))
        await server.wait_for("QueueAdd")
        server.drop()
        outcome = await adding
        assert outcome.state is ActionState.UNKNOWN
        server.mute.clear()
        await server.wait_for(FIRST_SNAPSHOT[-1], times=2)
        await listener.until(lambda: len(listener.of(ConnectionBegan)) == 2)
        assert server.logins == 2
        assert len(server.sent("QueueAdd")) == 1


async def test_without_a_connection_an_action_is_not_kept_for_later() -> None:
    async with connected() as (server, client, listener):
        server.mute.add("Login")
        server.drop()
        await listener.until(lambda: listener.of(ConnectionEnded))
        with pytest.raises(AmiDisconnected):
            await client.act("QueueAdd", {"Queue": "sales", "Interface": "PJSIP/1001"})
        assert server.sent("QueueAdd") == []


# --- 4: one value is one value ---------------------------------------------------------------------------------------


async def test_line_breaks_never_reach_the_socket() -> None:
    async with connected() as (server, client, _):
        for bad in ("Lunch\r\nAction: Command", "Ann\nPaused: true", "a\x00b"):
            with pytest.raises(BadRequest):
                await client.act("QueuePause", {"Interface": "PJSIP/1001", "Reason": bad})
        assert (await client.act("QueuePause", {"Interface": "PJSIP/1001", "Reason": "午餐"})).state is ActionState.DONE
        assert [action["Reason"] for action in server.sent("QueuePause")] == ["午餐"]
        assert b"Command" not in server.heard


def test_an_account_that_could_inject_is_refused_before_anything_is_sent() -> None:
    evil = AmiAccount(pbx=PbxId("pbx"), host="127.0.0.1", username="a", secret="x\r\nAction: Command")
    with pytest.raises(BadRequest) as caught:
        AmiClient(evil, clock=WallClock())
    assert (caught.value.field, "Command" in str(caught.value)) == ("Secret", False)


# --- 5: a peer that does not answer ----------------------------------------------------------------------------------


async def test_a_peer_that_falls_silent_is_left_and_nothing_leaks() -> None:
    async with connected(IMPATIENT) as (server, client, listener):
        server.mute.add("Ping")
        await listener.until(lambda: listener.of(ConnectionEnded))
        [ended] = listener.of(ConnectionEnded)
        assert "no answer to a ping" in ended.reason
        assert ended.error == AmiDisconnected(PbxId("pbx"), ended.reason)
        server.mute.clear()
        await listener.until(lambda: len(listener.of(ConnectionBegan)) == 2)
        await server.wait_for("Ping", times=len(server.sent("Ping")) + 3)
        assert len(listener.of(ConnectionEnded)) == 1
        assert client.status.problem is None


async def test_answers_that_come_too_late_leave_nothing_behind() -> None:
    async with connected() as (server, client, _):
        server.mute.add("QueuePause")
        session = client._session
        assert session is not None
        outcomes = await asyncio.gather(
            *(session._ask("QueuePause", {"Interface": f"PJSIP/{n}"}, 0.05) for n in range(20))
        )
        assert {outcome.state for outcome in outcomes} == {ActionState.UNKNOWN}
        await asyncio.sleep(0)
        assert session._connection.answers._waiting == {}


# --- 6: order, and a bound -------------------------------------------------------------------------------------------


async def test_everything_is_handed_over_in_order_whatever_the_speed_of_the_reader() -> None:
    async with connected() as (server, _, listener):
        for n in range(5000):
            server.say(message("Event: Told", f"Text: {n}"))
        await listener.until(lambda: len(listener.told()) == 5000)
        assert listener.told() == [str(n) for n in range(5000)]


async def test_a_reader_that_stands_still_costs_the_connection_and_not_the_memory_of_anybody() -> None:
    async with ami_server() as server:
        server.uptime = None
        client = AmiClient(account(server), clock=WallClock(), timing=CALM, bound_bytes=1_000_000, draw=lambda: 0.0)
        items = client.items()
        assert isinstance(await anext(items), ConnectionBegan)
        server.say(message("Event: Told", "Text: " + "x" * 1000) * 3000)
        await eventually(lambda: client.status.connection is None)
        assert client.status.backlog_bytes <= 1_000_000
        await asyncio.sleep(0.3)
        assert server.logins == 1  # no new connection while nobody reads
        received, item = 0, await anext(items)
        while not isinstance(item, ConnectionEnded):
            assert isinstance(item, Received)
            received += len(item.data)
            item = await anext(items)
        assert 500_000 < received <= 1_000_000
        assert "nobody read for too long" in item.reason
        assert isinstance(await anext(items), ConnectionBegan)
        await items.aclose()


async def test_the_socket_is_read_at_once_while_the_reader_is_busy() -> None:
    async with ami_server() as server:
        client = AmiClient(account(server), clock=WallClock(), timing=CALM)
        items = client.items()
        assert isinstance(await anext(items), ConnectionBegan)
        server.say(message("Event: Told", "Text: " + "x" * 1000) * 20_000)
        await eventually(lambda: client.status.backlog_bytes > 20_000_000)
        await server.drain()
        await items.aclose()


# --- 7: a wrong secret -----------------------------------------------------------------------------------------------


async def test_a_wrong_secret_is_told_once_a_minute_and_not_hammered(caplog: pytest.LogCaptureFixture) -> None:
    async with ami_server() as server:
        client = AmiClient(account(server, secret="wrong-canary"), clock=WallClock(), timing=IMPATIENT)
        with caplog.at_level(logging.DEBUG):
            async with listening(client) as listener:
                await server.wait_for("Login")
                await asyncio.sleep(0.5)
                assert client.status.problem == AmiLoginRejected(PbxId("pbx"), USERNAME, "Authentication failed")
                assert server.logins == 1
                assert listener.items == []
        told = [
            record
            for record in caplog.records
            if record.levelno == logging.ERROR and "AmiLoginRejected" in record.message
        ]
        assert len(told) == 1
        assert "again in 60.0 s" in told[0].message


# --- 8: the login answer is enough -----------------------------------------------------------------------------------


async def test_an_account_that_never_hears_of_the_boot_works_all_the_same() -> None:
    async with ami_server() as server:
        server.uptime = None
        client = AmiClient(account(server), clock=WallClock(), timing=CALM)
        async with listening(client):
            await server.wait_for("QueueStatus")
            assert (await client.act("QueuePause", {"Interface": "PJSIP/1", "Paused": "1"})).state is ActionState.DONE
            assert client.status.booted_at is None


# --- 9: closing ends everything --------------------------------------------------------------------------------------


async def test_closing_cancels_a_pending_reconnect() -> None:
    async with connected() as (server, client, listener):
        server.drop()
        await listener.until(lambda: listener.of(ConnectionEnded))
        await client.close()
        logins = server.logins
        await asyncio.sleep(0.4)
        assert server.logins == logins
        assert server.connections == 0


async def test_closing_ends_the_items_after_what_was_received() -> None:
    async with ami_server() as server:
        client = AmiClient(account(server), clock=WallClock(), timing=CALM)
        items = client.items()
        assert isinstance(await anext(items), ConnectionBegan)
        await server.wait_for("CoreSettings")
        await client.close()
        rest = [item async for item in items]
        assert isinstance(rest[-1], ConnectionEnded)
        assert rest[-1].reason == "closed by us"
        assert all(isinstance(item, Received) for item in rest[:-1])


async def test_closing_while_nobody_answers_the_line_ends_at_once() -> None:
    async with ami_server() as server:
        server.mute.add("Login")
        client = AmiClient(account(server), clock=WallClock(), timing=CALM)
        async with listening(client) as listener:
            await server.wait_for("Login")
        assert listener.items == []


async def test_repeated_headers_of_an_answer_are_all_there() -> None:
    async with connected() as (server, _, listener):
        server.say(message("Event: Told", "Text: a", "ChanVariable: x=1", "ChanVariable: y=2"))
        await listener.until(listener.told)
        assert listener.frames[-1].get_all("ChanVariable") == ["x=1", "y=2"]


# --- what comes with an ActionID of ours -----------------------------------------------------------------------------


async def test_events_that_bear_the_id_of_an_action_are_events_and_no_answers() -> None:
    async with connected() as (server, client, listener):
        server.mute.add("QueueStatus")
        asking = asyncio.create_task(client.act("QueueStatus", {}))
        asked = (await server.wait_for("QueueStatus", times=2))[-1]
        action_id = f"ActionID: {asked['ActionID']}"
        server.say(message("Event: Told", action_id, "Response: Failure", "Text: an event"))
        await listener.until(listener.told)
        assert not asking.done()
        server.say(message("Response: Success", action_id, "EventList: start", "Message: Queue status will follow"))
        server.say(message("Event: Told", action_id, "Text: a row"))
        assert (await asking).message == "Queue status will follow"
        await listener.until(lambda: len(listener.told()) == 2)


@pytest.mark.parametrize("cut", range(1, 60, 3))
async def test_an_answer_is_found_wherever_packets_end(cut: int) -> None:
    async with connected() as (server, client, listener):
        server.mute.add("QueuePause")
        for n in (1, 2):  # the second one comes when nobody waits for an answer any more
            server.say(message("Event: Told", "Text: before") + b"\r\n")
            await listener.until(lambda n=n: len(listener.told()) == n)
        pausing = asyncio.create_task(client.act("QueuePause", {"Interface": "PJSIP/1"}))
        [asked] = await server.wait_for("QueuePause")
        said = b"\r\n" + message("Response: Success", f"ActionID: {asked['ActionID']}", "Message: 好")
        server.say(said[:cut])
        await asyncio.sleep(0.002)
        server.say(said[cut:])
        outcome = await pausing
        assert (outcome.state, outcome.message) == (ActionState.DONE, "好")


async def test_a_refusal_is_a_refusal() -> None:
    async with connected() as (server, client, _):
        server.refuse["QueueAdd"] = "Unable to add interface: Already there"
        outcome = await client.act("QueueAdd", {"Queue": "sales", "Interface": "PJSIP/1"})
        assert (outcome.state, outcome.message) == (ActionState.REFUSED, "Unable to add interface: Already there")
