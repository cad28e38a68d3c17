"""What the recorder acknowledges, what it repeats, what it buries: on a real store and a stream in memory."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from adapters.store import Store, open_store
from adapters.streams.memory import MemoryEventStream, MemoryStreams
from callcenter.codec import encode_batch
from callcenter.domain.batches import Batch
from callcenter.domain.calls.events import CallOffered
from callcenter.domain.errors import CallCenterError, GroupLost, StoreRefused, StoreUnavailable
from callcenter.domain.ids import PbxId
from callcenter.ports import Ledger, VisitFilter
from tests.support.agents import PBX, at
from tests.support.api import SetClock
from tests.support.heard import batch, told
from workers import recorder as module
from workers.recorder import GROUP, MOST_DELIVERIES, Recorder


@dataclass
class Troubled:
    """The real ledger, with troubles: it may be away, refuse certain batches, or fail at the very end."""

    ledger: Ledger
    away: bool = False
    refused: dict[int, Exception] = field(default_factory=dict)
    fails_at_commit: bool = False

    @asynccontextmanager
    async def recording(self, pbx: PbxId) -> AsyncIterator[Any]:
        if self.away:
            raise StoreUnavailable("db", "down")
        async with self.ledger.recording(pbx) as recording:
            yield Refusing(recording, self.refused)
            if self.fails_at_commit:
                raise StoreUnavailable("db", "connection lost")


class Refusing:
    def __init__(self, recording: Any, refused: dict[int, Exception]) -> None:
        self._recording = recording
        self._refused = refused

    async def add(self, batches: Sequence[Batch]) -> Any:
        for one in batches:
            if one.seq in self._refused:
                raise self._refused[one.seq]
        return await self._recording.add(batches)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._recording, name)


class HardOfHearing(MemoryEventStream):
    """A stream that hears no acknowledgement for some PBXs."""

    def __init__(self, server: MemoryStreams, deaf: set[PbxId]) -> None:
        super().__init__(server)
        self._deaf = deaf

    async def acknowledge(self, pbx: PbxId, group: str, entry_ids: Sequence[str]) -> None:
        if pbx in self._deaf:
            raise OSError("connection reset")
        await super().acknowledge(pbx, group, entry_ids)


class Bench:
    """A recorder between a stream and a store."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.clock = SetClock(at(0))
        self.server = MemoryStreams(self.clock)
        self.stream = MemoryEventStream(self.server)
        self.ledger = Troubled(store.ledger)
        self.deaf: set[PbxId] = set()
        self.recorder = self.another()

    def another(self) -> Recorder:
        """A recorder as after a restart of the process."""
        ledger: Any = self.ledger
        return Recorder(PBX, HardOfHearing(self.server, self.deaf), ledger, wait_seconds=0)

    async def publish(self, *seqs: int) -> None:
        """A batch each, in which one caller enters a queue."""
        entries = [
            (seq, encode_batch(batch([told(CallOffered, seq, leg=f"1.{seq}", queue="sales")], seq))) for seq in seqs
        ]
        await self.stream.publish(PBX, "a", entries)

    async def recorded(self) -> set[str]:
        visits = await self.store.archive.visits(VisitFilter(pbx=PBX), cursor=None, limit=100)
        return {visit.leg for visit in visits.items}

    async def backlog(self) -> int:
        return await self.stream.backlog(PBX, GROUP)

    async def run(self, times: int) -> list[CallCenterError | Exception | int]:
        """What became of so many runs."""
        found: list[Any] = []
        for _ in range(times):
            try:
                found.append(await self.recorder.run_once())
            except (CallCenterError, OSError, KeyError) as error:
                found.append(error)
        return found


@pytest.fixture
async def bench(sqlite_url: str) -> AsyncIterator[Bench]:
    async with await open_store(sqlite_url) as store:
        yield Bench(store)


async def test_what_is_recorded_is_acknowledged(bench: Bench) -> None:
    await bench.publish(1, 2, 3)
    assert await bench.run(2) == [3, 0]
    assert await bench.recorded() == {"1.1", "1.2", "1.3"}
    assert await bench.backlog() == 0


async def test_nothing_is_acknowledged_before_it_is_committed(bench: Bench) -> None:
    await bench.publish(1, 2)
    bench.ledger.fails_at_commit = True
    (error,) = await bench.run(1)
    assert isinstance(error, StoreUnavailable)
    assert await bench.recorded() == set()
    assert await bench.backlog() == 2
    bench.ledger.fails_at_commit = False
    assert await bench.run(2) == [2, 0]
    assert await bench.recorded() == {"1.1", "1.2"}
    assert await bench.backlog() == 0


