"""An adapter in a process of its own: it hears one connection to its end and publishes what it tells.

    python -m bench.adapter SOURCE REDIS_URL [JOURNAL]

SOURCE is a port, heard as in production (our client, a batch for each read of the socket), or a recorded folder, read
as `callcenter replay` does. With a folder for a journal, everything is in it, synced, before it is published. `hearing`
drives such a process: it says when it is ready, begins when it is told to, and says when all is published.
"""

import asyncio
import logging
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager, nullcontext
from datetime import UTC, datetime
from functools import partial
from itertools import count
from pathlib import Path

from adapters.ami.account import AmiAccount
from adapters.ami.capture import open_capture
from adapters.ami.client import AmiClient
from adapters.ami.intake import Intake
from adapters.ami.source import ConnectionEnded, FrameSource, SourceItem
from adapters.journal import Journal
from adapters.streams.link import connect
from adapters.streams.redis import RedisEventStream
from bench.processes import Part, part, wait_until_told
from callcenter.batching import LIVE_EVENTS, RECORDED_EVENTS
from callcenter.bootstrap.collector import look_seldom
from callcenter.domain.ids import PbxId
from workers.feeder import Feeder

PBX = PbxId("bench")


class Hearing:
    """An adapter that is ready. `published` becomes the CPU seconds it took, once everything is published."""

    def __init__(self, adapter: Part) -> None:
        self._adapter = adapter
        self.published = asyncio.create_task(self._spent())

    def begin(self) -> None:
        """Connect, or open the folder, and go on to the end."""
        self._adapter.tell()

    async def _spent(self) -> float:
        return float(await self._adapter.said())


@asynccontextmanager
async def hearing(source: int | Path, redis_url: str, *, journal: bool) -> AsyncIterator[Hearing]:
    """An adapter for a port or a recorded folder, ready."""
    with tempfile.TemporaryDirectory() as folder:
        async with part("bench.adapter", str(source), redis_url, *([folder] if journal else [])) as adapter:
            yield Hearing(adapter)
            await adapter.ended()


class _Clock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class _OneConnection:
    """A source that ends with its first connection."""

    def __init__(self, client: AmiClient) -> None:
        self._client = client

    async def items(self) -> AsyncGenerator[SourceItem]:
        async with aclosing(self._client.items()) as items:
            async for item in items:
                yield item
                if isinstance(item, ConnectionEnded):
                    return


def _source(where: str) -> FrameSource:
    if not where.isdigit():
        return open_capture(Path(where))
    account = AmiAccount(pbx=PBX, host="127.0.0.1", port=int(where), username="bench", secret="bench")
    return _OneConnection(AmiClient(account, clock=_Clock()))


async def _hear(where: str, redis_url: str, journal: Journal | None) -> None:
    link, live = connect(redis_url), where.isdigit()
    intake = Intake(
        PBX,
        _source(where),
        adapter="ami",
        next_seq=journal.next_seq if journal else partial(next, count(1)),
        limit=LIVE_EVENTS if live else RECORDED_EVENTS,
        eager=live,
    )
    wait_until_told()
    began = time.process_time()
    await Feeder(PBX, "ami", RedisEventStream(link), journal).feed(intake.batches())
    print(time.process_time() - began, flush=True)
    await link.close()


def main(where: str, redis_url: str, folder: str = "") -> None:
    """Hear, with a journal in that folder if one is named."""
    logging.disable()  # the connection ends on purpose, and nobody lets us in again
    look_seldom()
    with Journal.opened(Path(folder)) if folder else nullcontext() as journal:
        asyncio.run(_hear(where, redis_url, journal))


if __name__ == "__main__":
    main(*sys.argv[1:])
