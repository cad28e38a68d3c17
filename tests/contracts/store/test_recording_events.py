"""What a recorder may rely on when it adds batches."""

import asyncio
from itertools import permutations

import pytest

from adapters.store import Store, open_store
from callcenter.codec import unpack_raw
from callcenter.domain.agents.events import AgentLoggedIn, MemberAdded, MemberPaused
from callcenter.domain.batches import Batch
from callcenter.domain.calls.events import CallAnswered, CallOffered, ConversationEnded, LegEnded, LegJoinedBridge
from callcenter.domain.calls.events import ConversationEnd as End
from callcenter.domain.feed import FeedLost, FeedRestored, LegsSeen, PbxStarted, QueueSeen, WaitingSeen
from callcenter.domain.ids import CallerRef, LegId, MemberRef, PbxId, QueueName, Source
from tests.support.agents import PBX, at
from tests.support.heard import batch, everything, progress, record, run_sql, told

SALES = QueueName("sales")
ALICE = MemberRef("PJSIP/1001", "Alice")
ANN = CallerRef("+49 151 1234567", "Ann 张伟")


def call(leg: str, start: float = 0) -> list[object]:
    """A call that is offered, answered and ended."""
    return [
        told(CallOffered, start, leg=LegId(leg), queue=SALES, position=1, caller=ANN),
        told(CallAnswered, start + 5, leg=LegId(leg), queue=SALES, member=ALICE, wait_seconds=5),
        told(LegEnded, start + 60, leg=LegId(leg), cause=16),
    ]


async def events_of(store: Store, *roots: str, pbx: PbxId = PBX) -> dict[str, list[object]]:
    async with store.ledger.recording(pbx) as recording:
        found = await recording.call_events([LegId(root) for root in roots])
    return {root: sorted(events, key=lambda event: event.occurred_at) for root, events in found.items()}


async def one_by_one(store: Store, batches: list[Batch]) -> list[object]:
    return [event for each in batches for event in await record(store, each)]


async def assign(store: Store, roots: dict[str, str], pbx: PbxId = PBX) -> None:
    async with store.ledger.recording(pbx) as recording:
        await recording.assign({LegId(leg): LegId(root) for leg, root in roots.items()})


class TestAdding:
    async def test_what_is_new_comes_back_in_the_order_heard(self, store: Store) -> None:
        events = call("1.1") + call("1.2", 1)
        assert await record(store, batch(events[:4]), batch(events[4:], 2)) == events

    async def test_hearing_it_again_adds_nothing(self, store: Store, database_url: str) -> None:
        events = call("1.1")
        await record(store, batch(events))
        before = await everything(database_url)
        assert await record(store, batch(events)) == []
        assert await everything(database_url) == before

    async def test_one_event_twice_in_one_batch_is_one(self, store: Store) -> None:
        events = call("1.1")
        assert await record(store, batch(events + events)) == events

    async def test_only_what_is_new_of_a_batch_comes_back(self, store: Store) -> None:
        events = call("1.1")
        await record(store, batch(events[:2]))
        assert await record(store, batch(events, 2)) == events[2:]

    async def test_events_come_back_as_they_were_heard(self, store: Store) -> None:
        await record(store, batch(call("1.1")))
        await assign(store, {"1.1": "1.1"})
        assert await events_of(store, "1.1") == {"1.1": call("1.1")}

    async def test_nothing_is_kept_of_a_transaction_that_failed(self, store: Store, database_url: str) -> None:
        await record(store, batch([], 1))
        before = await everything(database_url)
        with pytest.raises(ZeroDivisionError):
            async with store.ledger.recording(PBX) as recording:
                await recording.add([batch(call("1.1"), 2)])
                await recording.assign({LegId("1.1"): LegId("1.1")})
                raise ZeroDivisionError
        assert await everything(database_url) == before

    async def test_a_cancelled_recorder_keeps_nothing_and_blocks_nobody(self, store: Store, database_url: str) -> None:
        await record(store, batch([], 1))
        before = await everything(database_url)
        started = asyncio.Event()

        async def hang() -> None:
            async with store.ledger.recording(PBX) as recording:
                await recording.add([batch(call("1.1"), 2)])
                started.set()
                await asyncio.sleep(60)

        task = asyncio.create_task(hang())
        await started.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await everything(database_url) == before
        assert await record(store, batch(call("1.1"), 2)) == call("1.1")

    async def test_recorders_of_one_pbx_take_turns(self, store: Store, database_url: str) -> None:
        """Two that hear the same at once: each event is new to one of them."""
        batches = [batch(call(f"1.{n}", n), n) for n in range(1, 30)]
        async with await open_store(database_url) as other:
            one, two = await asyncio.gather(one_by_one(store, batches), one_by_one(other, batches))
        assert sorted(one + two, key=lambda event: event.event_id) == sorted(
            (event for each in batches for event in each.events), key=lambda event: event.event_id
        )

    async def test_the_same_ids_on_two_pbxs_are_two_calls(self, store: Store) -> None:
        berlin = PbxId("berlin")
        there = [told(LegEnded, 1, pbx=berlin, leg=LegId("1.1"))]
        await record(store, batch(call("1.1")))
        await record(store, batch(there, pbx=berlin), pbx=berlin)
        await assign(store, {"1.1": "1.1"})
        await assign(store, {"1.1": "1.1"}, berlin)
        assert await events_of(store, "1.1") == {"1.1": call("1.1")}
        assert await events_of(store, "1.1", pbx=berlin) == {"1.1": there}
        assert await store.archive.pbxs() == [berlin, PBX]

    async def test_many_events_at_once(self, store: Store) -> None:
        events = [told(LegJoinedBridge, n / 1000, leg=LegId(f"1.{n % 50}"), bridge="b") for n in range(5000)]
        assert await record(store, batch(events[:2500], 1), batch(events[2500:], 2)) == events
        assert await record(store, batch(events[100:], 3)) == []


