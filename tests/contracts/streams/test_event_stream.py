"""What every EventStream promises."""

import asyncio
import time
from collections.abc import Sequence

import pytest

from callcenter.domain.errors import GroupLost
from callcenter.domain.ids import PbxId
from callcenter.ports import Delivery, EventStream

from .conftest import Subject

GROUP, ME, OTHER = "recorder", "recorder-1", "recorder-2"


async def publish(stream: EventStream, pbx: PbxId, seqs: Sequence[int], adapter: str = "ami") -> None:
    await stream.publish(pbx, adapter, [(seq, b"batch %d" % seq) for seq in seqs])


async def read(
    stream: EventStream, pbx: PbxId, *, consumer: str = ME, limit: int = 100, wait: float = 0
) -> list[Delivery]:
    return await stream.read(pbx, GROUP, consumer, limit=limit, wait_seconds=wait)


def seqs(deliveries: Sequence[Delivery]) -> list[int]:
    return [delivery.seq for delivery in deliveries]


class TestPublishing:
    async def test_a_group_gets_what_was_published_in_order(self, stream: EventStream, pbx: PbxId) -> None:
        await stream.join(pbx, GROUP)
        await publish(stream, pbx, range(1, 51))
        await publish(stream, pbx, range(51, 61))
        found = await read(stream, pbx)
        assert [(d.seq, d.adapter, d.payload, d.deliveries) for d in found] == [
            (seq, "ami", b"batch %d" % seq, 1) for seq in range(1, 61)
        ]
        assert len({d.entry_id for d in found}) == 60

    async def test_payloads_are_bytes_of_any_kind_and_size(self, stream: EventStream, pbx: PbxId) -> None:
        await stream.join(pbx, GROUP)
        payloads = [b"", bytes(range(256)), b"\xff\xfe\r\n$5\r\n", b"\x00" * 3_000_000, b"x" * 2_000_000]
        await stream.publish(pbx, "ami", list(enumerate(payloads, 1)))
        assert [d.payload for d in await read(stream, pbx)] == payloads

    async def test_more_than_one_transaction_holds(self, stream: EventStream, pbx: PbxId) -> None:
        await stream.join(pbx, GROUP)
        await publish(stream, pbx, range(1, 2502))
        assert seqs(await read(stream, pbx, limit=3000)) == list(range(1, 2502))

    async def test_nothing_to_publish_is_nothing(self, stream: EventStream, pbx: PbxId) -> None:
        await stream.join(pbx, GROUP)
        await stream.publish(pbx, "ami", [])
        assert await read(stream, pbx) == []

    async def test_big_numbers_survive(self, stream: EventStream, pbx: PbxId) -> None:
        await stream.join(pbx, GROUP)
        await publish(stream, pbx, [2**63])
        assert seqs(await read(stream, pbx)) == [2**63]

    async def test_pbxs_do_not_see_each_other(self, stream: EventStream, pbx: PbxId) -> None:
        await stream.join(pbx, GROUP)
        await publish(stream, PbxId("another"), [1])
        assert await read(stream, pbx) == []


class TestLastSeq:
    async def test_of_each_adapter(self, stream: EventStream, pbx: PbxId) -> None:
        await publish(stream, pbx, [7, 8], adapter="ami")
        await publish(stream, pbx, range(100, 400), adapter="queue_log")
        for adapter, seq in (("ami", 8), ("queue_log", 399)):
            last = await stream.last_entry(pbx, adapter)
            assert last is not None
            assert (last.seq, last.adapter, last.payload) == (seq, adapter, b"batch %d" % seq)
        assert await stream.last_entry(pbx, "nobody") is None

    async def test_of_an_empty_stream(self, stream: EventStream, pbx: PbxId) -> None:
        assert await stream.last_entry(pbx, "ami") is None


class TestAcknowledgedNumbers:
    async def test_where_nothing_tells(self, stream: EventStream, pbx: PbxId) -> None:
        assert await stream.acknowledged_seq(pbx, "ami", GROUP) == 0
        await publish(stream, pbx, [1, 2])
        assert await stream.acknowledged_seq(pbx, "ami", GROUP) == 0
        await stream.join(pbx, GROUP)
        assert await stream.acknowledged_seq(pbx, "ami", GROUP) == 0
        await read(stream, pbx)
        assert await stream.acknowledged_seq(pbx, "ami", GROUP) == 0

    async def test_up_to_the_first_that_is_not(self, stream: EventStream, pbx: PbxId) -> None:
        await publish(stream, pbx, [1, 2])
        await publish(stream, pbx, range(500, 540), adapter="queue_log")
        await publish(stream, pbx, [3, 4])
        await stream.join(pbx, GROUP)
        found = await read(stream, pbx, limit=43)
        await stream.acknowledge(pbx, GROUP, [d.entry_id for d in found if d.seq != 520])
        assert await stream.acknowledged_seq(pbx, "ami", GROUP) == 2
        assert await stream.acknowledged_seq(pbx, "queue_log", GROUP) == 519
        await stream.acknowledge(pbx, GROUP, [d.entry_id for d in found])
        assert await stream.acknowledged_seq(pbx, "ami", GROUP) == 3
        assert await stream.acknowledged_seq(pbx, "queue_log", GROUP) == 539
        assert await stream.acknowledged_seq(pbx, "nobody", GROUP) == 0


