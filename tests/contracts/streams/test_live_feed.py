"""What every LiveFeed promises."""

import asyncio

from callcenter.domain.ids import PbxId
from callcenter.ports import LiveFeed

from .conftest import Subject


def words(entries: list[tuple[str, str, bytes]]) -> list[str]:
    return [body.decode() for _, _, body in entries]


async def publish(feed: LiveFeed, pbx: PbxId, text: str) -> list[str]:
    """Publish words; those that begin with S are snapshots. Returns their ids."""
    return [
        await feed.publish(pbx, "snapshot" if word.startswith("S") else "delta", word.encode()) for word in text.split()
    ]


async def picture(feed: LiveFeed, pbx: PbxId, after: str, wait_seconds: float = 0.0) -> list[tuple[str, str, bytes]]:
    async for entries in feed.follow(pbx, after=after, wait_seconds=wait_seconds):
        return entries
    raise AssertionError("a feed never ends")


class TestLatest:
    async def test_nothing_before_the_first_snapshot(self, subject: Subject, pbx: PbxId) -> None:
        feed = subject.open_feed(10)
        assert await feed.latest(pbx) == []
        await publish(feed, pbx, "a b")
        assert await feed.latest(pbx) == []

    async def test_the_last_snapshot_and_what_came_after(self, subject: Subject, pbx: PbxId) -> None:
        feed = subject.open_feed(10)
        ids = await publish(feed, pbx, "a S1 b S2 c d")
        assert await subject.open_feed(10).latest(pbx) == [
            (ids[3], "snapshot", b"S2"),
            (ids[4], "delta", b"c"),
            (ids[5], "delta", b"d"),
        ]

    async def test_however_many_deltas_come(self, subject: Subject, pbx: PbxId) -> None:
        feed = subject.open_feed(10)
        await publish(feed, pbx, "S1 " + "x " * 700)
        assert words(await feed.latest(pbx)) == ["S1", *["x"] * 700]

    async def test_bodies_are_bytes_of_any_kind_and_size(self, subject: Subject, pbx: PbxId) -> None:
        feed = subject.open_feed(10)
        await feed.publish(pbx, "snapshot", bytes(range(256)) * 4000)
        await feed.publish(pbx, "delta", b"")
        assert [body for _, _, body in await feed.latest(pbx)] == [bytes(range(256)) * 4000, b""]

    async def test_pbxs_do_not_see_each_other(self, subject: Subject, pbx: PbxId) -> None:
        feed = subject.open_feed(10)
        await publish(feed, PbxId("another"), "S1")
        assert await feed.latest(pbx) == []


class TestLength:
    async def test_a_snapshot_drops_what_is_old(self, subject: Subject, pbx: PbxId) -> None:
        feed = subject.open_feed(3)
        ids = await publish(feed, pbx, "S1 a b c d S2")
        everything = await picture(feed, pbx, after=ids[3])
        assert words(everything) == ["d", "S2"]
        assert words(await picture(feed, pbx, after="0")) == ["S2"]

    async def test_a_delta_drops_nothing(self, subject: Subject, pbx: PbxId) -> None:
        feed = subject.open_feed(3)
        ids = await publish(feed, pbx, "S1 a b c d e f")
        assert words(await picture(feed, pbx, after=ids[0])) == ["a", "b", "c", "d", "e", "f"]


class TestFollowing:
    async def test_what_comes_after_an_id(self, subject: Subject, pbx: PbxId) -> None:
        feed = subject.open_feed(100)
        ids = await publish(feed, pbx, "S1 a b S2 c")
        assert words(await picture(feed, pbx, after=ids[1])) == ["b", "S2", "c"]

    async def test_waits_and_wakes(self, subject: Subject, pbx: PbxId) -> None:
        feed = subject.open_feed(100)
        [first] = await publish(feed, pbx, "S1")
        got: list[str] = []
        async for entries in feed.follow(pbx, after=first, wait_seconds=0.05):
            got += words(entries)
            if len(got) == 2:
                break
            if not entries:
                await publish(subject.open_feed(100), pbx, "a" if not got else "b")
        assert got == ["a", "b"]

    async def test_wakes_at_once(self, subject: Subject, pbx: PbxId) -> None:
        feed = subject.open_feed(100)
        [first] = await publish(feed, pbx, "S1")
        waiting = asyncio.create_task(picture(feed, pbx, after=first, wait_seconds=30))
        await asyncio.sleep(0.05)
        await publish(subject.open_feed(100), pbx, "a")
        assert words(await asyncio.wait_for(waiting, 5)) == ["a"]

    async def test_one_that_fell_behind_goes_on_with_a_snapshot(self, subject: Subject, pbx: PbxId) -> None:
        """b and c were cut away before they were read: d alone would change a picture that lacks them."""
        feed = subject.open_feed(3)
        ids = await publish(feed, pbx, "S1 a b c d S2 e")
        assert words(await picture(feed, pbx, after=ids[1])) == ["S2", "e"]

    async def test_goes_on_when_the_server_begins_anew(self, subject: Subject, pbx: PbxId) -> None:
        feed = subject.open_feed(3)
        pages = feed.follow(pbx, after="99999999999999-0", wait_seconds=0.02)
        assert await anext(pages) == []
        await publish(feed, pbx, "S1 a")
        assert words(await anext(pages)) == ["S1", "a"]
        await pages.aclose()  # type: ignore[attr-defined]
