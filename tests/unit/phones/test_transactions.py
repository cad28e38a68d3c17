"""Requests and answers that get lost on the way, over real sockets."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.asterisk.phones import transactions
from tests.asterisk.phones.digest import NoMd5
from tests.asterisk.phones.message import Request, Response, answer, parse
from tests.asterisk.phones.phone import Phone, Unexpected

QUICK = 0.02
"""Seconds of the first timer: a test need not wait as long as a network."""


class Peer(asyncio.DatagramProtocol):
    """A PBX in miniature that remembers what it heard and says nothing by itself."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[tuple[Request | Response, tuple[str, int]]] = asyncio.Queue()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.address = transport.get_extra_info("sockname")

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.heard.put_nowait((parse(data), addr))

    async def next(self) -> Request | Response:
        message, self.phone = await asyncio.wait_for(self.heard.get(), 5)
        return message

    def say(self, message: Request | Response) -> None:
        self.transport.sendto(message.packed(), self.phone)  # type: ignore[attr-defined]


@asynccontextmanager
async def peer() -> AsyncIterator[Peer]:
    transport, found = await asyncio.get_running_loop().create_datagram_endpoint(Peer, local_addr=("127.0.0.1", 0))
    yield found
    transport.close()


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transactions, "T1", QUICK)
    monkeypatch.setattr(transactions, "GIVEN_UP", 20 * QUICK)


def request(method: str, branch: str, number: int = 1) -> Request:
    headers = {
        "Via": f"SIP/2.0/UDP 127.0.0.1:1;branch={branch}",
        "From": "<sip:5550100@pbx>;tag=theirs",
        "To": "<sip:anna@phone>",
        "Call-ID": "one",
        "CSeq": f"{number} {method}",
        "Contact": "<sip:pbx@127.0.0.1:1>",
    }
    return Request(headers=tuple(headers.items()), method=method, uri="sip:anna@phone")


async def test_a_request_is_repeated_until_it_is_answered() -> None:
    async with peer() as pbx, Phone.at(pbx.address, "anna") as anna:
        registering = asyncio.create_task(anna.register())
        first, again = await pbx.next(), await pbx.next()
        assert first == again
        assert isinstance(first, Request)
        pbx.say(answer(first, 200, "OK"))
        await registering


async def test_without_any_answer_it_is_given_up() -> None:
    async with peer() as pbx, Phone.at(pbx.address, "anna") as anna:
        with pytest.raises(transactions.NoAnswer, match=r"REGISTER sip:127\.0\.0\.1"):
            await anna.register()


async def test_a_wrong_secret_is_tried_once_only() -> None:
    async with peer() as pbx, Phone.at(pbx.address, "anna", "wrong") as anna:
        registering = asyncio.create_task(anna.register())
        for proved in (False, True):
            asked = await pbx.next()
            assert isinstance(asked, Request)
            assert bool(asked.header("Authorization")) == proved
            pbx.say(answer(asked, 401, "Unauthorized", ("WWW-Authenticate", 'Digest realm="a", nonce="n", qop="auth"')))
        with pytest.raises(Unexpected, match="401 Unauthorized"):
            await registering


async def test_a_phone_that_failed_says_so_when_it_is_closed() -> None:
    async with peer() as pbx:
        with pytest.raises(BaseExceptionGroup) as raised:
            async with Phone.at(pbx.address, "anna", "secret") as anna:
                call = await anna.call("600")
                asked = await pbx.next()
                assert isinstance(asked, Request)
                pbx.say(answer(asked, 401, "Unauthorized", ("WWW-Authenticate", "Digest algorithm=SHA-256")))
                assert not await call.ends_within(5 * QUICK)
        assert raised.group_contains(NoMd5)


async def test_a_repeated_request_gets_the_same_answer_and_rings_once() -> None:
    async with peer() as pbx, Phone.at(pbx.address, "anna") as anna:
        pbx.phone = anna._account.line.address
        anna.be_busy()
        invite = request("INVITE", "z9hG4bK1")
        pbx.say(invite)
        busy = await pbx.next()
        pbx.say(invite)
        assert await pbx.next() == busy
        pbx.say(request("ACK", "z9hG4bK1"))
        assert [call.status for call in anna.calls] == [486]


async def test_an_answer_is_repeated_until_it_is_acknowledged() -> None:
    async with peer() as pbx, Phone.at(pbx.address, "anna") as anna:
        pbx.phone = anna._account.line.address
        anna.be_busy()
        pbx.say(request("INVITE", "z9hG4bK2"))
        first = await pbx.next()
        assert await pbx.next() == first
        pbx.say(request("ACK", "z9hG4bK2"))
        await asyncio.sleep(10 * QUICK)
        while not pbx.heard.empty():
            assert await pbx.next() == first
        await asyncio.sleep(10 * QUICK)
        assert pbx.heard.empty()


async def test_a_call_taken_back_rings_no_more() -> None:
    async with peer() as pbx, Phone.at(pbx.address, "anna") as anna:
        pbx.phone = anna._account.line.address
        pbx.say(request("INVITE", "z9hG4bK3"))
        call = await anna.rings()
        await pbx.next()
        pbx.say(request("CANCEL", "z9hG4bK3"))
        said = {await pbx.next(), await pbx.next()}
        pbx.say(request("ACK", "z9hG4bK3"))
        assert {(m.status, m.cseq[1]) for m in said if isinstance(m, Response)} == {(200, "CANCEL"), (487, "INVITE")}
        assert (call.over, call.status, call.ended_by) == (True, 487, "pbx")


async def test_questions_outside_a_call() -> None:
    async with peer() as pbx, Phone.at(pbx.address, "anna") as anna:
        pbx.phone = anna._account.line.address
        for number, (method, status) in enumerate((("OPTIONS", 200), ("NOTIFY", 200), ("BYE", 481))):
            pbx.say(request(method, f"z9hG4bK4{number}"))
            said = await pbx.next()
            assert isinstance(said, Response)
            assert said.status == status