class TestGroups:
    async def test_every_group_gets_everything(self, stream: EventStream, pbx: PbxId) -> None:
        await stream.join(pbx, GROUP)
        await stream.join(pbx, "live")
        await publish(stream, pbx, [1, 2])
        assert seqs(await read(stream, pbx)) == [1, 2]
        assert seqs(await stream.read(pbx, "live", ME, limit=10, wait_seconds=0)) == [1, 2]

    async def test_consumers_share_the_work(self, stream: EventStream, pbx: PbxId) -> None:
        await stream.join(pbx, GROUP)
        await publish(stream, pbx, [1, 2, 3])
        assert seqs(await read(stream, pbx, limit=2)) == [1, 2]
        assert seqs(await read(stream, pbx, consumer=OTHER)) == [3]

    async def test_a_group_begins_where_it_is_told(self, stream: EventStream, pbx: PbxId) -> None:
        await stream.join(pbx, GROUP)
        await publish(stream, pbx, [1, 2, 3])
        second = (await read(stream, pbx))[1].entry_id
        await stream.join(pbx, "late", after=second)
        assert seqs(await stream.read(pbx, "late", ME, limit=10, wait_seconds=0)) == [3]

    async def test_joining_again_moves_nothing(self, stream: EventStream, pbx: PbxId) -> None:
        await stream.join(pbx, GROUP)
        await publish(stream, pbx, [1, 2])
        await stream.acknowledge(pbx, GROUP, [d.entry_id for d in await read(stream, pbx)])
        await stream.join(pbx, GROUP)
        assert await read(stream, pbx) == []

    async def test_a_group_that_never_was_is_an_error(self, stream: EventStream, pbx: PbxId) -> None:
        for answer in (
            read(stream, pbx),
            stream.claim(pbx, GROUP, ME, idle_seconds=0, limit=1),
            stream.backlog(pbx, GROUP),
        ):
            with pytest.raises(GroupLost) as caught:
                await answer
            assert (caught.value.pbx, caught.value.group) == (pbx, GROUP)


class TestWaiting:
    async def test_nothing_after_the_wait(self, stream: EventStream, pbx: PbxId) -> None:
        await stream.join(pbx, GROUP)
        begun = time.monotonic()
        assert await read(stream, pbx, wait=0.15) == []
        assert 0.14 < time.monotonic() - begun < 2

    async def test_what_comes_meanwhile_comes_at_once(self, subject: Subject, stream: EventStream, pbx: PbxId) -> None:
        await stream.join(pbx, GROUP)
        begun = time.monotonic()
        waiting = asyncio.create_task(read(stream, pbx, wait=30))
        await asyncio.sleep(0.05)
        await publish(subject.open(), pbx, [1])
        assert seqs(await waiting) == [1]
        assert time.monotonic() - begun < 5

    async def test_a_reader_that_is_cancelled_loses_nothing(self, stream: EventStream, pbx: PbxId) -> None:
        await stream.join(pbx, GROUP)
        for seq in range(1, 21):
            waiting = asyncio.create_task(read(stream, pbx, wait=30))
            await asyncio.sleep(0.001 * (seq % 3))
            publishing = asyncio.create_task(publish(stream, pbx, [seq]))
            await asyncio.sleep(0.0005 * (seq % 4))
            waiting.cancel()
            await asyncio.wait([waiting, publishing])
        found: set[int] = set()
        while deliveries := await read(stream, pbx):
            found.update(seqs(deliveries))
        await stream.join(pbx, GROUP)
        while deliveries := await read(stream, pbx):
            found.update(seqs(deliveries))
        assert found == set(range(1, 21))


