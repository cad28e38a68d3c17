"""A call that a phone makes."""

import asyncio

from tests.asterisk.phones.account import Account
from tests.asterisk.phones.call import Call, Side, Unexpected
from tests.asterisk.phones.dialog import Dialog
from tests.asterisk.phones.media import Media
from tests.asterisk.phones.message import Response
from tests.asterisk.phones.transactions import ClientTransaction


class OutgoingCall(Call):
    """Dialled; `answered()` waits for the PBX. ``ringing`` is set when the PBX says that it rings."""

    def __init__(self, account: Account, dialog: Dialog, media: Media, number: str) -> None:
        super().__init__(account, dialog, media, number)
        self.ringing = asyncio.Event()
        self._invite: ClientTransaction | None = None

    async def dial(self) -> None:
        """Ask until the PBX has answered or refused."""
        transaction, response = await self._account.ask(
            self.dialog, "INVITE", body=self._offer(), begun=self._begun, heard=self._progress
        )
        if not response.success:
            self._end(Side.PBX, response.status)
            await self.media.close()
            return
        self.dialog.confirm(response)
        transaction.acknowledge(self.dialog.request("ACK", sequence=transaction.request.cseq[0]))
        if self.over:  # taken back, but the answer was quicker
            await self._account.ask(self.dialog, "BYE")
            await self.media.close()
        else:
            self._establish(response.body, response.status)

    async def hang_up(self) -> None:
        """End the call, or take it back while it is not answered."""
        if self._answered.is_set() or self.over:
            await super().hang_up()
            return
        assert self._invite is not None
        self._end(Side.US)
        await self._invite.proceeding()
        response = await self._account.line.ask(self.dialog.cancel(self._invite.request))
        if not response.success and response.status != 481:
            raise Unexpected(f"CANCEL was answered with {response.status} {response.reason}")
        await self._invite.final()

    def _begun(self, transaction: ClientTransaction) -> None:
        self._invite = transaction

    def _progress(self, response: Response) -> None:
        if response.status == 180:
            self.ringing.set()
