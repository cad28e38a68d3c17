"""A client of the AMI adapter in the hands of a test: patient or not, and somebody who reads what it hands over."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from adapters.ami.account import AmiAccount, AmiTiming
from adapters.ami.client import AmiClient
from adapters.ami.frame import Frame
from adapters.ami.reader import FrameReader
from adapters.ami.session import FIRST_SNAPSHOT
from adapters.ami.source import ConnectionBegan, Received, SourceItem
from callcenter.domain.ids import PbxId
from tests.support.ami_server import SECRET, USERNAME, AmiServer, ami_server

IMPATIENT = AmiTiming(
    connect_seconds=1,
    login_seconds=0.5,
    action_seconds=0.3,
    ping_every_seconds=0.05,
    ping_answer_seconds=0.3,
    boot_notice_seconds=0.1,
    settled_after_seconds=0,
    snapshot_every_seconds=60,
    snapshot_retry_seconds=0.05,
)
CALM = AmiTiming(ping_every_seconds=60, boot_notice_seconds=0.05, settled_after_seconds=0)


class WallClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class Listener:
    """Reads a client's items as the product does, and remembers them."""

    def __init__(self, client: AmiClient) -> None:
        self.client = client
        self.items: list[SourceItem] = []
        self.frames: list[Frame] = []
        self._changed = asyncio.Condition()

    async def listen(self) -> None:
        reader = FrameReader(dict.fromkeys(("Told", "FullyBooted")))
        async with aclosing(self.client.items()) as items:
            async for item in items:
                if isinstance(item, ConnectionBegan):
                    reader = FrameReader(dict.fromkeys(("Told", "FullyBooted")))
                if isinstance(item, Received):
                    self.frames += reader.feed(item.data, item.at)
                async with self._changed:
                    self.items.append(item)
                    self._changed.notify_all()

    async def until(self, seen: Callable[[], Any]) -> Any:
        async with asyncio.timeout(5), self._changed:
            return await self._changed.wait_for(seen)

    def told(self) -> list[str | None]:
        return [frame.get("Text") for frame in self.frames if frame.name == "Told"]

    def of(self, kind: type[Any]) -> list[Any]:
        return [item for item in self.items if isinstance(item, kind)]


def account(server: AmiServer, **other: Any) -> AmiAccount:
    return AmiAccount(
        **{"pbx": PbxId("pbx"), "host": "127.0.0.1", "port": server.port, "username": USERNAME, "secret": SECRET}
        | other
    )


@asynccontextmanager
async def listening(client: AmiClient) -> AsyncIterator[Listener]:
    listener = Listener(client)
    task = asyncio.create_task(listener.listen())
    try:
        yield listener
    finally:
        await client.close()
        await task


@asynccontextmanager
async def connected(timing: AmiTiming = CALM, **other: Any) -> AsyncIterator[tuple[AmiServer, AmiClient, Listener]]:
    """A server with a client that is logged in and has taken its snapshots."""
    async with ami_server() as server:
        client = AmiClient(account(server), clock=WallClock(), timing=timing, draw=lambda: 0.0, **other)
        async with listening(client) as listener:
            await server.wait_for(FIRST_SNAPSHOT[-1])
            await listener.until(lambda: listener.of(Received))
            yield server, client, listener


async def eventually(seen: Callable[[], Any]) -> None:
    """Until this is true, for five seconds at most."""
    for _ in range(500):
        if seen():
            return
        await asyncio.sleep(0.01)
    raise TimeoutError