class TestRestart:
    async def test_own_pending_entries_come_first_once(self, subject: Subject, pbx: PbxId) -> None:
        before = subject.open()
        await before.join(pbx, GROUP)
        await publish(before, pbx, range(1, 8))
        taken = await read(before, pbx, limit=5)
        await before.acknowledge(pbx, GROUP, [taken[1].entry_id])
        await publish(before, pbx, [8])

        after = subject.open()
        await after.join(pbx, GROUP)
        first = await read(after, pbx, limit=3)
        assert [(d.seq, d.deliveries) for d in first] == [(1, 2), (3, 2), (4, 2)]
        assert seqs(await read(after, pbx, limit=3)) == [5]
        assert [(d.seq, d.deliveries) for d in await read(after, pbx)] == [(6, 1), (7, 1), (8, 1)]
        assert await read(after, pbx) == []

    async def test_joining_again_is_a_restart(self, stream: EventStream, pbx: PbxId) -> None:
        await stream.join(pbx, GROUP)
        await publish(stream, pbx, [1])
        assert seqs(await read(stream, pbx)) == [1]
        assert await read(stream, pbx) == []
        await stream.join(pbx, GROUP)
        assert [(d.seq, d.deliveries) for d in await read(stream, pbx)] == [(1, 2)]

    async def test_pending_entries_of_others_stay_with_them(self, subject: Subject, pbx: PbxId) -> None:
        stream = subject.open()
        await stream.join(pbx, GROUP)
        await publish(stream, pbx, [1])
        await read(stream, pbx, consumer=OTHER)
        assert await read(subject.open(), pbx) == []

    async def test_acknowledged_is_for_good(self, subject: Subject, pbx: PbxId) -> None:
        stream = subject.open()
        await stream.join(pbx, GROUP)
        await publish(stream, pbx, [1, 2])
        done = [d.entry_id for d in await read(stream, pbx)]
        await stream.acknowledge(pbx, GROUP, done)
        await stream.acknowledge(pbx, GROUP, done)
        await stream.acknowledge(pbx, GROUP, [])
        assert await read(subject.open(), pbx) == []


class TestClaiming:
    async def test_what_a_dead_consumer_held(self, subject: Subject, pbx: PbxId) -> None:
        dead, alive = subject.open(), subject.open()
        await dead.join(pbx, GROUP)
        await publish(dead, pbx, range(1, 31))
        await read(dead, pbx, consumer=OTHER)
        await asyncio.sleep(0.06)
        taken = await alive.claim(pbx, GROUP, ME, idle_seconds=0.05, limit=20)
        assert [(d.seq, d.payload, d.deliveries) for d in taken] == [(n, b"batch %d" % n, 2) for n in range(1, 21)]
        assert seqs(await alive.claim(pbx, GROUP, ME, idle_seconds=0.05, limit=20)) == list(range(21, 31))
        assert await alive.claim(pbx, GROUP, ME, idle_seconds=0.05, limit=20) == []
        assert seqs(await read(subject.open(), pbx, limit=100)) == list(range(1, 31))

    async def test_not_what_is_held_for_a_short_time(self, stream: EventStream, pbx: PbxId) -> None:
        await stream.join(pbx, GROUP)
        await publish(stream, pbx, [1])
        await read(stream, pbx, consumer=OTHER)
        assert await stream.claim(pbx, GROUP, ME, idle_seconds=60, limit=10) == []

    async def test_deliveries_are_counted(self, stream: EventStream, pbx: PbxId) -> None:
        await stream.join(pbx, GROUP)
        await publish(stream, pbx, [1])
        counts = [d.deliveries for d in await read(stream, pbx)]
        for _ in range(3):
            counts += [d.deliveries for d in await stream.claim(pbx, GROUP, OTHER, idle_seconds=0, limit=10)]
        assert counts == [1, 2, 3, 4]

    async def test_claiming_is_not_reading_own_entries_again(self, stream: EventStream, pbx: PbxId) -> None:
        await stream.join(pbx, GROUP)
        await publish(stream, pbx, [1, 2])
        assert seqs(await read(stream, pbx, limit=1)) == [1]
        assert seqs(await stream.claim(pbx, GROUP, ME, idle_seconds=0, limit=10)) == [1]
        assert seqs(await read(stream, pbx)) == [2]


