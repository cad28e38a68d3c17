"""What is done while a connection is up: pings, snapshots, and the actions of others."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from adapters.ami.account import AmiTiming
from adapters.ami.answers import Answer
from adapters.ami.connection import AmiConnection, SingleConnection
from callcenter.domain.ids import PbxId
from callcenter.ports import Clock

_log = logging.getLogger(__name__)

FIRST_SNAPSHOT = (
    "CoreSettings",
    "CoreStatus",
    "QueueStatus",
    "CoreShowChannels",
    "BridgeList",
    "DeviceStateList",
    "Agents",
)
"""What is asked after each login: what happened before it is then known as far as Asterisk itself remembers."""

_FLOOD_BYTES = 1024 * 1024
_MOST_CHANNELS = 500
"""Of more no list is asked for every minute: each is a row of some 700 bytes."""
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class ActionState(StrEnum):
    """What became of an action."""

    DONE = "done"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    """No answer in time, or the connection ended. It may have been done; it is not sent again. A snapshot will tell."""


@dataclass(frozen=True, slots=True)
class ActionOutcome:
    """What became of an action, with Asterisk's own words if it had any."""

    state: ActionState
    message: str = ""


class Session:
    """One logged-in connection. ``backlog_bytes`` tells how far behind the reader is: then nothing big is asked."""

    def __init__(
        self,
        pbx: PbxId,
        manager: SingleConnection,
        *,
        timing: AmiTiming,
        clock: Clock,
        backlog_bytes: Callable[[], int],
    ) -> None:
        self._pbx = pbx
        self._manager = manager
        self._connection: AmiConnection = manager.protocol
        self._timing = timing
        self._clock = clock
        self._backlog_bytes = backlog_bytes
        self.booted_at: datetime | None = None
        """When this Asterisk started, from the Uptime of FullyBooted; None until it says so."""

    async def act(self, action: str, headers: Mapping[str, str] = _NO_HEADERS) -> ActionOutcome:
        """Send an action, once, and wait for its answer. Raises BadRequest if it is not allowed."""
        return await self._ask(action, headers, self._timing.action_seconds)

    async def keep_up(self) -> str:
        """Ping and take snapshots until the connection ends; returns why it did."""
        async with asyncio.TaskGroup() as tasks:
            watches = [tasks.create_task(self._watch()), tasks.create_task(self._take_snapshots())]
            await asyncio.wait([self._connection.ended])
            for watch in watches:
                watch.cancel()
        return self._connection.ended.result()

    async def _ask(self, action: str, headers: Mapping[str, str], seconds: float) -> ActionOutcome:
        try:
            answer = await self._answer(action, headers, seconds)
        except TimeoutError:
            return ActionOutcome(ActionState.UNKNOWN, f"no answer within {seconds:g} s")
        if answer is None:
            return ActionOutcome(ActionState.UNKNOWN, "the connection ended before the answer")
        return ActionOutcome(ActionState.DONE if answer.success else ActionState.REFUSED, answer.message)

    async def _answer(self, action: str, headers: Mapping[str, str], seconds: float) -> Answer | None:
        """None if the connection ended. Raises TimeoutError, and BadRequest if the action is not allowed."""
        waiting: asyncio.Future[Answer | None] = self._manager.send_action({"Action": action, **headers})
        async with asyncio.timeout(seconds):
            return await waiting

    async def _watch(self) -> None:
        """A peer that does not answer is gone, whatever TCP believes. The first answer tells its time, before any
        snapshot, whose rows bear none."""
        timing = self._timing
        while True:
            outcome = await self._ask("Ping", _NO_HEADERS, timing.ping_answer_seconds)
            if outcome.state is ActionState.UNKNOWN:
                self._connection.give_up(f"no answer to a ping within {timing.ping_answer_seconds:g} s")
                return
            await asyncio.sleep(timing.ping_every_seconds)

    async def _take_snapshots(self) -> None:
        await self._until_settled()
        outcomes = {action: await self.act(action) for action in FIRST_SNAPSHOT}
        for action, outcome in outcomes.items():
            if outcome.state is not ActionState.DONE:
                _log.info("%s: %s gave no snapshot: %s", self._pbx, action, outcome.message)
        queues = outcomes["QueueStatus"]
        lists_channels = outcomes["CoreShowChannels"].state is not ActionState.REFUSED
        while True:
            loaded = queues.state is not ActionState.REFUSED
            await asyncio.sleep(self._timing.snapshot_every_seconds if loaded else self._timing.snapshot_retry_seconds)
            if self._backlog_bytes() >= _FLOOD_BYTES:
                continue
            queues = await self.act("QueueStatus")
            # An end that was not heard lasts for ever unless somebody looks who is there.
            if lists_channels and loaded and await self._has_few_channels():
                await self.act("CoreShowChannels")

    async def _has_few_channels(self) -> bool:
        """Whether Asterisk says that it has so few channels now that listing them all is a small thing."""
        try:
            answer = await self._answer("CoreStatus", _NO_HEADERS, self._timing.action_seconds)
        except TimeoutError:
            return False
        # Called calls, it counts channels.
        stated = answer.frame.get("CoreCurrentCalls") if answer is not None else None
        return stated is not None and stated.isascii() and stated.isdigit() and int(stated[:10]) <= _MOST_CHANNELS

    async def _until_settled(self) -> None:
        """Wait until Asterisk has been up for a while, if it says since when; the login answer alone is enough."""
        try:
            async with asyncio.timeout(self._timing.boot_notice_seconds):
                booted = await self._connection.answers.booted
        except TimeoutError:
            return
        uptime = booted.get("Uptime") or ""
        if not (uptime.isascii() and uptime.isdigit() and len(uptime) < 10):
            return
        self.booted_at = self._clock.now() - timedelta(seconds=int(uptime))
        await asyncio.sleep(max(0.0, self._timing.settled_after_seconds - int(uptime)))
