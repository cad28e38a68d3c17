"""The live worker: silent while it catches up, then a snapshot, then what changes, whatever happens on the way."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import msgspec
import pytest

from adapters.streams.memory import MemoryEventStream, MemoryLiveFeed, MemoryStreams
from callcenter.codec import encode_batch
from callcenter.domain.agents.assignments import Assignment
from callcenter.domain.agents.events import MemberPaused
from callcenter.domain.calls.events import CallLeftQueue, CallOffered
from callcenter.domain.errors import StreamUnavailable
from callcenter.domain.event import Event
from callcenter.domain.feed import FeedLost, FeedRestored
from callcenter.domain.ids import AgentId, MemberRef, PbxId
from callcenter.domain.policies import SitePolicies
from callcenter.ports import Delivery, Said
from tests.support.agents import PBX, at
from tests.support.api import SetClock
from tests.support.heard import batch, told
from tests.support.people import ListPeople
from workers import live as module
from workers.live import LiveFloor

START = datetime(2026, 3, 2, 9, tzinfo=UTC)


class Unsteady(MemoryEventStream):
    """Breaks off each time that it is asked to."""

    def __init__(self, server: MemoryStreams) -> None:
        super().__init__(server)
        self.breaks = False
        self.followed_after: list[str] = []

    async def follow(self, pbx: PbxId, *, after: str, wait_seconds: float) -> AsyncIterator[list[Delivery]]:
        self.followed_after.append(after)
        async for found in super().follow(pbx, after=after, wait_seconds=wait_seconds):
            if self.breaks:
                raise StreamUnavailable("redis", "reset")
            yield found


class Deaf(MemoryLiveFeed):
    """Takes nothing while it is away."""

    away = False

    async def publish(self, pbx: PbxId, kind: str, body: bytes) -> str:
        if self.away:
            raise StreamUnavailable("redis", "refused")
        return await super().publish(pbx, kind, body)


class Stage:
    """A stream with its live worker, and what a page would be told."""

    def __init__(self) -> None:
        self.clock = SetClock(START)
        self.server = MemoryStreams(self.clock)
        self.stream, self.feed = Unsteady(self.server), Deaf(self.server)
        self.worker = LiveFloor(PBX, self.stream, self.feed, self.clock, SitePolicies(), wait_seconds=0)
        self._seqs = count(1)

    async def publish(self, *events: Event, ago: float = 0) -> None:
        """A batch that was received so many seconds ago."""
        seq = next(self._seqs)
        received_at = self.clock.at - timedelta(seconds=ago)
        await self.stream.publish(PBX, "a", [(seq, encode_batch(batch(events, seq, received_at=received_at)))])

    async def told(self) -> list[tuple[str, Any]]:
        """All since the last snapshot."""
        return [(kind, msgspec.json.decode(body)) for _, kind, body in await self.feed.latest(PBX)]

    async def kinds(self) -> list[str]:
        return [kind for kind, _ in await self.told()]

    async def waiting(self) -> list[str]:
        """Who waits by all that was told."""
        queues: dict[str, Any] = {}
        for _, body in await self.told():
            queues |= body["queues"]
        return sorted(waiter["leg"] for queue in queues.values() for waiter in queue["waiting"])


@pytest.fixture
def stage() -> Stage:
    return Stage()


def joins(seconds: float, leg: str) -> Event:
    return told(CallOffered, seconds, leg=leg, queue="sales")


def leaves(seconds: float, leg: str) -> Event:
    return told(CallLeftQueue, seconds, leg=leg, queue="sales")


async def test_the_past_is_folded_in_silence_and_told_at_once(stage: Stage) -> None:
    await stage.publish(joins(0, "1.1"), joins(1, "1.2"), ago=600)
    await stage.publish(leaves(2, "1.1"), ago=599)
    assert await stage.worker.run_once() == 2
    assert await stage.told() == []
    assert await stage.worker.run_once() == 0
    assert await stage.kinds() == ["snapshot"]
    assert await stage.waiting() == ["1.2"]


async def test_on_a_pbx_that_is_never_quiet_the_past_ends_with_what_arrives_now(stage: Stage) -> None:
    await stage.publish(joins(0, "1.1"), ago=600)
    await stage.worker.run_once()
    assert await stage.told() == []
    await stage.publish(joins(1, "1.2"))
    await stage.worker.run_once()
    assert await stage.kinds() == ["snapshot"]
    assert await stage.waiting() == ["1.1", "1.2"]


async def test_only_what_changes_is_told(stage: Stage) -> None:
    await stage.worker.run_once()
    await stage.publish(joins(0, "1.1"))
    await stage.worker.run_once()
    assert await stage.kinds() == ["snapshot", "delta"]
    await stage.publish(leaves(1, "1.9"))  # of whom nobody knew
    await stage.publish()
    await stage.worker.run_once()
    await stage.worker.run_once()
    assert await stage.kinds() == ["snapshot", "delta"]
    await stage.publish(leaves(1, "1.1"))
    await stage.worker.run_once()
    assert await stage.kinds() == ["snapshot", "delta", "delta"]
    assert list((await stage.told())[-1][1]["queues"]) == ["sales"]


async def test_a_lost_feed_is_told_at_once(stage: Stage) -> None:
    await stage.publish(told(FeedRestored, 0, connection="c1"))
    await stage.worker.run_once()
    await stage.publish(told(FeedLost, 9, connection="c1", reason="reset"))
    await stage.worker.run_once()
    (_, before), (_, after) = await stage.told()
    assert (before["pbx"]["state"], after["pbx"]["state"]) == ("live", "lost")


async def test_a_reader_that_failed_is_replaced_and_goes_on_where_it_was(stage: Stage) -> None:
    await stage.publish(joins(0, "1.1"))
    await stage.worker.run_once()
    await stage.publish(joins(1, "1.2"))
    stage.stream.breaks = True
    for _ in range(2):
        with pytest.raises(StreamUnavailable):
            await stage.worker.run_once()
    stage.stream.breaks = False
    assert await stage.worker.run_once() == 1
    assert await stage.waiting() == ["1.1", "1.2"]
    first = next(iter(stage.server.events[PBX]))
    assert stage.stream.followed_after == ["0", first, first]


async def test_what_could_not_be_told_is_told_as_soon_as_it_can_be(stage: Stage) -> None:
    await stage.worker.run_once()
    await stage.publish(joins(0, "1.1"))
    stage.feed.away = True
    with pytest.raises(StreamUnavailable):
        await stage.worker.run_once()
    with pytest.raises(StreamUnavailable):
        await stage.worker.run_once()
    stage.feed.away = False
    await stage.worker.run_once()
    assert await stage.waiting() == ["1.1"]
    await stage.publish(joins(1, "1.2"))
    await stage.worker.run_once()
    assert await stage.waiting() == ["1.1", "1.2"]
    assert (await stage.kinds())[-1] == "delta"


async def test_the_first_snapshot_is_told_even_if_that_fails_at_first(stage: Stage) -> None:
    await stage.publish(joins(0, "1.1"))
    stage.feed.away = True
    with pytest.raises(StreamUnavailable):
        await stage.worker.run_once()
    stage.feed.away = False
    await stage.worker.run_once()
    assert await stage.kinds() == ["snapshot"]
    assert await stage.waiting() == ["1.1"]


async def test_a_late_reader_never_has_much_to_catch_up_with(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SNAPSHOT_EVERY", 3)
    await stage.worker.run_once()
    for seconds in range(10):
        await stage.publish(joins(seconds, f"1.{seconds}"))
        await stage.worker.run_once()
        assert len(await stage.told()) <= 4
        assert len(await stage.waiting()) == seconds + 1


async def test_what_is_no_batch_is_passed_over(stage: Stage) -> None:
    await stage.stream.publish(PBX, "a", [(1, b"\xc1")])
    await stage.publish(joins(0, "1.1"))
    await stage.worker.run_once()
    assert await stage.waiting() == ["1.1"]


async def test_time_is_that_of_the_pbx(stage: Stage) -> None:
    """Entries are told as the PBX dates them, and how far its clock is ahead beside them."""
    stage.clock.at = at(-7200)
    await stage.publish(joins(0, "1.1"))
    await stage.worker.run_once()
    ((_, body),) = await stage.told()
    assert body["pbx"]["clock_offset_seconds"] == 7200.0
    assert body["queues"]["sales"]["longest_wait_since"] == "2026-03-02T08:00:00.000000Z"
    assert body["as_of"] == "2026-03-02T06:00:00.000000Z"


async def test_a_clock_that_is_set_is_followed_within_a_minute(stage: Stage) -> None:
    """Later or earlier; what comes late meanwhile says nothing."""
    for ahead in (0, -600, 600, -3):
        for late in (0, 20, 0):
            await stage.publish(joins((stage.clock.at - at(0)).total_seconds() + ahead - late, "1.1"))
            await stage.worker.run_once()
            stage.clock.at += timedelta(seconds=50)
        assert stage.worker._state.clock_offset_seconds == ahead


async def test_what_comes_late_is_no_word_on_the_clock(stage: Stage) -> None:
    for late in (5, 0, 30, 8):
        await stage.publish(joins((stage.clock.at - at(0)).total_seconds() - late, "1.1"))
        await stage.worker.run_once()
        stage.clock.at += timedelta(seconds=15)
    assert stage.worker._state.clock_offset_seconds == 0.0


async def test_a_correction_is_on_the_floor_and_off_it_again(stage: Stage) -> None:
    """And who takes the desk at an hour has it from then on, though nothing happens on the PBX."""
    people, desk = ListPeople(), MemberRef("Local/1001@from-queue/n", "1001")
    stage.worker = LiveFloor(PBX, stage.stream, stage.feed, stage.clock, SitePolicies(), people, wait_seconds=0)
    ann = Assignment(person=AgentId("ann"), pbx=PBX, interface=desk.interface)
    bob = Assignment(person=AgentId("bob"), pbx=PBX, interface=desk.interface, since=START + timedelta(seconds=60))

    async def shown() -> list[str]:
        stage.clock.at += timedelta(seconds=3)
        for _ in range(3):
            await stage.worker.run_once()
        return sorted((await stage.told())[0][1]["agents"])

    paused = replace(told(MemberPaused, 0, queue="sales", member=desk), occurred_at=stage.clock.at)
    await stage.publish(paused)
    assert await shown() == ["1001"]
    await people.put([Said(ann), Said(bob)], by="test", at=START)
    assert await shown() == ["ann"]
    stage.clock.at += timedelta(seconds=60)
    assert await shown() == ["bob"]
    await people.remove([ann.assignment_id, bob.assignment_id], by="test", at=START)
    assert await shown() == ["1001"]
