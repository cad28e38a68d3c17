"""The implementations that the contracts of EventStream and LiveFeed are held against."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from adapters.streams.keys import Keys
from adapters.streams.link import connect
from adapters.streams.live_feed import RedisLiveFeed
from adapters.streams.memory import MemoryEventStream, MemoryLiveFeed, MemoryStreams
from adapters.streams.redis import RedisEventStream
from callcenter.domain.ids import PbxId
from callcenter.ports import EventStream, LiveFeed

PBX = PbxId("pbx 1 {上海}")


@dataclass
class Subject:
    """A server and how to reach it. Each event stream that is opened is as another process."""

    open: Callable[[], EventStream]
    open_feed: Callable[[int], LiveFeed]
    lose_everything: Callable[[], Awaitable[None]]
    lose_group: Callable[[PbxId, str], Awaitable[None]]


class Now:
    """The real clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


@pytest.fixture(params=["memory", "valkey_server", "redis_server"])
def server_url(request: pytest.FixtureRequest) -> str | None:
    """Each server in turn; None stands for memory."""
    return None if request.param == "memory" else request.getfixturevalue(request.param).url


@pytest.fixture
async def subject(server_url: str | None) -> AsyncIterator[Subject]:
    if server_url is None:
        yield memory_subject()
        return
    link = connect(server_url)
    await link.client.flushall()

    async def lose_group(pbx: PbxId, group: str) -> None:
        await link.client.xgroup_destroy(Keys().events(pbx), group)

    yield Subject(
        open=lambda: RedisEventStream(link),
        open_feed=lambda keep: RedisLiveFeed(link, keep_entries=keep),
        lose_everything=link.client.flushall,
        lose_group=lose_group,
    )
    await link.close()


def memory_subject() -> Subject:
    server = MemoryStreams(Now())

    async def lose_everything() -> None:
        server.wipe()

    async def lose_group(pbx: PbxId, group: str) -> None:
        del server.groups[pbx, group]

    return Subject(
        open=lambda: MemoryEventStream(server),
        open_feed=lambda keep: MemoryLiveFeed(server, keep_entries=keep),
        lose_everything=lose_everything,
        lose_group=lose_group,
    )


@pytest.fixture
def stream(subject: Subject) -> EventStream:
    return subject.open()


@pytest.fixture
def pbx() -> PbxId:
    """A PBX whose name needs escaping."""
    return PBX
