"""Which server holds the streams: the one that the settings name, if it is safe; else the one that comes with us."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from adapters.streams.embedded import EmbeddedServer, running
from adapters.streams.link import Link, connect
from adapters.streams.safety import require_safe


@dataclass(frozen=True, slots=True)
class StreamServer:
    """A server that may be used, and the embedded one behind it if it is that."""

    link: Link
    url: str
    embedded: EmbeddedServer | None = None

    async def keep_running(self) -> None:
        """A task to run beside the work: starts the embedded server again if it ends. Returns at once for others."""
        if self.embedded is not None:
            await self.embedded.keep_running()


@asynccontextmanager
async def stream_server(
    redis_url: str | None, folder: Path, *, allow_unsafe: bool = False
) -> AsyncIterator[StreamServer]:
    """The server at this address, or the embedded one of this folder where there is no address.

    Raises SettingsError for a server that may lose what it acknowledges (unless ``allow_unsafe``, for throw-away use),
    StreamUnavailable for one that cannot be reached, EmbeddedServerFailed for one of our own that does not start.
    """
    if redis_url:
        async with _linked(redis_url) as link:
            await require_safe(link, allow_unsafe=allow_unsafe)
            yield StreamServer(link, redis_url)
        return
    async with running(folder) as server, _linked(server.url) as link:
        yield StreamServer(link, server.url, server)


@asynccontextmanager
async def _linked(url: str) -> AsyncIterator[Link]:
    link = connect(url)
    try:
        yield link
    finally:
        await link.close()
