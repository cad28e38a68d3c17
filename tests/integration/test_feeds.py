"""A feed over its restarts: journal, stream and store go on with one count, and what fails begins again."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from itertools import count, islice
from pathlib import Path
from shutil import rmtree
from typing import Any

import pytest

from adapters.journal import Journal
from adapters.store import Store, open_store
from adapters.streams.memory import MemoryEventStream, MemoryLiveFeed, MemoryStreams
from callcenter.bootstrap import feeds
from callcenter.bootstrap.backbone import Backbone, Streams, SystemClock
from callcenter.codec import decode_batch
from callcenter.domain.batches import Batch
from callcenter.domain.errors import SettingsError, StoreUnavailable
from callcenter.ports import Archive
from callcenter.settings import AmiSettings, PbxSettings, Settings
from tests.support.agents import PBX
from tests.support.heard import batch
from workers.batches import BatchRecorder
from workers.recorder import GROUP
from workers.runner import Health

ADAPTER = "ami"


class Parts:
    """A backbone on a real store, a stream in memory and journals on disk."""

    def __init__(self, folder: Path, store: Store) -> None:
        self.server = MemoryStreams(SystemClock())
        self.folder = folder
        self.store = store
        self.stream = MemoryEventStream(self.server)

    def backbone(self, store: Any = None) -> Backbone:
        settings = Settings(data_dir=self.folder)
        server: Any = None
        live_feed = MemoryLiveFeed(self.server)
        return Backbone(settings, SystemClock(), Streams(server, self.stream, live_feed), store or self.store)

    @property
    def journal(self) -> Path:
        return self.folder / "journal" / PBX / ADAPTER

    def published(self) -> list[int]:
        return [seq for seq, _, _ in self.server.events.get(PBX, {}).values()]

    async def feed(self, batches: int) -> None:
        """Let an adapter hear so much."""
        await feeds.feed_once(self.backbone(), PBX, ADAPTER, hearing(batches))

    async def record(self) -> None:
        await BatchRecorder(PBX, self.store.ledger).record(
            [batch([], seq, adapter=ADAPTER) for seq in self.published()]
        )


def hearing(batches: int) -> feeds.Source:
    """A source of so many batches, numbered by the journal."""

    async def opened(journal: Journal) -> AsyncGenerator[Batch]:
        async def told() -> AsyncGenerator[Batch]:
            for _ in range(batches):
                yield batch([], journal.next_seq(), adapter=ADAPTER)

        return told()

    return opened


@pytest.fixture
async def parts(tmp_path: Path, sqlite_url: str) -> AsyncIterator[Parts]:
    async with await open_store(sqlite_url) as store:
        yield Parts(tmp_path / "data", store)


async def test_numbers_go_on_over_restarts(parts: Parts) -> None:
    await parts.feed(2)
    await parts.feed(3)
    assert parts.published() == [1, 2, 3, 4, 5]


async def test_what_the_stream_lost_comes_first(parts: Parts) -> None:
    await parts.feed(2)
    parts.server.wipe()
    await parts.feed(1)
    assert parts.published() == [1, 2, 3]


async def test_what_the_stream_lost_and_the_store_has_does_not_come_again(parts: Parts) -> None:
    await parts.feed(2)
    await parts.record()
    await parts.feed(1)
    parts.server.wipe()
    await parts.feed(1)
    assert parts.published() == [3, 4]
    await parts.record()
    assert await parts.store.archive.recorded_seq(PBX, ADAPTER) == 4


async def test_a_lost_journal_does_not_begin_to_count_anew(parts: Parts) -> None:
    await parts.feed(2)
    rmtree(parts.journal)
    await parts.feed(1)
    assert parts.published() == [1, 2, 3]


async def test_nor_do_a_lost_journal_and_a_lost_stream_if_the_store_knows(parts: Parts) -> None:
    await parts.feed(2)
    await parts.record()
    rmtree(parts.journal)
    parts.server.wipe()
    await parts.feed(1)
    assert parts.published() == [3]
    await parts.record()
    report = await parts.store.archive.feed(PBX)
    assert report.gaps == ()
    assert await parts.store.archive.recorded_seq(PBX, ADAPTER) == 3


async def test_a_feed_keeps_its_journal_short_while_it_runs(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(feeds, "_UPKEEP_SECONDS", 0.001)
    monkeypatch.setattr(Journal, "drop_below", lambda self, seq, *, older_than: asked.append(seq) or 0)
    await parts.feed(2)
    await parts.record()

    async def quiet(journal: Journal) -> AsyncGenerator[Batch]:
        async def told() -> AsyncGenerator[Batch]:
            async with asyncio.timeout(5):
                while 3 not in asked:
                    await asyncio.sleep(0.001)
            return
            yield

        return told()

    await feeds.feed_once(parts.backbone(), PBX, ADAPTER, quiet)
    assert set(asked) <= {1, 3}
    after = len(asked)
    await asyncio.sleep(0.02)
    assert len(asked) == after


class Shaky:
    """A store that is away at first."""

    def __init__(self, store: Store, failures: int) -> None:
        self.archive: Archive = self  # type: ignore[assignment]
        self.ledger = store.ledger
        self._archive = store.archive
        self._failures = count(-failures)

    def __getattr__(self, name: str) -> Any:
        if next(self._failures) < 0:
            raise StoreUnavailable("db", "down")
        return getattr(self._archive, name)


async def test_a_feed_whose_store_is_away_begins_again(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "_AGAIN_SECONDS", 0.001)
    await feeds._keep_feeding(parts.backbone(Shaky(parts.store, 3)), PBX, ADAPTER, hearing(2), Health())
    assert parts.published() == [1, 2]


async def test_a_source_that_breaks_off_begins_again(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "_AGAIN_SECONDS", 0.001)
    closed: list[int] = []
    attempts = count(1)

    async def breaking(journal: Journal) -> AsyncGenerator[Batch]:
        attempt = next(attempts)

        async def told() -> AsyncGenerator[Batch]:
            try:
                yield batch([], journal.next_seq(), adapter=ADAPTER)
                if attempt < 3:
                    raise OSError("disk")
            finally:
                closed.append(attempt)

        return told()

    await feeds._keep_feeding(parts.backbone(), PBX, ADAPTER, breaking, Health())
    assert parts.published() == [1, 2, 3]
    assert closed == [1, 2, 3]


async def test_a_cancelled_feed_lets_its_journal_go(parts: Parts, tmp_path: Path) -> None:
    log = tmp_path / "queue_log"
    log.write_text("1795424764|NONE|NONE|NONE|QUEUESTART|\n")
    pbx = PbxSettings(name=PBX, queue_log=log)
    for _ in range(2):
        task = asyncio.create_task(feeds.queue_log_feed(parts.backbone(), pbx, Health()))
        async with asyncio.timeout(5):
            while not parts.published():
                await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        parts.server.wipe()
    with Journal.opened(parts.folder / "journal" / PBX / "queue_log") as journal:
        assert next(islice(journal.after(0), 1), None) is not None


# --- where no store is in reach ---


def remote(parts: Parts) -> Backbone:
    server: Any = None
    streams = Streams(server, parts.stream, MemoryLiveFeed(parts.server))
    return Backbone(Settings(data_dir=parts.folder), SystemClock(), streams, None)


async def follow_until(parts: Parts, pbx: PbxSettings, rows: int) -> None:
    """Run the feed of a log until the stream has so many of its rows, each once."""
    task = asyncio.create_task(feeds.queue_log_feed(remote(parts), pbx, Health()))
    async with asyncio.timeout(10):
        while len(rows_published(parts)) < rows:
            await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def rows_published(parts: Parts) -> list[bytes]:
    payloads = [payload for _, _, payload in parts.server.events.get(PBX, {}).values()]
    return [event.event_id for payload in payloads for event in decode_batch(payload).events]


async def test_what_the_recorder_acknowledged_need_not_be_kept(parts: Parts) -> None:
    backbone = remote(parts)
    await feeds.feed_once(backbone, PBX, ADAPTER, hearing(3))
    assert await backbone.recorded.recorded_seq(PBX, ADAPTER) == 0
    await parts.stream.join(PBX, GROUP)
    found = await parts.stream.read(PBX, GROUP, "one", limit=2, wait_seconds=0)
    await parts.stream.acknowledge(PBX, GROUP, [one.entry_id for one in found])
    assert await backbone.recorded.recorded_seq(PBX, ADAPTER) == 2


async def test_without_a_store_all_that_the_journal_has_comes_again_after_a_wipe(parts: Parts) -> None:
    await feeds.feed_once(remote(parts), PBX, ADAPTER, hearing(3))
    parts.server.wipe()
    await feeds.feed_once(remote(parts), PBX, ADAPTER, hearing(1))
    assert parts.published() == [1, 2, 3, 4]


async def test_a_log_goes_on_where_the_journal_or_else_the_stream_has_it(parts: Parts, tmp_path: Path) -> None:
    log = tmp_path / "queue_log"
    pbx = PbxSettings(name=PBX, queue_log=log)
    told = []
    for at, lost in enumerate(("nothing", "journal", "nothing", "both")):
        with log.open("a") as file:
            file.write(f"{1795424764 + at}|NONE|sales|Ann|PAUSE|\n")
        await follow_until(parts, pbx, at + 1)
        told = rows_published(parts)
        assert len(told) == len(set(told)) == at + 1
        if lost != "nothing":
            rmtree(parts.folder / "journal")
        if lost == "both":
            parts.server.wipe()
    await follow_until(parts, pbx, len(told))
    assert rows_published(parts) == told


async def test_a_secret_that_cannot_be_read_is_told_at_once(parts: Parts, tmp_path: Path) -> None:
    ami = AmiSettings(host="127.0.0.1", username="cc", secret_file=tmp_path / "gone")
    with pytest.raises(SettingsError) as caught:
        await feeds.ami_feed(parts.backbone(), PbxSettings(name=PBX, ami=ami), Health())
    assert caught.value.file == str(tmp_path / "gone")


@pytest.mark.parametrize("content", [None, b"no certificate"])
async def test_an_authority_that_is_none_is_told_at_once(parts: Parts, tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_bytes(content)
    ami = AmiSettings(host="127.0.0.1", username="cc", secret="x", tls=True, tls_ca_file=file)
    with pytest.raises(SettingsError) as caught:
        await feeds.ami_feed(parts.backbone(), PbxSettings(name=PBX, ami=ami), Health())
    assert (caught.value.file, caught.value.key) == (str(file), "pbx.ami.tls_ca_file")


def test_recordings_never_overwrite_each_other(tmp_path: Path) -> None:
    taken = []
    for _ in range(3):
        folder = feeds._new_folder(tmp_path, PBX)
        folder.mkdir()
        (folder / "ami.raw.gz").touch()
        taken.append(folder.name)
    assert taken == ["lab", "lab-2", "lab-3"]
