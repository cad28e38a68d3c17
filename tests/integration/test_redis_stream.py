"""The event stream on a real server, when the connection breaks, the server says no, or strangers were at the data."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from adapters.streams import embedded, link, packed
from adapters.streams.keys import Keys
from adapters.streams.link import Link, connect
from adapters.streams.redis import RedisEventStream
from callcenter.domain.errors import GroupLost, SettingsError, StreamRefused, StreamUnavailable
from callcenter.domain.ids import PbxId
from callcenter.ports import Delivery

PBX, GROUP, ME = PbxId("pbx1"), "recorder", "recorder-1"
EVENTS, DEAD = Keys().events(PBX), Keys().dead(PBX)


@pytest.fixture
async def valkey(valkey_url: str) -> AsyncIterator[Link]:
    opened = connect(valkey_url)
    yield opened
    await opened.close()


@pytest.fixture
def stream(valkey: Link) -> RedisEventStream:
    return RedisEventStream(valkey)


async def read(stream: RedisEventStream, *, limit: int = 100, wait_seconds: float = 0) -> list[Delivery]:
    return await stream.read(PBX, GROUP, ME, limit=limit, wait_seconds=wait_seconds)


def seqs(deliveries: Sequence[Delivery]) -> list[int]:
    return [delivery.seq for delivery in deliveries]


class Wire:
    """A server's socket with a knife: when the server has answered a request that holds ``cut_at``, it cuts.

    Passes one request and one answer at a time, which is how the streams under test talk.
    """

    def __init__(self, target: Path) -> None:
        self._target = target
        self.cut_at: bytes | None = None
        self.cuts = 0

    @asynccontextmanager
    async def at(self, path: Path) -> AsyncIterator[str]:
        server = await asyncio.start_unix_server(self._connected, path)
        try:
            yield f"unix://{path}"
        finally:
            server.close()
            await server.wait_closed()

    async def _connected(self, near_reader: asyncio.StreamReader, near: asyncio.StreamWriter) -> None:
        far_reader, far = await asyncio.open_unix_connection(self._target)
        while request := await near_reader.read(1 << 20):
            far.write(request)
            answer = await far_reader.read(1 << 20)
            if self.cut_at is not None and self.cut_at in request:
                self.cuts, self.cut_at = self.cuts + 1, None
                break
            near.write(answer)
        far.close()
        near.close()


@pytest.fixture
async def wire(valkey_server: embedded.EmbeddedServer) -> Wire:
    return Wire(Path(valkey_server.url.removeprefix("unix://")))


@pytest.fixture
async def cut_stream(wire: Wire, valkey: Link, tmp_path: Path) -> AsyncIterator[RedisEventStream]:
    """A stream whose answers can be cut off by the wire."""
    async with wire.at(tmp_path / "s") as url:
        opened = connect(url)
        yield RedisEventStream(opened)
        await opened.close()


class TestBrokenConnection:
    async def test_entries_whose_delivery_was_cut_off_are_delivered(
        self, stream: RedisEventStream, cut_stream: RedisEventStream, wire: Wire
    ) -> None:
        """They are pending for the reader, which never saw them, and would not if it asked for new ones only."""
        await cut_stream.join(PBX, GROUP)
        await stream.publish(PBX, "ami", [(1, b"one"), (2, b"two")])
        assert seqs(await read(cut_stream, limit=1)) == [1]
        wire.cut_at = b"XREADGROUP"
        assert [(d.seq, d.deliveries) for d in await read(cut_stream)] == [(1, 2), (2, 2)]
        assert wire.cuts == 1
        assert await read(cut_stream) == []

    async def test_entries_whose_claim_was_cut_off_are_delivered(
        self, stream: RedisEventStream, cut_stream: RedisEventStream, wire: Wire
    ) -> None:
        await cut_stream.join(PBX, GROUP)
        await stream.publish(PBX, "ami", [(1, b"one")])
        await stream.read(PBX, GROUP, "recorder-2", limit=10, wait_seconds=0)
        assert await read(cut_stream) == []
        await asyncio.sleep(0.15)
        wire.cut_at = b"XAUTOCLAIM"
        assert await cut_stream.claim(PBX, GROUP, ME, idle_seconds=0.1, limit=10) == []
        assert seqs(await read(cut_stream)) == [1]

    async def test_what_may_not_have_been_published_is_published_again(
        self, stream: RedisEventStream, cut_stream: RedisEventStream, wire: Wire
    ) -> None:
        await stream.join(PBX, GROUP)
        wire.cut_at = b"EXEC"
        await cut_stream.publish(PBX, "ami", [(1, b"one"), (2, b"two")])
        assert wire.cuts == 1
        assert seqs(await read(stream)) == [1, 2, 1, 2]

    async def test_a_reader_that_waits_outlives_a_restart(self, tmp_path: Path) -> None:
        server = await embedded.start(tmp_path / "v")
        opened = connect(server.url)
        stream = RedisEventStream(opened)
        await stream.join(PBX, GROUP)
        waiting = asyncio.create_task(read(stream, wait_seconds=20))
        await asyncio.sleep(0.05)
        await server.stop()
        server = await embedded.start(tmp_path / "v")
        other = connect(server.url)
        await RedisEventStream(other).publish(PBX, "ami", [(1, b"after")])
        assert seqs(await asyncio.wait_for(waiting, 10)) == [1]
        await opened.close()
        await other.close()
        await server.stop()

    async def test_a_server_that_stays_away_is_an_error_after_the_patience(self, tmp_path: Path) -> None:
        opened = connect(f"unix://{tmp_path}/nobody", patience_seconds=0.3)
        with pytest.raises(StreamUnavailable) as caught:
            await RedisEventStream(opened).publish(PBX, "ami", [(1, b"x")])
        assert caught.value.address == f"unix://{tmp_path}/nobody"
        await opened.close()

    async def test_a_server_that_falls_silent_is_an_error_too(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(link, "ANSWER_SECONDS", 0.2)
        monkeypatch.setattr(packed, "ANSWER_SECONDS", 0.2)

        async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read()
            writer.close()

        server = await asyncio.start_unix_server(silent, tmp_path / "s")
        opened = connect(f"unix://{tmp_path}/s", patience_seconds=0.5)
        with pytest.raises(StreamUnavailable):
            await asyncio.wait_for(RedisEventStream(opened).publish(PBX, "ami", [(1, b"x")]), 10)
        await opened.close()
        server.close()
        await server.wait_closed()


class TestServerSaysNo:
    async def test_for_good(self, stream: RedisEventStream, valkey: Link) -> None:
        await valkey.client.set(EVENTS, "a string")
        for attempt in (
            stream.publish(PBX, "ami", [(1, b"x")]),
            stream.join(PBX, GROUP),
            stream.last_entry(PBX, "ami"),
            stream.trim(PBX, below="5", keep_seconds=0),
        ):
            with pytest.raises(StreamRefused, match="WRONGTYPE"):
                await attempt

    async def test_for_now(self, valkey: Link, stream: RedisEventStream) -> None:
        """Memory full: publishing waits until there is room; what was half accepted is not there twice."""
        await stream.join(PBX, GROUP)
        await valkey.client.config_set("maxmemory", 1)
        publishing = asyncio.create_task(stream.publish(PBX, "ami", [(1, b"x"), (2, b"y")]))
        await asyncio.sleep(0.2)
        assert not publishing.done()
        await valkey.client.config_set("maxmemory", 0)
        await publishing
        assert seqs(await read(stream)) == [1, 2]

    async def test_for_now_but_too_long(self, valkey: Link, valkey_url: str) -> None:
        impatient = connect(valkey_url, patience_seconds=0.2)
        await valkey.client.config_set("maxmemory", 1)
        try:
            with pytest.raises(StreamUnavailable, match="maxmemory"):
                await RedisEventStream(impatient).publish(PBX, "ami", [(1, b"x")])
        finally:
            await valkey.client.config_set("maxmemory", 0)
            await impatient.close()

    async def test_a_wrong_password_at_once(self, valkey: Link, valkey_url: str) -> None:
        await valkey.client.acl_setuser("guest", enabled=True, passwords=["+right"], commands=["+ping"])
        wrong = connect(f"{valkey_url}?username=guest&password=wrong")
        with pytest.raises(StreamRefused) as caught:
            await asyncio.wait_for(RedisEventStream(wrong).last_entry(PBX, "ami"), 5)
        assert "wrong" not in caught.value.address
        await wrong.close()
        await valkey.client.acl_deluser("guest")

    async def test_errors_hold_no_payload(self, stream: RedisEventStream, valkey: Link) -> None:
        """A payload has callers in it, and errors are logged."""
        await valkey.client.set(DEAD, "a string")
        with pytest.raises(StreamRefused) as caught:
            await stream.bury(PBX, GROUP, Delivery("5-0", 1, "ami", b"+86 10 5555"), "reason")
        assert caught.value.answer.startswith("WRONGTYPE")

    @pytest.mark.parametrize("url", ["http://127.0.0.1", "127.0.0.1:6379", "redis://host:port"])
    def test_an_address_that_is_none(self, url: str) -> None:
        with pytest.raises(SettingsError):
            connect(url)


class TestGroupGoesWhileItIsWaitedFor:
    async def test_destroyed(self, stream: RedisEventStream, valkey: Link) -> None:
        await stream.join(PBX, GROUP)
        waiting = asyncio.create_task(read(stream, wait_seconds=20))
        await asyncio.sleep(0.05)
        await valkey.client.xgroup_destroy(EVENTS, GROUP)
        with pytest.raises(GroupLost):
            await asyncio.wait_for(waiting, 10)

    async def test_deleted_with_its_stream(self, stream: RedisEventStream, valkey: Link) -> None:
        await stream.join(PBX, GROUP)
        waiting = asyncio.create_task(read(stream, wait_seconds=20))
        await asyncio.sleep(0.05)
        await valkey.client.delete(EVENTS)
        with pytest.raises(GroupLost):
            await asyncio.wait_for(waiting, 10)


class TestStrangers:
    async def test_pending_entries_that_were_removed_are_reported_and_forgotten(self, valkey: Link) -> None:
        lost: list[tuple[str, str, list[str]]] = []
        stream = RedisEventStream(valkey, report_lost=lambda pbx, group, ids: lost.append((pbx, group, list(ids))))
        await stream.join(PBX, GROUP)
        await stream.publish(PBX, "ami", [(seq, b"x") for seq in range(1, 7)])
        taken = [d.entry_id for d in await read(stream)]
        await valkey.client.xdel(EVENTS, *taken[:2])
        await stream.join(PBX, GROUP)
        assert seqs(await read(stream, limit=2)) == [3, 4]
        assert lost == [(PBX, GROUP, taken[:2])]
        await valkey.client.xdel(EVENTS, taken[4])
        assert seqs(await stream.claim(PBX, GROUP, "other", idle_seconds=0, limit=10)) == [3, 4, 6]
        assert lost[1:] == [(PBX, GROUP, [taken[4]])]
        assert await stream.backlog(PBX, GROUP) == 3

    async def test_an_entry_that_is_none_of_ours_goes_the_way_of_what_cannot_be_decoded(
        self, stream: RedisEventStream, valkey: Link
    ) -> None:
        await stream.join(PBX, GROUP)
        await valkey.client.xadd(EVENTS, {"hello": "world"})
        await valkey.client.xadd(EVENTS, {"seq": "minus one", "adapter": b"\xff", "batch": b"\xff"})
        first, second = await read(stream)
        assert (first.seq, first.adapter, first.payload) == (0, "", b"")
        assert (second.seq, second.adapter, second.payload) == (0, "�", b"\xff")


class TestPacked:
    async def test_writes_the_same_as_the_public_pipeline(self, valkey: Link) -> None:
        entries = [(seq, bytes([seq % 256]) * seq) for seq in range(300)]
        await packed.add_all("by hand", "ami 上海", entries, valkey.client)
        await packed.add_by_pipeline("by pipeline", "ami 上海", entries, valkey.client)
        by_hand, by_pipeline = [
            [fields for _, fields in await valkey.client.xrange(key)] for key in ("by hand", "by pipeline")
        ]
        assert by_hand == by_pipeline
        assert len(by_hand) == 300

    async def test_the_pipeline_stands_in_where_hiredis_is_missing(
        self, valkey: Link, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(packed, "hiredis", None)
        await packed.add_all("k", "ami", [(1, b"x")], valkey.client)
        assert await valkey.client.xlen("k") == 1

    async def test_is_all_or_nothing(self, valkey: Link, stream: RedisEventStream) -> None:
        """A reader never sees a part of a transaction."""
        seen: set[int] = set()

        async def watch() -> None:
            async for page in stream.follow(PBX, after="0", wait_seconds=0.01):
                seen.add(len(page))
                if page and page[-1].seq == 200:
                    return

        watching = asyncio.create_task(watch())
        for first in range(1, 201, 10):
            await stream.publish(PBX, "ami", [(seq, b"x") for seq in range(first, first + 10)])
        await watching
        assert all(length % 10 == 0 for length in seen)

    async def test_a_cancelled_publisher_leaves_no_answers_to_the_next(self, stream: RedisEventStream) -> None:
        await stream.join(PBX, GROUP)
        for seq in range(1, 31):
            publishing = asyncio.create_task(stream.publish(PBX, "ami", [(seq, b"x" * 10_000)] * 20))
            for _ in range(seq % 6):
                await asyncio.sleep(0)
            publishing.cancel()
            await asyncio.wait([publishing])
            assert isinstance(await stream.backlog(PBX, GROUP), int)
        await stream.publish(PBX, "ami", [(99, b"last")])
        last = await stream.last_entry(PBX, "ami")
        assert last is not None
        assert last.seq == 99
