"""A call that comes to a phone."""

from tests.asterisk.phones.account import Account
from tests.asterisk.phones.call import Call, Side
from tests.asterisk.phones.dialog import ALLOW, Dialog
from tests.asterisk.phones.media import Media
from tests.asterisk.phones.message import user_of
from tests.asterisk.phones.transactions import ServerTransaction

BUSY = (486, "Busy Here")
DECLINED = (603, "Decline")


class IncomingCall(Call):
    """It rings until it is answered, refused, or taken back."""

    def __init__(self, account: Account, media: Media, invite: ServerTransaction) -> None:
        request = invite.request
        dialog = Dialog.incoming(request, contact=account.contact, via=account.via)
        super().__init__(account, dialog, media, user_of(request.header("From")))
        self._invite = invite
        self._contact = ("Contact", f"<{account.contact}>")

    def ring(self) -> None:
        self._invite.respond(180, "Ringing", self._contact, tag=self.dialog.local_tag)

    def answer(self) -> None:
        """Take the call."""
        sound = ("Content-Type", "application/sdp")
        tag, body = self.dialog.local_tag, self._offer()
        self._invite.respond(200, "OK", self._contact, ("Allow", ALLOW), sound, tag=tag, body=body)
        self._establish(self._invite.request.body, 200)

    async def refuse(self, status: int, reason: str) -> None:
        """Do not take it: BUSY, DECLINED or any other final answer."""
        self._invite.respond(status, reason, tag=self.dialog.local_tag)
        self._end(Side.US, status)
        await self.media.close()

    async def hang_up(self) -> None:
        """End the call; while it rings, that is to decline it."""
        if self._invite.answered:
            await super().hang_up()
        else:
            await self.refuse(*DECLINED)

    def taken_back(self, cancel: ServerTransaction) -> None:
        """The PBX does not want the answer any more."""
        cancel.respond(200, "OK", tag=self.dialog.local_tag)
        if not self._invite.answered:
            self._invite.respond(487, "Request Terminated", tag=self.dialog.local_tag)
            self._end(Side.PBX, 487)
            self._account.line.keep(self.media.close())