async def test_what_was_committed_and_not_acknowledged_is_no_second_visit(bench: Bench) -> None:
    await bench.publish(1, 2)
    bench.deaf.add(PBX)
    assert isinstance((await bench.run(1))[0], OSError)
    bench.deaf.clear()
    assert await bench.recorded() == {"1.1", "1.2"}
    assert await bench.run(2) == [2, 0]
    assert await bench.recorded() == {"1.1", "1.2"}
    assert await bench.backlog() == 0


async def test_after_a_restart_the_rest_comes_first(bench: Bench) -> None:
    await bench.publish(1)
    bench.ledger.away = True
    await bench.run(1)
    await bench.publish(2)
    bench.ledger.away = False
    bench.recorder = bench.another()
    assert await bench.run(3) == [1, 1, 0]
    assert await bench.recorded() == {"1.1", "1.2"}


@pytest.mark.parametrize("trouble", [StoreRefused("db", "value too long"), KeyError("leg")])
async def test_an_entry_that_cannot_be_recorded_is_buried_with_the_reason_and_the_rest_goes_on(
    bench: Bench, trouble: Exception
) -> None:
    await bench.publish(1, 2, 3)
    bench.ledger.refused[2] = trouble
    outcomes = await bench.run(MOST_DELIVERIES)
    assert outcomes == [trouble] * MOST_DELIVERIES
    assert await bench.stream.dead(PBX, limit=10) == []
    assert await bench.run(1) == [3]
    assert await bench.recorded() == {"1.1", "1.3"}
    ((_, reason, payload),) = await bench.stream.dead(PBX, limit=10)
    assert type(trouble).__name__ in reason
    assert str(trouble) in reason
    assert payload == encode_batch(batch([told(CallOffered, 2, leg="1.2", queue="sales")], 2))
    assert await bench.backlog() == 0
    await bench.publish(4)
    assert await bench.run(2) == [1, 0]
    assert "1.4" in await bench.recorded()


async def test_a_store_that_is_away_for_long_buries_nothing(bench: Bench) -> None:
    await bench.publish(1, 2)
    bench.ledger.away = True
    outcomes = await bench.run(4 * MOST_DELIVERIES)
    assert all(isinstance(outcome, StoreUnavailable) for outcome in outcomes)
    bench.ledger.away = False
    await bench.run(3)
    assert await bench.recorded() == {"1.1", "1.2"}
    assert await bench.stream.dead(PBX, limit=10) == []
    assert await bench.backlog() == 0


async def test_what_is_no_batch_is_buried_at_once_and_the_rest_is_recorded(bench: Bench) -> None:
    await bench.publish(1)
    await bench.stream.publish(PBX, "a", [(2, b"\xc1 not a batch"), (3, b"")])
    await bench.publish(4)
    assert await bench.run(2) == [4, 0]
    assert await bench.recorded() == {"1.1", "1.4"}
    letters = await bench.stream.dead(PBX, limit=10)
    assert [payload for _, _, payload in letters] == [b"", b"\xc1 not a batch"]
    assert all("BadEventField" in reason for _, reason, _ in letters)
    assert await bench.backlog() == 0


async def test_a_lost_group_is_joined_again_and_nothing_counts_twice(bench: Bench) -> None:
    await bench.publish(1, 2)
    await bench.run(1)
    bench.server.groups.clear()
    await bench.publish(3)
    (error,) = await bench.run(1)
    assert isinstance(error, GroupLost)
    assert await bench.run(2) == [3, 0]
    assert await bench.recorded() == {"1.1", "1.2", "1.3"}


async def test_a_wiped_stream_is_joined_again(bench: Bench) -> None:
    await bench.publish(1)
    await bench.run(1)
    bench.server.wipe()
    assert isinstance((await bench.run(1))[0], GroupLost)
    await bench.publish(2)
    assert await bench.run(1) == [1]
    assert await bench.recorded() == {"1.1", "1.2"}


async def test_now_and_then_what_is_done_with_is_dropped(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TRIM_EVERY", 2)
    for seq in (1, 2, 3, 4):
        await bench.publish(seq)
        await bench.run(1)
        bench.clock.at += timedelta(hours=1)
    kept = [seq for seq, _, _ in bench.server.events[PBX].values()]
    assert 1 not in kept
    assert 4 in kept
