"""What every role stands on: the stream, the live feed and the store, opened by the settings and closed again."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from adapters.store import Store, open_store
from adapters.streams.live_feed import RedisLiveFeed
from adapters.streams.redis import RedisEventStream
from adapters.streams.server import StreamServer, stream_server
from callcenter.domain.errors import SettingsError
from callcenter.ports import EventStream, LiveFeed
from callcenter.settings import Settings


class SystemClock:
    """This machine's clock."""

    def now(self) -> datetime:
        """The present instant, aware UTC."""
        return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Backbone:
    """Stream, live feed and store of one installation."""

    settings: Settings
    server: StreamServer
    stream: EventStream
    live_feed: LiveFeed
    store: Store
    clock: SystemClock


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Backbone]:
    """The backbone for as long as the context lasts. Raises SettingsError where the settings lead nowhere."""
    async with AsyncExitStack() as stack:
        _make_folder(settings.data_dir)
        folder = settings.data_dir / "redis"
        server = await stack.enter_async_context(
            stream_server(settings.redis, folder, allow_unsafe=settings.redis_allow_unsafe)
        )
        store = await stack.enter_async_context(opened_store(settings))
        stream, live_feed = RedisEventStream(server.link), RedisLiveFeed(server.link)
        yield Backbone(settings, server, stream, live_feed, store, SystemClock())


@asynccontextmanager
async def opened_store(settings: Settings) -> AsyncIterator[Store]:
    """The store alone, for what needs no stream. Raises SettingsError where the settings lead nowhere."""
    if settings.database_url is None:
        _make_folder(settings.data_dir)
    database = settings.database
    try:
        store = await open_store(database, settings.database_limits)
    except SettingsError as error:
        raise SettingsError("settings", error.key, error.problem, error.example) from error
    async with store:
        yield store


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        problem = f"{folder} cannot be made: {error.strerror}"
        raise SettingsError("settings", "data_dir", problem, 'data_dir = "/var/lib/callcenter"') from error