class TestDeadLetters:
    async def test_a_buried_entry_is_kept_and_never_comes_back(self, subject: Subject, pbx: PbxId) -> None:
        stream = subject.open()
        await stream.join(pbx, GROUP)
        await stream.publish(pbx, "ami", [(1, b"\xff poison"), (2, b"fine"), (3, b"poison too")])
        first, _, third = await read(stream, pbx)
        await stream.bury(pbx, GROUP, first, "BadEventField: 坏")
        await stream.bury(pbx, GROUP, third, "again")
        assert await stream.dead(pbx, limit=10) == [
            (third.entry_id, "again", b"poison too"),
            (first.entry_id, "BadEventField: 坏", b"\xff poison"),
        ]
        assert await stream.dead(pbx, limit=1) == [(third.entry_id, "again", b"poison too")]
        assert seqs(await read(subject.open(), pbx)) == [2]

    async def test_none(self, stream: EventStream, pbx: PbxId) -> None:
        assert await stream.dead(pbx, limit=10) == []


class TestBacklog:
    async def test_counts_what_is_not_acknowledged(self, stream: EventStream, pbx: PbxId) -> None:
        await stream.join(pbx, GROUP)
        assert await stream.backlog(pbx, GROUP) == 0
        await publish(stream, pbx, range(1, 11))
        assert await stream.backlog(pbx, GROUP) == 10
        taken = await read(stream, pbx, limit=4)
        assert await stream.backlog(pbx, GROUP) == 10
        await stream.acknowledge(pbx, GROUP, [d.entry_id for d in taken[:3]])
        assert await stream.backlog(pbx, GROUP) == 7

    async def test_of_a_group_that_began_in_the_middle(self, stream: EventStream, pbx: PbxId) -> None:
        await publish(stream, pbx, range(1, 601))
        async for page in stream.follow(pbx, after="0", wait_seconds=0):
            middle = page[99].entry_id
            break
        await stream.join(pbx, GROUP, after=middle)
        assert await stream.backlog(pbx, GROUP) == 500
        await read(stream, pbx, limit=10)
        assert await stream.backlog(pbx, GROUP) == 500


class TestTrimming:
    async def ids(self, stream: EventStream, pbx: PbxId, count: int) -> list[str]:
        """Publish this many and read them in one group."""
        await stream.join(pbx, GROUP)
        await publish(stream, pbx, range(1, count + 1))
        return [d.entry_id for d in await read(stream, pbx, limit=count)]

    async def left(self, stream: EventStream, pbx: PbxId) -> list[int]:
        async for page in stream.follow(pbx, after="0", wait_seconds=0):
            return seqs(page)
        raise AssertionError

    async def test_below_what_the_caller_says(self, stream: EventStream, pbx: PbxId) -> None:
        ids = await self.ids(stream, pbx, 20)
        await stream.acknowledge(pbx, GROUP, ids)
        assert await stream.trim(pbx, below=ids[5], keep_seconds=0) == 5
        assert await self.left(stream, pbx) == list(range(6, 21))
        assert await stream.trim(pbx, below=ids[5], keep_seconds=0) == 0

    async def test_never_what_is_pending(self, stream: EventStream, pbx: PbxId) -> None:
        ids = await self.ids(stream, pbx, 20)
        await stream.acknowledge(pbx, GROUP, [*ids[:3], *ids[4:]])
        assert await stream.trim(pbx, below=ids[-1], keep_seconds=0) == 3
        assert await self.left(stream, pbx) == list(range(4, 21))

    async def test_never_below_a_slow_group(self, stream: EventStream, pbx: PbxId) -> None:
        await stream.join(pbx, "slow")
        ids = await self.ids(stream, pbx, 20)
        await stream.acknowledge(pbx, GROUP, ids)
        assert await stream.trim(pbx, below=ids[-1], keep_seconds=0) == 0
        slow = await stream.read(pbx, "slow", ME, limit=8, wait_seconds=0)
        await stream.acknowledge(pbx, "slow", [d.entry_id for d in slow])
        assert await stream.trim(pbx, below=ids[-1], keep_seconds=0) == 7
        assert seqs(await stream.read(pbx, "slow", ME, limit=100, wait_seconds=0)) == list(range(9, 21))

    async def test_never_the_last_that_was_read(self, stream: EventStream, pbx: PbxId) -> None:
        ids = await self.ids(stream, pbx, 5)
        await stream.acknowledge(pbx, GROUP, ids)
        await stream.trim(pbx, below="99999999999999-0", keep_seconds=0)
        assert await self.left(stream, pbx) == [5]
        last = await stream.last_entry(pbx, "ami")
        assert last is not None
        assert last.seq == 5

    async def test_never_what_is_young(self, stream: EventStream, pbx: PbxId) -> None:
        ids = await self.ids(stream, pbx, 5)
        await stream.acknowledge(pbx, GROUP, ids)
        assert await stream.trim(pbx, below=ids[-1], keep_seconds=60) == 0
        await asyncio.sleep(0.03)
        assert await stream.trim(pbx, below=ids[-1], keep_seconds=0.02) == 4

    async def test_never_while_nobody_reads(self, stream: EventStream, pbx: PbxId) -> None:
        assert await stream.trim(pbx, below="99999999999999-0", keep_seconds=0) == 0
        await publish(stream, pbx, [1, 2])
        assert await stream.trim(pbx, below="99999999999999-0", keep_seconds=0) == 0

    async def test_a_group_goes_on_after_it(self, subject: Subject, stream: EventStream, pbx: PbxId) -> None:
        ids = await self.ids(stream, pbx, 20)
        await stream.acknowledge(pbx, GROUP, ids[:15])
        await stream.trim(pbx, below=ids[10], keep_seconds=0)
        await publish(stream, pbx, [21])
        assert await stream.backlog(pbx, GROUP) == 6
        again = subject.open()
        assert seqs(await read(again, pbx)) == list(range(16, 21))
        assert seqs(await read(again, pbx)) == [21]


