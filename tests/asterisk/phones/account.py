"""Whose phone it is: its line, its name at the PBX, and the proof that the PBX asks of it."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.asterisk.phones.dialog import Dialog, new_tag
from tests.asterisk.phones.digest import Challenge, Credentials, proof
from tests.asterisk.phones.line import Address, Line
from tests.asterisk.phones.message import Response
from tests.asterisk.phones.transactions import ClientTransaction

_CHALLENGES = {401: ("WWW-Authenticate", "Authorization"), 407: ("Proxy-Authenticate", "Proxy-Authorization")}


@dataclass(frozen=True)
class Account:
    """A user of the PBX. Without a secret it is a caller from outside, known by its address."""

    line: Line
    pbx: Address
    user: str
    secret: str | None

    @property
    def via(self) -> str:
        return "{}:{}".format(*self.line.address)

    @property
    def contact(self) -> str:
        return f"sip:{self.user}@{self.via}"

    def at_pbx(self, user: str) -> str:
        """The address of a user or a number there; of the PBX itself without one."""
        host, port = self.pbx
        return f"sip:{user}@{host}:{port}" if user else f"sip:{host}:{port}"

    async def ask(
        self,
        dialog: Dialog,
        method: str,
        *extra: tuple[str, str],
        body: str = "",
        begun: Callable[[ClientTransaction], None] = lambda _: None,
        heard: Callable[[Response], None] | None = None,
    ) -> tuple[ClientTransaction, Response]:
        """Send a request of a dialog, again with proof if the PBX asks for it; ``begun`` is told of each try."""
        shown: tuple[tuple[str, str], ...] = ()
        while True:
            transaction = self.line.request(dialog.request(method, *extra, *shown, body=body), heard)
            begun(transaction)
            response = await transaction.final()
            if shown or self.secret is None or response.status not in _CHALLENGES:
                return transaction, response
            asked, shows = _CHALLENGES[response.status]
            challenge = Challenge.first_of(v for name, v in response.headers if name.lower() == asked.lower())
            credentials = Credentials(self.user, self.secret)
            shown = ((shows, proof(challenge, credentials, method, dialog.target, cnonce=new_tag())),)
