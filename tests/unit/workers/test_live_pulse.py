"""What the live worker tells of a PBX on which nothing happens: that it is heard."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from adapters.streams.memory import MemoryEventStream, MemoryLiveFeed, MemoryStreams
from callcenter.codec import encode_batch, pack_raw
from callcenter.domain.batches import Batch, SourceProgress
from callcenter.domain.calls.events import LegEnded
from callcenter.domain.event import Event
from callcenter.domain.feed import FeedRestored
from callcenter.domain.ids import EventId, LegId, PbxId, Source
from callcenter.domain.policies import SitePolicies
from tests.support.api import SetClock
from workers.live import PULSE_SECONDS, LiveFloor

PBX = PbxId("pbx1")
START = datetime(2026, 11, 23, 9, tzinfo=UTC)


class Quiet:
    """A live worker on a PBX whose batches tell no events."""

    def __init__(self) -> None:
        self.clock = SetClock(START)
        streams = MemoryStreams(self.clock)
        self.stream, self.feed = MemoryEventStream(streams), MemoryLiveFeed(streams)
        self.worker = LiveFloor(PBX, self.stream, self.feed, self.clock, SitePolicies(), wait_seconds=0)

    async def hear(self, *events: Event) -> None:
        progress = SourceProgress(source=Source.AMI, connection="c", offset=0, frames=0)
        raw = pack_raw(b"" for _ in events)
        batch = Batch(pbx=PBX, adapter="a", seq=1, received_at=self.clock.at, events=events, raw=raw, progress=progress)
        await self.stream.publish(PBX, "a", [(1, encode_batch(batch))])
        await self.worker.run_once()

    async def told(self) -> list[tuple[str, Any]]:
        return [(kind, msgspec.json.decode(body)) for _, kind, body in await self.feed.latest(PBX)]


async def test_a_pbx_that_is_heard_is_told_of_although_nothing_changes() -> None:
    quiet = Quiet()
    await quiet.hear()
    assert [kind for kind, _ in await quiet.told()] == ["snapshot"]
    for _ in range(6):
        quiet.clock.at += timedelta(seconds=PULSE_SECONDS / 2)
        await quiet.hear()
    told = await quiet.told()
    assert [kind for kind, _ in told] == ["snapshot", "delta", "delta", "delta"]
    assert [body["queues"] for _, body in told] == [{}, {}, {}, {}]
    assert told[-1][1]["as_of"] == "2026-11-23T09:00:15.000000Z"


async def test_a_pbx_that_is_not_heard_is_not_told_of() -> None:
    quiet = Quiet()
    await quiet.hear()
    for _ in range(6):
        quiet.clock.at += timedelta(seconds=PULSE_SECONDS)
        await quiet.worker.run_once()
    assert len(await quiet.told()) == 1


async def test_the_offset_says_how_far_the_pbx_is_ahead() -> None:
    quiet = Quiet()
    await quiet.hear(ended_at(START + timedelta(seconds=90)))
    assert (await quiet.told())[-1][1]["pbx"]["clock_offset_seconds"] == 90.0


async def test_what_we_note_ourselves_says_nothing_of_a_clock_that_is_behind() -> None:
    quiet = Quiet()
    event_id = EventId(b"0" * 16)
    await quiet.hear(FeedRestored(event_id=event_id, occurred_at=START, pbx=PBX, source=Source.AMI, connection="c"))
    await quiet.hear(ended_at(START - timedelta(seconds=90)))
    quiet.clock.at += timedelta(seconds=PULSE_SECONDS)
    await quiet.hear(ended_at(START - timedelta(seconds=90)))  # took five seconds: delay only adds
    assert (await quiet.told())[-1][1]["pbx"]["clock_offset_seconds"] == -90.0


def ended_at(at: datetime) -> LegEnded:
    """Something that bears the PBX's own time."""
    return LegEnded(event_id=EventId(b"1" * 16), occurred_at=at, pbx=PBX, source=Source.AMI, leg=LegId("1.1"))
