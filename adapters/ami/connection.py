"""One TCP connection to an Asterisk, as panoramisk's Manager drives it.

The Manager connects, logs in and sends. The protocol class here replaces the one it brings, which decodes each read by
itself, runs callbacks inside the read, and sends unanswered actions again after a reconnect. Here bytes are passed on
as they come, and an action is sent once.
"""

import asyncio
import re
import secrets
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any, cast

from panoramisk.manager import Manager

from adapters.ami.actions import compose
from adapters.ami.answers import Answer, Answers
from adapters.ami.source import CLOSED_BY_US

_MOST_HELLO_BYTES = 64 * 1024
_TWO_LINE_ENDS = re.compile(rb"\r?\n\r?\n")


class AmiConnection(asyncio.Protocol):
    """Bytes in to ``received``, actions out through the choke point.

    ``logged_in`` is called with banner and login answer, before the first ``received``. ``ended`` gives the reason
    when all is over.
    """

    def __init__(self, logged_in: Callable[[bytes], None], received: Callable[[bytes], None]) -> None:
        self._logged_in = logged_in
        self._received = received
        self._transport: asyncio.Transport | None = None
        self._reason = ""
        self._hello = b""
        self._greeted = False
        self._login_id: str | None = None
        self._action_ids = (f"cc-{secrets.token_hex(4)}-{n}" for n in count(1))
        self.answers = Answers()
        self.ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    # --- what asyncio calls ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """There is a line."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """There are bytes, to be passed on whole."""
        if not self._greeted:
            self._greet(data)
            return
        self.answers.listen(data)
        self._received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """There is no line any more."""
        self.answers.give_up()
        self.ended.set_result(self._reason or (str(exc) if exc else "closed by Asterisk"))

    # --- what panoramisk's Manager calls ---

    def send(self, data: Mapping[str, str], as_list: object = None) -> asyncio.Future[Answer | None]:
        """Send an action, once. The future gives its answer, or None if the connection ended before that came.

        Raises BadRequest if it is not allowed. ``as_list`` is of no use here: the rows of a list are events.
        """
        headers = dict(data)
        action, action_id = headers.pop("Action"), next(self._action_ids)
        line = compose(action, headers, action_id)
        answer = self.answers.expect(action_id)
        if self._transport is None or self._transport.is_closing():
            answer.set_result(None)
            return answer
        if action == "Login":
            self._login_id = action_id
        self._transport.write(line)
        return answer

    def close(self) -> None:
        """End the connection."""
        self.give_up(CLOSED_BY_US)

    # --- what the client calls ---

    def give_up(self, reason: str) -> None:
        """End the connection at once, for this reason."""
        self._reason = self._reason or reason
        if self._transport is not None:
            self._transport.abort()

    def _greet(self, chunk: bytes) -> None:
        """Before the login is answered: banner, answer, and perhaps the first events already."""
        self._hello += chunk
        for frame in self.answers.hear(chunk):
            if frame.get("ActionID") == self._login_id and Answer(frame).success:
                self._begin(frame.offset + len(frame.raw))
                return
        if len(self._hello) > _MOST_HELLO_BYTES:
            self.give_up("no Asterisk: 64 KiB and no answer to the login")

    def _begin(self, last_line_end: int) -> None:
        blank = _TWO_LINE_ENDS.match(self._hello, last_line_end)
        end = blank.end() if blank else last_line_end
        hello, rest, self._hello, self._greeted = self._hello[:end], self._hello[end:], b"", True
        self._logged_in(hello)
        if rest:
            self._received(rest)


class SingleConnection(Manager):  # type: ignore[misc]  # panoramisk has no types
    """panoramisk's Manager for one connection: it connects, logs in, and sends actions.

    When to ping, when to give up and when to connect again is decided in one place, by `AmiClient`; what the Manager
    does of this by itself is switched off.
    """

    def connection_made(self, f: asyncio.Future[Any]) -> None:
        """Log in. A failed attempt is told to whoever awaits it."""
        if f.cancelled() or f.exception() is not None:
            return
        super().connection_made(f)
        self.pinger.cancel()

    def login(self, future: asyncio.Future[Answer | None]) -> None:
        """The login was answered: whoever awaits that decides."""

    def connection_lost(self, exc: object) -> None:
        """No reconnect from here."""
