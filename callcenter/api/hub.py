"""The live floor in one process: one reader per PBX's feed, one picture, and any number of browsers fed from memory.

The order that makes a live page equal a reload: a browser is put on the list and given the picture of the same moment
with nothing awaited in between; every frame after that tells whole objects as they stand at a later position.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress

import msgspec
import structlog

from callcenter.api.liveness import DEFAULT_LIMITS, LiveLimits, PbxStatus, status_of
from callcenter.api.picture import AGENTS, QUEUES, Changes, Picture, json_array, json_object
from callcenter.api.sse import RESYNC, RETRY, Subscriber, frame, position_of
from callcenter.api.today import TodayBoard
from callcenter.domain.errors import EventError
from callcenter.domain.ids import PbxId
from callcenter.ports import Clock, LiveFeed

_log = structlog.get_logger(__name__)
_FEED_WAIT_SECONDS = 5.0
_STATUS_SECONDS = 1.0
_RETRY_SECONDS = (0.5, 1.0, 2.0, 5.0)


class LiveHub:
    """The picture and its browsers. `run` keeps them fed; everything else answers at once."""

    def __init__(
        self,
        feed: LiveFeed,
        pbxs: Iterable[PbxId],
        clock: Clock,
        today: TodayBoard,
        limits: LiveLimits = DEFAULT_LIMITS,
    ) -> None:
        self.limits = limits
        self.picture = Picture(pbxs)
        self.failing: dict[PbxId, str] = {}
        self.refused: Counter[PbxId] = Counter()
        self._feed = feed
        self._clock = clock
        self._today = today
        self._subscribers: set[Subscriber] = set()
        self._news = asyncio.Event()
        self._sent: dict[str, str] = {}
        self._sent_statuses: Mapping[str, bytes] = {}
        self._statuses: tuple[tuple[int, int], Mapping[str, bytes]] = ((-1, 0), {})
        self._core: tuple[int, bytes] = (-1, b"")

    @property
    def listeners(self) -> int:
        """How many browsers are listening."""
        return len(self._subscribers)

    async def run(self) -> None:
        """Read all feeds and feed all browsers, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for pbx in self.picture.floors:
                tasks.create_task(self._keep_reading(pbx), name=f"live feed of {pbx}")
            tasks.create_task(self._push_changes(), name="live changes")
            tasks.create_task(self._push_today(), name="today's figures")

    def statuses(self) -> list[PbxStatus]:
        """How each PBX stands now."""
        now = self._clock.now()
        return [
            status_of(pbx, floor.told, floor.told_at, now, self.limits) for pbx, floor in self.picture.floors.items()
        ]

    def body(self) -> bytes:
        """The whole picture as JSON. Unless something changed only the instant and the PBXs are written anew."""
        return b"{" + self._head(self._statuses_now().values()) + b"," + self._objects() + b"}"

    def part(self, part: str) -> bytes:
        """All queues, or all agents, as a JSON list with the instant and the PBXs' states."""
        items = json_array(self.picture.part(part).values())
        head = self._head(self._statuses_now().values())
        return b"{" + head + b',"' + part.encode() + b'":' + items + b"}"

    def join(self, last_event_id: str | None) -> tuple[Subscriber, bytes]:
        """A new browser, and what it must be told first: what it missed if that is known, else everything."""
        subscriber = Subscriber()
        self._subscribers.add(subscriber)
        changes = self.picture.changes_since(position_of(last_event_id)) if last_event_id else None
        if changes is None:
            return subscriber, RETRY + self.snapshot_frame()
        today = self._today.latest
        delta = self._delta_frame(changes, self._statuses_now().values())
        return subscriber, RETRY + delta + (frame("today", today.body) if today else b"")

    def leave(self, subscriber: Subscriber) -> None:
        """The browser is gone."""
        self._subscribers.discard(subscriber)

    def catch_up(self, subscriber: Subscriber) -> bytes:
        """What brings a browser up to now that had fallen behind."""
        subscriber.caught_up()
        return RESYNC + self.snapshot_frame()

    def close(self) -> None:
        """Tell every browser's writer to end."""
        for subscriber in self._subscribers:
            subscriber.close()

    def snapshot_frame(self) -> bytes:
        """The whole picture with today's figures."""
        today = self._today.latest
        body = self.body()[:-1] + b',"today":' + (today.body if today else b"null") + b"}"
        return frame("snapshot", body, self.picture.position())

    def _head(self, statuses: Iterable[bytes]) -> bytes:
        now = msgspec.json.encode(self._clock.now())
        return b'"as_of":' + now + b',"pbxs":' + json_array(statuses)

    def _statuses_now(self) -> Mapping[str, bytes]:
        """The PBXs' states as JSON, by PBX. They are made anew when something was told, and every second: they age."""
        made_for = self.picture.version, int(self._clock.now().timestamp())
        if made_for != self._statuses[0]:
            statuses = {status.pbx: status.model_dump_json().encode() for status in self.statuses()}
            self._statuses = (made_for, statuses)
        return self._statuses[1]

    def _objects(self) -> bytes:
        version, core = self._core
        if version != self.picture.version:
            queues, agents = json_object(self.picture.part(QUEUES)), json_object(self.picture.part(AGENTS))
            core = b'"queues":' + queues + b',"agents":' + agents
            self._core = (self.picture.version, core)
        return core

    def _delta_frame(self, changes: Changes, statuses: Iterable[bytes]) -> bytes:
        queues, agents = json_object(changes.queues), json_object(changes.agents)
        body = b"{" + self._head(statuses) + b',"queues":' + queues + b',"agents":' + agents + b"}"
        return frame("delta", body, self.picture.position())

    # --- feeds in ---

    async def _keep_reading(self, pbx: PbxId) -> None:
        failures = 0
        while True:
            try:
                await self._read(pbx)
                failures = 0
            except Exception as error:  # noqa: BLE001 - whatever the feed's adapter raises: said, shown by /readyz, tried again
                _log.warning("live feed cannot be read", pbx=pbx, error=repr(error))
                self.failing[pbx] = type(error).__name__
                failures += 1
            await asyncio.sleep(_RETRY_SECONDS[min(failures, len(_RETRY_SECONDS) - 1)])

    async def _read(self, pbx: PbxId) -> None:
        # From the beginning, not from the last snapshot: so a browser can go on from where another process left it.
        position = self.picture.floors[pbx].position or "0"
        async for entries in self._feed.follow(pbx, after=position, wait_seconds=_FEED_WAIT_SECONDS):
            self.failing.pop(pbx, None)
            self._take(pbx, entries)

    def _take(self, pbx: PbxId, entries: Sequence[tuple[str, str, bytes]]) -> None:
        for entry_id, kind, body in entries:
            try:
                self.picture.apply(pbx, entry_id, kind, body)
            except EventError as error:
                self.refused[pbx] += 1
                _log.warning("entry of the live feed left out", pbx=pbx, entry=entry_id, error=str(error))
        if entries:
            self._news.set()

    # --- frames out ---

    async def _push_changes(self) -> None:
        while True:
            with suppress(TimeoutError):  # nothing new, but states age
                # Not wait_for: that of Python 3.11 loses a cancellation that comes together with the news.
                async with asyncio.timeout(_STATUS_SECONDS):
                    await self._news.wait()
            self._news.clear()
            self._broadcast()
            await asyncio.sleep(self.limits.push_interval_seconds)

    def _broadcast(self) -> None:
        statuses = self._statuses_now()
        fresh = [text for pbx, text in statuses.items() if self._sent_statuses.get(pbx) != text]
        changes = self.picture.changes_since(self._sent)
        self._sent, self._sent_statuses = self.picture.position(), statuses
        if changes is None:
            self._offer(self.snapshot_frame())
        elif changes or fresh:
            self._offer(self._delta_frame(changes, fresh))

    async def _push_today(self) -> None:
        sent = b""
        while True:
            await asyncio.sleep(self.limits.today_interval_seconds)
            if not self._subscribers:
                continue
            try:
                today = await self._today.read()
            except Exception as error:  # noqa: BLE001 - whatever the store's adapter raises: said, tried again next time
                _log.warning("today's figures cannot be read", error=repr(error))
                continue
            if today.figures != sent:
                sent = today.figures
                self._offer(frame("today", today.body))

    def _offer(self, data: bytes) -> None:
        for subscriber in self._subscribers:
            subscriber.offer(data)
