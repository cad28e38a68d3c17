"""What the roles of a process stand on: the stream with the live feed, and the store. What none needs is not opened."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from adapters.streams.live_feed import RedisLiveFeed
from adapters.streams.redis import RedisEventStream
from adapters.streams.server import StreamServer, stream_server
from callcenter.bootstrap.role import Need
from callcenter.domain.errors import SettingsError
from callcenter.ports import EventStream, LiveFeed, RecordedSeq
from callcenter.settings import Settings
from workers.acknowledged import Acknowledged

if TYPE_CHECKING:
    from adapters.store import Store

Part = TypeVar("Part")


class SystemClock:
    """This machine's clock."""

    def now(self) -> datetime:
        """The present instant, aware UTC."""
        return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Streams:
    """The server of the streams, and both of them."""

    server: StreamServer
    stream: EventStream
    live_feed: LiveFeed


@dataclass(frozen=True, slots=True)
class Backbone:
    """Stream, live feed and store of one installation, as far as this process needs them (`role.needs`)."""

    settings: Settings
    clock: SystemClock
    streams: Streams | None
    opened_store: "Store | None"

    @property
    def stream(self) -> EventStream:
        return _needed(self.streams).stream

    @property
    def live_feed(self) -> LiveFeed:
        return _needed(self.streams).live_feed

    @property
    def store(self) -> "Store":
        return _needed(self.opened_store)

    @property
    def recorded(self) -> RecordedSeq:
        """Who knows what the store has: itself, or the stream where no store is in reach."""
        return Acknowledged(self.stream) if self.opened_store is None else self.store.archive

    async def keep_running(self) -> None:
        """A task to run beside the work: starts the embedded server again if it ends. Returns at once for others."""
        if self.streams is not None:
            await self.streams.server.keep_running()


@asynccontextmanager
async def opened(settings: Settings, need: Need = Need.BOTH) -> AsyncIterator[Backbone]:
    """The backbone for as long as the context lasts. Raises SettingsError where the settings lead nowhere."""
    async with AsyncExitStack() as stack:
        _make_folder(settings.data_dir)
        streams = await stack.enter_async_context(_opened_streams(settings)) if Need.STREAM in need else None
        store = await stack.enter_async_context(opened_store(settings)) if Need.STORE in need else None
        yield Backbone(settings, SystemClock(), streams, store)


@asynccontextmanager
async def opened_store(settings: Settings) -> AsyncIterator["Store"]:
    """The store alone, for what needs no stream. Raises SettingsError where the settings lead nowhere."""
    from adapters.store import open_store  # a third of the memory of a process that only feeds

    if settings.database_url is None:
        _make_folder(settings.data_dir)
    database = settings.database
    try:
        store = await open_store(database, settings.database_limits)
    except SettingsError as error:
        raise SettingsError("settings", error.key, error.problem, error.example) from error
    async with store:
        yield store


@asynccontextmanager
async def _opened_streams(settings: Settings) -> AsyncIterator[Streams]:
    folder = settings.data_dir / "redis"
    async with stream_server(settings.redis, folder, allow_unsafe=settings.redis_allow_unsafe) as server:
        yield Streams(server, RedisEventStream(server.link), RedisLiveFeed(server.link))


def _needed(part: Part | None) -> Part:
    if part is None:
        raise LookupError("a role uses what it did not declare in role.py")
    return part


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        problem = f"{folder} cannot be made: {error.strerror}"
        raise SettingsError("settings", "data_dir", problem, 'data_dir = "/var/lib/callcenter"') from error