class TestLoss:
    async def test_a_lost_group_is_noticed_and_made_again_from_where_the_store_is(
        self, subject: Subject, stream: EventStream, pbx: PbxId
    ) -> None:
        await stream.join(pbx, GROUP)
        await publish(stream, pbx, range(1, 6))
        stored = (await read(stream, pbx, limit=2))[-1].entry_id
        await subject.lose_group(pbx, GROUP)
        with pytest.raises(GroupLost):
            await read(stream, pbx)
        await stream.join(pbx, GROUP, after=stored)
        assert seqs(await read(stream, pbx)) == [3, 4, 5]

    async def test_a_wiped_server_is_noticed_and_what_comes_after_is_read(
        self, subject: Subject, stream: EventStream, pbx: PbxId
    ) -> None:
        await stream.join(pbx, GROUP)
        await publish(stream, pbx, [1, 2])
        stored = (await read(stream, pbx))[-1].entry_id
        await subject.lose_everything()
        with pytest.raises(GroupLost):
            await read(stream, pbx)
        await publish(stream, pbx, [3])
        await stream.join(pbx, GROUP, after=stored)
        assert seqs(await read(stream, pbx)) == [3]

    async def test_a_stream_younger_than_the_store_is_read_from_its_beginning(
        self, subject: Subject, stream: EventStream, pbx: PbxId
    ) -> None:
        """The server came back without its data, and its clock is behind what it once was."""
        await publish(stream, pbx, [1, 2])
        await stream.join(pbx, GROUP, after="99999999999999-5")
        assert seqs(await read(stream, pbx)) == [1, 2]
        await stream.join(PbxId("nothing yet"), GROUP, after="99999999999999-5")
        await publish(stream, PbxId("nothing yet"), [3])
        assert seqs(await stream.read(PbxId("nothing yet"), GROUP, ME, limit=10, wait_seconds=0)) == [3]


class TestFollowing:
    async def test_all_that_is_left_then_what_comes(self, subject: Subject, stream: EventStream, pbx: PbxId) -> None:
        await publish(stream, pbx, range(1, 601))
        got: list[int] = []
        waits = 0
        async for page in stream.follow(pbx, after="0", wait_seconds=0.05):
            got += seqs(page)
            if not page:
                waits += 1
                if waits == 2:
                    break
                await publish(subject.open(), pbx, [601])
        assert got == list(range(1, 602))

    async def test_from_an_entry_on(self, stream: EventStream, pbx: PbxId) -> None:
        await publish(stream, pbx, [1, 2, 3])
        async for page in stream.follow(pbx, after="0", wait_seconds=0):
            second = page[1].entry_id
            break
        async for page in stream.follow(pbx, after=second, wait_seconds=0):
            assert [(d.seq, d.adapter, d.payload) for d in page] == [(3, "ami", b"batch 3")]
            break

    async def test_takes_nothing_from_the_groups(self, stream: EventStream, pbx: PbxId) -> None:
        await stream.join(pbx, GROUP)
        await publish(stream, pbx, [1])
        async for page in stream.follow(pbx, after="0", wait_seconds=0):
            assert seqs(page) == [1]
            break
        assert seqs(await read(stream, pbx)) == [1]

    async def test_goes_on_when_the_server_begins_anew(self, subject: Subject, stream: EventStream, pbx: PbxId) -> None:
        pages = stream.follow(pbx, after="99999999999999-0", wait_seconds=0.02)
        assert await anext(pages) == []
        await publish(subject.open(), pbx, [1])
        assert seqs(await anext(pages)) == [1]
        await pages.aclose()  # type: ignore[attr-defined]