class TestOrder:
    """The rows follow from the set of batches, whatever their order and split."""

    EVENTS = (
        *call("1.1"),
        told(QueueSeen, 10, queue=SALES, service_level_seconds=20),
        told(QueueSeen, 20, queue=SALES, service_level_seconds=30),
        told(FeedLost, 30, connection="c1", reason="timeout"),
        told(FeedRestored, 40, connection="c2"),
        told(PbxStarted, 35, started_at=at(34)),
        told(CallOffered, 41, source=Source.QUEUE_LOG, leg=LegId("1.1"), queue=SALES),
    )

    async def rows(self, url: str, pieces: list[tuple[int, ...]]) -> object:
        batches = {n: batch(self.EVENTS[3 * (n - 1) : 3 * n], n) for n in (1, 2, 3)}
        async with await open_store(url) as store:
            for numbers in pieces:
                await record(store, *(batches[n] for n in numbers))
        return await everything(url)

    async def test_on_sqlite(self, tmp_path: object) -> None:
        wanted = await self.rows(f"sqlite:///{tmp_path}/whole.db", [(1, 2, 3)])
        for place, order in enumerate(permutations((1, 2, 3))):
            one_by_one = [(n,) for n in (*order, *order)]
            assert await self.rows(f"sqlite:///{tmp_path}/{place}.db", one_by_one) == wanted
            assert await self.rows(f"sqlite:///{tmp_path}/{place}b.db", [order[:2], order[1:]]) == wanted

    async def test_on_postgres(self, postgres_url: str, sqlite_url: str) -> None:
        """One order is enough where the rows are those of SQLite."""
        assert await self.rows(postgres_url, [(3,), (1, 2), (2, 3)]) == await self.rows(sqlite_url, [(1, 2, 3)])


class TestCallers:
    async def test_a_caller_who_is_erased_is_gone_from_every_event(self, store: Store, database_url: str) -> None:
        await record(store, batch(call("1.1")))
        await assign(store, {"1.1": "1.1"})
        rows = await everything(database_url)
        assert [row[1:] for row in rows["callers"]] == [("+49 151 1234567", "Ann 张伟")]
        assert not any(b"1234567" in value for row in rows["events"] for value in row if isinstance(value, bytes))
        await run_sql(database_url, "DELETE FROM callers")
        offered = (await events_of(store, "1.1"))["1.1"][0]
        assert offered.caller is None
        assert offered.leg == "1.1"

    @pytest.mark.parametrize("caller", [CallerRef("1", None), CallerRef(None, "Ann"), CallerRef(None, None), None])
    async def test_what_is_not_known_of_a_caller_stays_unknown(self, store: Store, caller: CallerRef | None) -> None:
        event = told(CallOffered, 0, leg=LegId("1.1"), queue=SALES, caller=caller)
        await record(store, batch([event]))
        await assign(store, {"1.1": "1.1"})
        assert await events_of(store, "1.1") == {"1.1": [event]}


class TestLegs:
    async def test_legs_of_a_call(self, store: Store) -> None:
        await record(store, batch(call("1.1") + call("1.2", 1)))
        async with store.ledger.recording(PBX) as recording:
            assert await recording.roots([LegId("1.1")]) == {}
            await recording.assign({LegId("1.1"): LegId("1.1"), LegId("1.2"): LegId("1.2"), LegId("1.3"): LegId("1.1")})
            assert await recording.roots([LegId("1.3"), LegId("1.2"), LegId("9")]) == {"1.3": "1.1", "1.2": "1.2"}
            await recording.merge({LegId("1.2"): LegId("1.1")})
            assert await recording.roots([LegId("1.2"), LegId("1.3")]) == {"1.2": "1.1", "1.3": "1.1"}
            found = await recording.call_events([LegId("1.1"), LegId("1.2")])
        assert len(found["1.1"]) == 6
        assert found["1.2"] == []

    async def test_an_event_belongs_to_the_first_leg_it_names(self, store: Store) -> None:
        ended = told(ConversationEnded, 9, queue=SALES, member=ALICE, agent_leg=LegId("1.7"), end=End.CALLER)
        nobody = told(ConversationEnded, 9, queue=SALES, member=ALICE, end=End.AGENT)
        assert await record(store, batch([ended, nobody])) == [ended, nobody]
        await assign(store, {"1.7": "1.1"})
        assert await events_of(store, "1.1") == {"1.1": [ended]}


