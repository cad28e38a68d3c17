"""A call as a phone knows it once both sides have met: talk, hold, digits, transfer, end.

How it begins differs by direction: see `outgoing.py` and `incoming.py`.
"""

import asyncio
import re
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum
from urllib.parse import quote

from tests.asterisk.phones.account import Account
from tests.asterisk.phones.dialog import ALLOW, Dialog
from tests.asterisk.phones.media import Media
from tests.asterisk.phones.message import Response, uri_of
from tests.asterisk.phones.sdp import Description, Direction
from tests.asterisk.phones.transactions import ServerTransaction

PATIENCE = 20.0
"""Seconds after which what a test waits for counts as not happening."""

_SDP = ("Content-Type", "application/sdp")
_PENDING = 491
_GONE = 481
_FRAGMENT = re.compile(r"SIP/2\.0 (\d{3})")


class Side(StrEnum):
    """Who ended a call, seen from the phone."""

    US = "us"
    PBX = "pbx"


class Unexpected(AssertionError):
    """The PBX did something else than the test counts on."""


class Call:
    """One dialog with its sound. Instants are seconds since the epoch, to be compared with what the PBX wrote."""

    def __init__(self, account: Account, dialog: Dialog, media: Media, number: str) -> None:
        self.number = number
        """The number that was dialled, or that of who calls."""
        self.media = media
        self.dialog = dialog
        self.answered_at: float | None = None
        self.ended_at: float | None = None
        self.ended_by: Side | None = None
        self.status = 0
        """The final answer to the INVITE; 0 before there is one."""
        self._account = account
        self._answered = asyncio.Event()
        self._ended = asyncio.Event()
        self._session = secrets.randbits(31)
        self._version = 0
        self._negotiating = False
        self._transferred: asyncio.Future[int] | None = None

    @property
    def over(self) -> bool:
        return self._ended.is_set()

    @property
    def talked_seconds(self) -> float:
        """From answer to end, or until now."""
        assert self.answered_at is not None
        return (self.ended_at or time.time()) - self.answered_at

    async def answered(self, within: float = PATIENCE) -> None:
        """Wait until both sides talk. Raises Unexpected if the call ends before, or not in time."""
        waits = [asyncio.ensure_future(event.wait()) for event in (self._answered, self._ended)]
        await asyncio.wait(waits, timeout=within, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
        if not self._answered.is_set():
            what = f"ended with {self.status}" if self._ended.is_set() else f"was not answered in {within:.0f} s"
            raise Unexpected(f"the call with {self.number} {what}")

    async def ended(self, within: float = PATIENCE) -> None:
        """Wait until the call is over. Raises Unexpected if it goes on."""
        if not await self.ends_within(within):
            raise Unexpected(f"the call with {self.number} is not over after {within:.0f} s")

    async def ends_within(self, seconds: float) -> bool:
        """Wait for the end, but no longer than that; says whether it came."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._ended.wait(), seconds)
        return self._ended.is_set()

    async def hang_up(self) -> None:
        """End a call that was answered."""
        if self._end(Side.US):
            _, response = await self._account.ask(self.dialog, "BYE")
            if not response.success and response.status != _GONE:
                raise Unexpected(f"BYE was answered with {response.status} {response.reason}")
            await self.media.close()

    async def hold(self, direction: Direction = Direction.SEND) -> None:
        """Put the other side on hold; INACTIVE stops the sound in both ways."""
        await self._renegotiate(direction)

    async def unhold(self) -> None:
        await self._renegotiate(Direction.BOTH)

    async def press(self, digits: str) -> None:
        """Press keys, one after the other, or until the call ends: the PBX may act before the key is let go."""
        pressing = asyncio.create_task(self.media.press(digits))
        ending = asyncio.create_task(self._ended.wait())
        await asyncio.wait((pressing, ending), return_when=asyncio.FIRST_COMPLETED)
        pressing.cancel()
        ending.cancel()

    async def transfer_blind(self, to: str) -> int:
        """Send the other side to a number; returns the status that the PBX reports of it."""
        return await self._refer(f"<{self._account.at_pbx(to)}>")

    async def transfer_attended(self, other: "Call") -> int:
        """Join the other sides of two calls of this phone and leave both; returns the status that the PBX reports."""
        replaces = quote(other.dialog.replaces, safe="")
        status = await self._refer(f"<{uri_of(other.dialog.remote)}?Replaces={replaces}>")
        if not await other.ends_within(1):
            await other.hang_up()
        return status

    def asked(self, transaction: ServerTransaction) -> None:
        """Take a request of the PBX that belongs to this call."""
        answers: dict[str, Callable[[ServerTransaction], None]] = {
            "BYE": self._bye,
            "INVITE": self._offered,
            "UPDATE": self._offered,
            "NOTIFY": self._notified,
        }
        answers.get(transaction.request.method, _agreed)(transaction)

    def _establish(self, remote: str, status: int) -> None:
        self.status = status
        self.answered_at = time.time()
        if remote:
            self.media.talk_to(Description.parse(remote))
        self._answered.set()

    def _end(self, by: Side, status: int = 0) -> bool:
        """Note the end; says whether it is the first that is heard of it."""
        if self._ended.is_set():
            return False
        self.status = status or self.status
        self.ended_at, self.ended_by = time.time(), by
        self._ended.set()
        if self._transferred and not self._transferred.done():
            self._transferred.set_result(0)
        return True

    def _offer(self, direction: Direction = Direction.BOTH) -> str:
        self._version += 1
        return self.media.describe(direction).text(self._session, self._version)

    async def _renegotiate(self, direction: Direction) -> None:
        """A new offer; if the PBX has one under way too, again a moment later (RFC 3261 §14.1)."""
        self._negotiating = True
        response = await self._reinvite(direction)
        while response.status == _PENDING:
            await asyncio.sleep(secrets.randbelow(200) / 100)
            response = await self._reinvite(direction)
        self._negotiating = False
        if not response.success:
            raise Unexpected(f"{direction} was answered with {response.status} {response.reason}")
        self.media.talk_to(Description.parse(response.body), direction)

    async def _reinvite(self, direction: Direction) -> Response:
        transaction, response = await self._account.ask(self.dialog, "INVITE", body=self._offer(direction))
        if response.success:
            transaction.acknowledge(self.dialog.request("ACK", sequence=transaction.request.cseq[0]))
        return response

    async def _refer(self, to: str) -> int:
        """RFC 3515: the PBX accepts, then reports by NOTIFY; if it hangs up instead, it has nothing more to report."""
        self._transferred = asyncio.get_running_loop().create_future()
        by = f"<{self._account.at_pbx(self._account.user)}>"
        _, response = await self._account.ask(self.dialog, "REFER", ("Refer-To", to), ("Referred-By", by))
        if not response.success:
            raise Unexpected(f"the transfer to {to} was answered with {response.status} {response.reason}")
        status = await asyncio.wait_for(self._transferred, PATIENCE)
        await self.hang_up()
        return status

    def _bye(self, transaction: ServerTransaction) -> None:
        transaction.respond(200, "OK")
        if self._end(Side.PBX):
            self._account.line.keep(self.media.close())

    def _offered(self, transaction: ServerTransaction) -> None:
        if self._negotiating and transaction.request.method == "INVITE":
            transaction.respond(_PENDING, "Request Pending")
            return
        body = transaction.request.body
        if not body and transaction.request.method == "UPDATE":  # tells who is talking now
            _agreed(transaction)
            return
        direction = Direction.BOTH
        if body:
            remote = Description.parse(body)
            direction = remote.direction.answered()
            self.media.talk_to(remote, direction)
        contact = ("Contact", f"<{self.dialog.contact}>")
        transaction.respond(200, "OK", contact, ("Allow", ALLOW), _SDP, body=self._offer(direction))

    def _notified(self, transaction: ServerTransaction) -> None:
        _agreed(transaction)
        told = _FRAGMENT.match(transaction.request.body)
        if told and int(told[1]) >= 200 and self._transferred and not self._transferred.done():
            self._transferred.set_result(int(told[1]))


def _agreed(transaction: ServerTransaction) -> None:
    transaction.respond(200, "OK")
