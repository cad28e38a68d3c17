"""The live connection to one Asterisk: made, kept, made again, and handed over as a source of bytes.

One task owns all of it, so that closing the client ends everything, a pending reconnect included. Several PBXs are
several clients.
"""

import asyncio
import logging
import random
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from adapters.ami.account import AmiAccount, AmiTiming
from adapters.ami.actions import compose
from adapters.ami.answers import Answer
from adapters.ami.backoff import Backoff
from adapters.ami.connection import AmiConnection, SingleConnection
from adapters.ami.errors import AmiDisconnected, AmiLoginRejected, AmiUnreachable
from adapters.ami.handover import BOUND_BYTES, HandOver
from adapters.ami.session import ActionOutcome, Session
from adapters.ami.source import ConnectionBegan, ConnectionEnded, Received, SourceItem
from callcenter.domain.errors import PeerError
from callcenter.ports import Clock

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AmiStatus:
    """How the connection to one PBX is. ``problem`` is the last one; it stays until the next login works."""

    connection: str | None
    connected_at: datetime | None
    booted_at: datetime | None
    problem: PeerError | None
    backlog_bytes: int


class AmiClient:
    """One PBX's live connection, a `FrameSource`. ``draw`` gives the jitter, from 0 to below 1."""

    def __init__(
        self,
        account: AmiAccount,
        *,
        clock: Clock,
        timing: AmiTiming | None = None,
        bound_bytes: int = BOUND_BYTES,
        draw: Callable[[], float] = random.random,
    ) -> None:
        # A login that cannot be written fails here, where the settings are at hand.
        compose("Login", {"Username": account.username, "Secret": account.secret, "Events": account.events}, "1")
        self._account = account
        self._clock = clock
        self._timing = timing or AmiTiming()
        self._hand_over = HandOver(bound_bytes)
        self._backoff = Backoff(draw)
        self._owner: asyncio.Task[None] | None = None
        self._session: Session | None = None
        self._began: ConnectionBegan | None = None
        self._problem: PeerError | None = None
        self._held_seconds = 0.0

    @property
    def status(self) -> AmiStatus:
        """How it is now."""
        began, session = self._began, self._session
        return AmiStatus(
            connection=began.connection if began else None,
            connected_at=began.at if began else None,
            booted_at=session.booted_at if session else None,
            problem=self._problem,
            backlog_bytes=self._hand_over.backlog_bytes,
        )

    async def items(self) -> AsyncGenerator[SourceItem]:
        """Connect, and give everything in order, over all reconnects, until `close`. To be called once."""
        self._owner = asyncio.create_task(self._keep_connected(), name=f"ami {self._account.pbx}")
        self._owner.add_done_callback(lambda _: self._hand_over.close())
        try:
            async for item in self._hand_over.items():
                yield item
            if not self._owner.cancelled():
                self._owner.result()
        finally:
            await self.close()

    async def act(self, action: str, headers: Mapping[str, str]) -> ActionOutcome:
        """Send an action, once. Raises BadRequest if it is not allowed, AmiDisconnected if there is no connection."""
        if self._session is None:
            raise AmiDisconnected(self._account.pbx, "not logged in")
        return await self._session.act(action, headers)

    async def close(self) -> None:
        """End the connection, or the wait for the next one. What was received can still be read."""
        if self._owner is not None and not self._owner.done():
            self._owner.cancel()
            await asyncio.wait([self._owner])

    async def _keep_connected(self) -> None:
        while True:
            await self._hand_over.drained()
            self._held_seconds = 0.0
            self._problem = await self._connect_once()
            rejected = isinstance(self._problem, AmiLoginRejected)
            wait = self._backoff.after_rejection() if rejected else self._backoff.after_end(self._held_seconds)
            _log.log(logging.ERROR if rejected else logging.WARNING, "%s; again in %.1f s", self._problem, wait)
            await asyncio.sleep(wait)

    async def _connect_once(self) -> PeerError:
        """One connection from beginning to end; returns what ended it."""
        manager = self._manager()
        try:
            return await self._connect(manager) or await self._log_in(manager) or await self._hold(manager)
        finally:
            await self._hang_up(manager)

    async def _connect(self, manager: SingleConnection) -> PeerError | None:
        try:
            async with asyncio.timeout(self._timing.connect_seconds):
                await manager.connect()
        except OSError as error:
            return self._unreachable(str(error) or f"no connection within {self._timing.connect_seconds:g} s")
        return None

    def _unreachable(self, problem: str) -> AmiUnreachable:
        return AmiUnreachable(self._account.pbx, self._account.host, self._account.port, problem)

    def _manager(self) -> SingleConnection:
        account = self._account
        return SingleConnection(
            loop=asyncio.get_running_loop(),
            host=account.host,
            port=account.port,
            ssl=account.tls or False,
            username=account.username,
            secret=account.secret,
            events=account.events,
            protocol_factory=self._new_connection,
        )

    def _new_connection(self) -> AmiConnection:
        connection = AmiConnection(self._logged_in, lambda data: self._received(connection, data))
        return connection

    async def _log_in(self, manager: SingleConnection) -> PeerError | None:
        account, connection = self._account, manager.protocol
        waiting: asyncio.Future[Answer | None] = manager.authenticated_future
        try:
            async with asyncio.timeout(self._timing.login_seconds):
                answer = await waiting
        except TimeoutError:
            return self._unreachable("no answer to the login")
        if answer is None:
            return AmiDisconnected(
                account.pbx, f"before the login was answered: {await asyncio.shield(connection.ended)}"
            )
        return None if answer.success else AmiLoginRejected(account.pbx, account.username, answer.message)

    async def _hold(self, manager: SingleConnection) -> PeerError:
        account, loop = self._account, asyncio.get_running_loop()
        since, self._problem = loop.time(), None
        self._session = Session(
            account.pbx,
            manager,
            timing=self._timing,
            clock=self._clock,
            backlog_bytes=lambda: self._hand_over.backlog_bytes,
        )
        _log.info("%s: logged in at %s:%d", account.pbx, account.host, account.port)
        reason = await self._session.keep_up()
        self._held_seconds = loop.time() - since
        return AmiDisconnected(account.pbx, reason)

    async def _hang_up(self, manager: SingleConnection) -> None:
        self._session = None
        connection: AmiConnection | None = manager.protocol
        if connection is None:
            return
        connection.close()
        await asyncio.wait([connection.ended])
        if self._began is not None:
            reason = connection.ended.result()
            error = AmiDisconnected(self._account.pbx, reason)
            self._hand_over.put(ConnectionEnded(self._began.connection, self._clock.now(), reason, error))
            self._began = None

    def _logged_in(self, hello: bytes) -> None:
        self._began = ConnectionBegan(uuid4().hex, self._clock.now(), hello)
        self._hand_over.put(self._began)

    def _received(self, connection: AmiConnection, data: bytes) -> None:
        if not self._hand_over.put(Received(data, self._clock.now())):
            connection.give_up(f"nobody read for too long: {self._hand_over.backlog_bytes} bytes wait")
