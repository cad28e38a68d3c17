"""Requests that are repeated until they are answered, answers that are repeated until they are heard (RFC 3261 §17).

The timers are those of the RFC. Phones live as long as a test, so a transaction is remembered until its phone closes.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from tests.asterisk.phones.message import Request, Response, answer, tag_of

T1 = 0.5
"""Seconds until a request is sent again, doubled each time."""
T2 = 4.0
"""The longest time between two of them; an INVITE doubles on."""
GIVEN_UP = 64 * T1

Send = Callable[[Request | Response], None]


class NoAnswer(Exception):
    """The PBX did not answer a request in all the time that the protocol gives it."""


class ClientTransaction:
    """A request of ours, until its final answer."""

    def __init__(self, request: Request, send: Send, heard: Callable[[Response], None] | None = None) -> None:
        self.request = request
        self._send = send
        self._heard = heard
        self._provisional = asyncio.Event()
        self._final: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        self._ack: Request | None = None

    async def final(self) -> Response:
        """The final answer. Provisional ones go to ``heard``. Raises NoAnswer."""
        invite = self.request.method == "INVITE"
        wait, waited = T1, 0.0
        self._send(self.request)
        while not self._final.done() and not (invite and self._provisional.is_set()):
            await asyncio.wait({self._final}, timeout=wait)
            if self._final.done() or (invite and self._provisional.is_set()):
                break
            waited += wait
            if waited >= GIVEN_UP:
                raise NoAnswer(f"{self.request.method} {self.request.uri}: no answer for {waited:.0f} s")
            wait = min(2 * wait, GIVEN_UP - waited if invite else T2)
            self._send(self.request)
        return await asyncio.shield(self._final)

    async def proceeding(self) -> None:
        """Wait until there was any answer: a CANCEL before that might overtake its INVITE."""
        await self._provisional.wait()

    def received(self, response: Response) -> None:
        """Take an answer from the wire. A final one that comes again was not acknowledged yet."""
        self._provisional.set()
        if not response.final:
            if self._heard:
                self._heard(response)
        elif not self._final.done():
            if self.request.method == "INVITE" and not response.success:
                self.acknowledge(_refusal_ack(self.request, response))
            self._final.set_result(response)
        elif self._ack:
            self._send(self._ack)

    def acknowledge(self, ack: Request) -> None:
        """Send the ACK, now and whenever the answer comes again."""
        self._ack = ack
        self._send(ack)


def _refusal_ack(invite: Request, response: Response) -> Request:
    """The ACK of a refused INVITE belongs to the same transaction, so it bears the same branch."""
    same = [(name, invite.header(name)) for name in ("Via", "Max-Forwards", "From", "Call-ID")]
    return Request(
        headers=(*same, ("To", response.header("To")), ("CSeq", f"{invite.cseq[0]} ACK")), method="ACK", uri=invite.uri
    )


class ServerTransaction:
    """A request of the PBX, and what we answered last."""

    def __init__(self, request: Request, send: Send, keep: Callable[[Awaitable[None]], None]) -> None:
        self.request = request
        self._send = send
        self._keep = keep
        self._last: Response | None = None
        self._acknowledged = asyncio.Event()

    @property
    def answered(self) -> bool:
        """Whether the final answer was given."""
        return self._last is not None and self._last.final

    def respond(self, status: int, reason: str, *extra: tuple[str, str], tag: str = "", body: str = "") -> Response:
        """Answer. The final answer of an INVITE is repeated until the PBX acknowledges it."""
        assert not self.answered, f"{self.request.start_line} is answered already"
        self._last = answer(self.request, status, reason, *extra, tag=tag, body=body)
        self._send(self._last)
        if self._last.final and self.request.method == "INVITE":
            self._keep(self._until_acknowledged(self._last))
        return self._last

    def again(self) -> None:
        """The request was heard again: so is the answer."""
        if self._last:
            self._send(self._last)

    def acknowledged(self) -> None:
        self._acknowledged.set()

    async def _until_acknowledged(self, response: Response) -> None:
        wait, waited = T1, 0.0
        while waited < GIVEN_UP:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._acknowledged.wait(), wait)
                return
            waited += wait
            wait = min(2 * wait, T2)
            self._send(response)
        raise NoAnswer(f"{response.start_line} to {tag_of(response.header('To'))}: no ACK for {waited:.0f} s")