class TestAgentEvents:
    async def test_by_interface_or_name(self, store: Store) -> None:
        both = told(MemberAdded, 0, queue=SALES, member=ALICE)
        named = told(MemberPaused, 1, source=Source.QUEUE_LOG, queue=SALES, member=MemberRef(name="Alice"))
        sat = told(AgentLoggedIn, 2, member=MemberRef("PJSIP/1001"))
        other = told(MemberAdded, 3, queue=SALES, member=MemberRef("PJSIP/1002", "Bob"))
        answered = told(CallAnswered, 4, leg=LegId("1.1"), queue=SALES, member=ALICE, wait_seconds=1)
        await record(store, batch([both, named, sat, other, answered]))

        async def found(*members: MemberRef, since: float = 0) -> list[object]:
            async with store.ledger.recording(PBX) as recording:
                events = await recording.agent_events(members, at(since))
            return sorted(events, key=lambda event: event.occurred_at)

        assert await found(ALICE) == [both, named, sat]
        assert await found(MemberRef(name="Alice")) == [both, named]
        assert await found(MemberRef("PJSIP/1001"), MemberRef(name="Bob")) == [both, sat, other]
        assert await found(ALICE, since=1) == [named, sat]
        assert await found() == []


class TestWordings:
    async def test_each_event_keeps_the_words_of_its_batch(self, store: Store, database_url: str) -> None:
        first, second = batch(call("1.1")), batch(call("1.1") + call("1.2", 1), 2)
        await record(store, first, second)
        rows = (await everything(database_url))["wordings"]
        assert [(row[1], row[2]) for row in rows] == [("a", 1), ("a", 2)]
        assert [unpack_raw(row[4]) for row in rows] == [unpack_raw(first.raw), unpack_raw(second.raw)]

    async def test_a_batch_without_news_leaves_no_words(self, store: Store, database_url: str) -> None:
        await record(store, batch(call("1.1")))
        await record(store, batch(call("1.1"), 2), batch([], 3))
        assert [row[2] for row in (await everything(database_url))["wordings"]] == [1]


class TestProgress:
    async def test_the_furthest_wins_whatever_comes_last(self, store: Store) -> None:
        far = progress(900, unknown={"RTCPSent": 7}, problems={"torn": 1}, read_until=at(50), checkpoint="x")
        await record(store, batch([], 1, progress=progress(100)), batch([], 2, progress=far))
        await record(store, batch([], 3, progress=progress(500)))
        assert (await store.archive.feed(PBX)).progress == (far,)

    async def test_each_connection_and_file_has_its_own(self, store: Store) -> None:
        told_of = [progress(10), progress(5, connection="c2"), progress(7, source=Source.QUEUE_LOG, connection="f")]
        await record(store, *(batch([], n, progress=one) for n, one in enumerate(told_of, 1)))
        assert (await store.archive.feed(PBX)).progress == tuple(told_of)

    async def test_time_passes_where_nothing_is_read(self, store: Store) -> None:
        await record(store, batch([], 1, progress=progress(10, read_until=at(1))))
        await record(store, batch([], 2, progress=progress(10, read_until=at(9))))
        await record(store, batch([], 3, progress=progress(10)))
        assert (await store.archive.feed(PBX)).progress == (progress(10, read_until=at(9)),)

    async def test_restarts(self, store: Store) -> None:
        await record(store, batch([told(PbxStarted, 5, started_at=at(4)), told(PbxStarted, 9, started_at=at(4))]))
        async with store.ledger.recording(PBX) as recording:
            assert await recording.restarts() == [at(4)]


class TestSnapshots:
    async def test_the_latest_of_each_queue_and_of_all_legs(self, store: Store) -> None:
        def waiting(seconds: float, queue: str, *legs: str) -> WaitingSeen:
            return told(WaitingSeen, seconds, queue=QueueName(queue), legs=legs)

        old, new, support = waiting(1, "sales", "1.1"), waiting(9, "sales"), waiting(2, "support", "1.2", "1.3")
        legs = told(LegsSeen, 5, legs=("1.1", "1.2"))
        await record(store, batch([new, legs, support]), batch([old], 2))
        async with store.ledger.recording(PBX) as recording:
            assert await recording.last_snapshots() == [legs, new, support]
