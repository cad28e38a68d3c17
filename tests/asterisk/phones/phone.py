"""A phone on loopback that does what a test tells it: it calls, rings, answers, is busy, holds, transfers.

    async with Phone.at(pbx, "anna", secret) as anna, Phone.at(pbx, "5550100", host=OUTSIDE) as caller:
        await anna.register()
        anna.answer_after(2)
        call = await caller.call("600")
        talk = await anna.answers()
        await talk.hold()
        await talk.transfer_blind("700")

What a phone does with a call that comes in is its plan; the last one told holds for the next call.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from tests.asterisk.phones.account import Account
from tests.asterisk.phones.call import PATIENCE, Call, Unexpected
from tests.asterisk.phones.dialog import Dialog, new_tag
from tests.asterisk.phones.incoming import BUSY, DECLINED, IncomingCall
from tests.asterisk.phones.line import Address, Line
from tests.asterisk.phones.media import Media
from tests.asterisk.phones.outgoing import OutgoingCall
from tests.asterisk.phones.transactions import ServerTransaction

Plan = Callable[[IncomingCall], Awaitable[None]]

_EXPIRES_SECONDS = 3600


class Phone:
    """One user agent. ``calls`` holds all that it had, in the order in which they began."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self._account: Account
        self._plan: Plan = _ring_for_ever
        self._rung: asyncio.Queue[IncomingCall] = asyncio.Queue()
        self._by_id: dict[str, Call] = {}

    @classmethod
    @asynccontextmanager
    async def at(
        cls, pbx: Address, user: str, secret: str | None = None, *, host: str = "127.0.0.1"
    ) -> AsyncIterator["Phone"]:
        """A phone of a user of this PBX, bound to ``host``. When it is closed, it raises what went wrong in it."""
        phone = cls()
        line = await Line.open(pbx, host, phone._asked)
        phone._account = Account(line, pbx, user, secret)
        try:
            yield phone
        finally:
            for call in phone.calls:
                await call.media.close()
            await line.close()

    @property
    def user(self) -> str:
        return self._account.user

    async def register(self) -> None:
        """Tell the PBX where this phone is. Raises Unexpected if it does not want to know."""
        account = self._account
        address = account.at_pbx(account.user)
        dialog = Dialog(
            call_id=new_tag(),
            local=f"<{address}>;tag={new_tag()}",
            remote=f"<{address}>",
            target=account.at_pbx(""),
            contact=account.contact,
            via=account.via,
        )
        _, response = await account.ask(dialog, "REGISTER", ("Expires", str(_EXPIRES_SECONDS)))
        if not response.success:
            why = response.header("WWW-Authenticate")
            raise Unexpected(f"REGISTER of {account.user} was answered with {response.status} {response.reason} {why}")

    async def call(self, number: str, *, name: str = "") -> OutgoingCall:
        """Dial; returns at once, the call's `answered()` waits for the PBX. ``name`` is shown to who is called."""
        account = self._account
        local, target = account.at_pbx(account.user), account.at_pbx(number)
        dialog = Dialog.outgoing(local_uri=local, target=target, contact=account.contact, via=account.via, name=name)
        call = OutgoingCall(account, dialog, await Media.open(account.line.address[0]), number)
        self._note(call)
        account.line.keep(call.dial())
        return call

    async def rings(self, within: float = PATIENCE) -> IncomingCall:
        """The next call that comes in. Raises Unexpected if none does."""
        try:
            return await asyncio.wait_for(self._rung.get(), within)
        except TimeoutError:
            raise Unexpected(f"the phone of {self.user} did not ring in {within:.0f} s") from None

    async def answers(self, within: float = PATIENCE) -> IncomingCall:
        """The next call that comes in, once it is answered; those that were taken back or refused are passed over."""
        async with asyncio.timeout(within):
            while True:
                call = await self.rings(within)
                try:
                    await call.answered(within)
                except Unexpected:
                    continue
                return call

    def answer_after(self, seconds: float, *, talk: float | None = None) -> None:
        """Ring so long, then answer; with ``talk``, hang up after so many seconds."""

        async def plan(call: IncomingCall) -> None:
            call.ring()
            if not await call.ends_within(seconds):
                call.answer()
                if talk is not None and not await call.ends_within(talk):
                    await call.hang_up()

        self._plan = plan

    def never_answer(self) -> None:
        """Ring until the PBX gives up."""
        self._plan = _ring_for_ever

    def be_busy(self) -> None:
        """Refuse at once, as busy."""
        self._plan = lambda call: call.refuse(*BUSY)

    def reject_after(self, seconds: float) -> None:
        """Ring so long, then decline."""

        async def plan(call: IncomingCall) -> None:
            call.ring()
            if not await call.ends_within(seconds):
                await call.refuse(*DECLINED)

        self._plan = plan

    def _note(self, call: Call) -> None:
        self.calls.append(call)
        self._by_id[call.dialog.call_id] = call

    def _asked(self, transaction: ServerTransaction) -> None:
        request = transaction.request
        call = self._by_id.get(request.call_id)
        if request.method == "CANCEL" and isinstance(call, IncomingCall):
            call.taken_back(transaction)
        elif call is not None:
            call.asked(transaction)
        elif request.method == "INVITE":
            self._account.line.keep(self._take(transaction))
        elif request.method in ("OPTIONS", "NOTIFY"):
            transaction.respond(200, "OK")
        else:
            transaction.respond(481, "Call/Transaction Does Not Exist")

    async def _take(self, invite: ServerTransaction) -> None:
        call = IncomingCall(self._account, await Media.open(self._account.line.address[0]), invite)
        self._note(call)
        self._rung.put_nowait(call)
        await self._plan(call)


async def _ring_for_ever(call: IncomingCall) -> None:
    call.ring()
