"""From an adapter to the stream: nothing is published that is not on disk, and what the stream lost comes back."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from adapters.journal import Journal
from adapters.streams.memory import MemoryEventStream, MemoryStreams
from callcenter.codec import decode_batch
from callcenter.domain.batches import Batch
from callcenter.domain.errors import StreamUnavailable
from callcenter.domain.ids import PbxId
from tests.support.agents import PBX, at
from tests.support.api import SetClock
from tests.support.archive import ListArchive
from tests.support.heard import batch
from workers import feeder as module
from workers.feeder import Feeder
from workers.journal_upkeep import KEPT, JournalUpkeep

ADAPTER = "ami"


class Watched(MemoryEventStream):
    """Looks into the journal whenever something is published; may be away."""

    def __init__(self, server: MemoryStreams) -> None:
        super().__init__(server)
        self.journal: Journal | None = None
        self.away = False
        self.sizes: list[int] = []

    async def publish(self, pbx: PbxId, adapter: str, entries: Sequence[tuple[int, bytes]]) -> None:
        if self.away:
            raise StreamUnavailable("redis", "refused")
        if self.journal is not None:
            kept = dict(self.journal.after(0))
            assert all(kept.get(seq) == payload for seq, payload in entries)
        self.sizes.append(len(entries))
        await super().publish(pbx, adapter, entries)


class Source:
    """Batches, as an adapter gives them; knows whether it was closed."""

    def __init__(self, *seqs: int) -> None:
        self.closed = False
        self._seqs = seqs

    async def batches(self) -> AsyncGenerator[Batch]:
        try:
            for seq in self._seqs:
                yield batch([], seq, adapter=ADAPTER)
        finally:
            self.closed = True


class Line:
    """Journal, stream and feeder of one adapter, over restarts of the process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = SetClock(at(0))
        self.server = MemoryStreams(self.clock)
        self.stream = Watched(self.server)

    @contextmanager
    def feeder(self) -> Iterator[Feeder]:
        with Journal.opened(self.folder) as journal:
            self.stream.journal = journal
            yield Feeder(PBX, ADAPTER, self.stream, journal)

    def published(self) -> list[int]:
        entries = self.server.events.get(PBX, {}).values()
        assert all(decode_batch(payload).seq == seq for seq, _, payload in entries)
        return [seq for seq, adapter, _ in entries if adapter == ADAPTER]


@pytest.fixture
def line(tmp_path: Path) -> Line:
    return Line(tmp_path / "journal")


async def test_every_batch_is_on_disk_before_it_is_published(line: Line) -> None:
    with line.feeder() as feeder:
        await feeder.feed(Source(1, 2, 3).batches())
    assert line.published() == [1, 2, 3]


async def test_what_could_not_be_published_is_on_disk_and_comes_with_the_next_start(line: Line) -> None:
    source = Source(1, 2, 3)
    with line.feeder() as feeder:
        line.stream.away = True
        with pytest.raises(StreamUnavailable):
            await feeder.feed(source.batches())
        assert source.closed
    line.stream.away = False
    with line.feeder() as feeder:
        assert await feeder.catch_up() == 1
        await feeder.feed(Source(2, 3).batches())
    assert line.published() == [1, 2, 3]


async def test_a_disk_that_is_full_publishes_nothing(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError("no space left on device")

    source = Source(1, 2)
    with line.feeder() as feeder:
        monkeypatch.setattr(Journal, "append", full)
        with pytest.raises(OSError, match="no space"):
            await feeder.feed(source.batches())
    assert line.published() == []
    assert source.closed


async def test_what_the_stream_has_is_not_published_again(line: Line) -> None:
    with line.feeder() as feeder:
        await feeder.feed(Source(1, 2, 3).batches())
        assert await feeder.catch_up() == 0
    assert line.published() == [1, 2, 3]


async def test_what_the_stream_lost_is_published_again(line: Line) -> None:
    with line.feeder() as feeder:
        await feeder.feed(Source(1, 2, 3).batches())
    line.server.wipe()
    with line.feeder() as feeder:
        assert await feeder.catch_up() == 3
    assert line.published() == [1, 2, 3]


async def test_what_the_stream_lost_and_the_store_has_is_not_published_again(line: Line) -> None:
    with line.feeder() as feeder:
        await feeder.feed(Source(1, 2, 3, 4).batches())
        line.server.wipe()
        assert await feeder.catch_up(recorded_seq=3) == 1
        assert line.published() == [4]
        assert await feeder.catch_up(recorded_seq=3) == 0


async def test_what_another_adapter_published_does_not_count(line: Line) -> None:
    with line.feeder() as feeder:
        await feeder.feed(Source(1, 2).batches())
        line.server.wipe()
        await MemoryEventStream(line.server).publish(PBX, "queue_log", [(9, b"")])
        assert await feeder.catch_up() == 2


async def test_much_is_published_in_pieces(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REPUBLISHED_AT_ONCE", 3)
    with line.feeder() as feeder:
        await feeder.feed(Source(*range(1, 9)).batches())
        line.server.wipe()
        line.stream.sizes.clear()
        assert await feeder.catch_up() == 8
    assert line.stream.sizes == [3, 3, 2]
    assert line.published() == list(range(1, 9))


async def test_recorded_traffic_needs_no_journal(line: Line) -> None:
    feeder = Feeder(PBX, ADAPTER, line.stream, None)
    assert await feeder.catch_up() == 0
    await feeder.feed(Source(1, 2).batches())
    assert line.published() == [1, 2]


# --- what is done with ---


@asynccontextmanager
async def kept_short(folder: Path) -> AsyncIterator[tuple[Journal, ListArchive, SetClock, JournalUpkeep]]:
    """A journal whose records are a segment each, written now."""
    archive, clock = ListArchive(), SetClock(datetime.now().astimezone())
    with Journal.opened(folder, segment_bytes=1) as journal:
        yield journal, archive, clock, JournalUpkeep(PBX, ADAPTER, journal, archive, clock)


async def test_what_the_store_has_goes_after_a_day(tmp_path: Path) -> None:
    async with kept_short(tmp_path) as (journal, archive, clock, upkeep):
        for seq in (1, 2, 3, 4):
            journal.append([(seq, b"batch")])
        assert await upkeep.run_once() == 0
        archive.recorded[PBX, ADAPTER] = 2
        assert await upkeep.run_once() == 0  # not a day old
        clock.at += KEPT + timedelta(seconds=2)
        assert await upkeep.run_once() == 2
        assert [seq for seq, _ in journal.after(0)] == [3, 4]
        assert await upkeep.run_once() == 0
        archive.recorded[PBX, ADAPTER] = 4
        assert await upkeep.run_once() == 2
        assert [seq for seq, _ in journal.after(0)] == []
        assert journal.next_seq() == 5


async def test_what_the_store_lacks_stays_however_old(tmp_path: Path) -> None:
    async with kept_short(tmp_path) as (journal, archive, clock, upkeep):
        journal.append([(1, b"batch")])
        archive.recorded[PBX, "queue_log"] = 9
        clock.at += 30 * KEPT
        assert await upkeep.run_once() == 0
        assert [seq for seq, _ in journal.after(0)] == [1]
