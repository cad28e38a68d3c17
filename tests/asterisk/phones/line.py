"""A phone's socket: datagrams to transactions, and requests of the PBX to whoever holds the phone."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, cast

from tests.asterisk.phones.message import Request, Response, parse
from tests.asterisk.phones.transactions import ClientTransaction, ServerTransaction

Address = tuple[str, int]


class Line(asyncio.DatagramProtocol):
    """One UDP port that speaks SIP with one PBX."""

    def __init__(self, pbx: Address, asked: Callable[[ServerTransaction], None]) -> None:
        self._pbx = pbx
        self._asked = asked
        self._clients: dict[tuple[str, str], ClientTransaction] = {}
        self._servers: dict[tuple[str, str], ServerTransaction] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.failures: list[BaseException] = []
        self.address: Address = ("", 0)

    @classmethod
    async def open(cls, pbx: Address, host: str, asked: Callable[[ServerTransaction], None]) -> "Line":
        """Bind any free port of ``host``."""
        line = cls(pbx, asked)
        await asyncio.get_running_loop().create_datagram_endpoint(lambda: line, local_addr=(host, 0))
        return line

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)
        self.address = transport.get_extra_info("sockname")[:2]

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        try:
            self._heard(parse(data))
        except Exception as failure:  # noqa: BLE001 - the loop would only log it; a test must fail
            self.failures.append(failure)

    def _heard(self, message: Request | Response) -> None:
        if isinstance(message, Response):
            if transaction := self._clients.get((message.branch, message.cseq[1])):
                transaction.received(message)
        elif message.method == "ACK":
            self._acknowledge(message)
        else:
            self._take(message)

    def error_received(self, exc: Exception) -> None:
        """The PBX is away for the moment: what was sent will be sent again."""

    def request(self, request: Request, heard: Callable[[Response], None] | None = None) -> ClientTransaction:
        """Begin a transaction; ``heard`` is told the provisional answers."""
        transaction = ClientTransaction(request, self._send, heard)
        self._clients[request.branch, request.method] = transaction
        return transaction

    async def ask(self, request: Request) -> Response:
        """Send a request; returns its final answer."""
        return await self.request(request).final()

    def invite_of(self, cancel: Request) -> ServerTransaction | None:
        """The INVITE that a CANCEL takes back."""
        return self._servers.get((cancel.branch, "INVITE"))

    def keep(self, work: Awaitable[None]) -> None:
        """Let something run until it ends or the phone closes; its failure is raised then."""
        task = asyncio.ensure_future(work)
        assert isinstance(task, asyncio.Task)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    async def close(self) -> None:
        """Stop what still runs. Raises what went wrong meanwhile."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._transport.close()
        if self.failures:
            raise BaseExceptionGroup(f"phone at {self.address}", self.failures)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (failure := task.exception()):
            self.failures.append(failure)

    def _send(self, message: Request | Response) -> None:
        self._transport.sendto(message.packed(), self._pbx)

    def _take(self, request: Request) -> None:
        key = (request.branch, request.method)
        if known := self._servers.get(key):
            known.again()
            return
        self._servers[key] = transaction = ServerTransaction(request, self._send, self.keep)
        self._asked(transaction)

    def _acknowledge(self, ack: Request) -> None:
        """By call and number: the ACK of an accepted INVITE has a branch of its own."""
        for transaction in self._servers.values():
            invite = transaction.request
            if invite.method == "INVITE" and (invite.call_id, invite.cseq[0]) == (ack.call_id, ack.cseq[0]):
                transaction.acknowledged()
