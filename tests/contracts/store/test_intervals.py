"""What a metrics worker may rely on."""

import asyncio
from dataclasses import replace

import pytest

from adapters.store import Store
from callcenter.domain.agents.spells import AgentState
from callcenter.domain.calls.events import LegEnded
from callcenter.domain.calls.visits import FoldedCall, Outcome, QueueVisit, RingResult
from callcenter.domain.ids import AgentId, LegId, QueueName, Source
from callcenter.domain.periods import QUARTER, Period
from callcenter.metrics.marks import MarkKind, StaleMark
from callcenter.metrics.summaries import AgentSummary, Durations, QueueSummary, ReasonSeconds, Waits
from callcenter.ports import AgentRow, OpenThing, QueueRow
from tests.support.agents import ALICE, MORNING, PBX, at
from tests.support.heard import batch, keep, progress, record, told
from tests.support.visits import refusal, ring, visit

SALES = QueueName("sales")
BOB = AgentId("Bob 李")
SUMMARY = QueueSummary(offered=3, answered=2, answered_waits=Waits({3: 1, 20: 1}), talk=Durations(2, 90.25, 60.1))
OTHER = QueueSummary(offered=4, abandoned=4)


def mark(n: int, subject: str = SALES, kind: MarkKind = MarkKind.QUEUE) -> StaleMark:
    """The nth quarter of the morning."""
    return StaleMark(kind, subject, MORNING + n * QUARTER)


async def set_marks(store: Store, *marks: StaleMark) -> None:
    async with store.ledger.recording(PBX) as recording:
        await recording.mark_stale(marks)


async def stale(store: Store, kind: MarkKind = MarkKind.QUEUE, limit: int = 100) -> list[StaleMark]:
    async with store.ledger.intervals(PBX) as work:
        return [one for one, _ in (await work.take(kind, limit)).marks]


async def compute(store: Store, summary: QueueSummary = SUMMARY) -> None:
    """What a worker does: take, put, settle."""
    async with store.ledger.intervals(PBX) as work:
        taken = await work.take(MarkKind.QUEUE, 100)
        for one, _ in taken.marks:
            await work.put_queue(QueueName(one.subject), one.quarter, summary)
        await work.settle(taken)


async def test_an_interval_in_which_nothing_happened_has_no_row(store: Store) -> None:
    async with store.ledger.intervals(PBX) as work:
        for number, nothing in enumerate((AgentSummary(), AgentSummary(talk_seconds=0.0, acw_seconds=0.0))):
            await work.put_agent(ALICE, MORNING + number * QUARTER, nothing)
        await work.put_queue(SALES, MORNING, QueueSummary(talk=Durations(0, 0.0, 0.0)))
    assert await store.archive.agent_rows(PBX, None) == []
    assert await store.archive.queue_rows(PBX, None) == []


class TestMarks:
    async def test_oldest_first_by_kind_and_not_more_than_asked(self, store: Store) -> None:
        await set_marks(store, mark(2), mark(0, "b"), mark(1, ALICE, MarkKind.AGENT), mark(0), mark(1))
        *first, last = await stale(store, limit=3)
        assert (set(first), last) == ({mark(0, "b"), mark(0)}, mark(1))
        assert await stale(store, MarkKind.AGENT) == [mark(1, ALICE, MarkKind.AGENT)]

    async def test_what_is_taken_stays_until_it_is_settled(self, store: Store) -> None:
        await set_marks(store, mark(0), mark(1))
        assert await stale(store, limit=1) == [mark(0)]
        assert await stale(store, limit=1) == [mark(0)]
        await compute(store)
        assert await stale(store) == []

    async def test_marking_twice_is_one_mark(self, store: Store) -> None:
        await set_marks(store, mark(0))
        await set_marks(store, mark(0), mark(0))
        assert await stale(store) == [mark(0)]

    async def test_a_mark_that_is_set_in_between_is_not_lost(self, store: Store) -> None:
        await set_marks(store, mark(0), mark(1))
        async with store.ledger.intervals(PBX) as work:
            taken = await work.take(MarkKind.QUEUE, 100)
            await set_marks(store, mark(1))
            await work.settle(taken)
        assert await stale(store) == [mark(1)]

    async def test_a_mark_settled_elsewhere_and_set_again_is_not_lost(self, store: Store) -> None:
        await set_marks(store, mark(0))
        async with store.ledger.intervals(PBX) as slow:
            taken = await slow.take(MarkKind.QUEUE, 100)
            await compute(store)
            await set_marks(store, mark(0))
            await slow.settle(taken)
        assert await stale(store) == [mark(0)]

    async def test_a_worker_may_mark_what_it_finds(self, store: Store) -> None:
        async with store.ledger.intervals(PBX) as work:
            await work.mark_stale([mark(1), mark(0)])
            assert [one for one, _ in (await work.take(MarkKind.QUEUE, 100)).marks] == [mark(0), mark(1)]
        assert await stale(store) == [mark(0), mark(1)]

    async def test_a_mark_that_the_worker_renews_stays(self, store: Store) -> None:
        await set_marks(store, mark(0))
        async with store.ledger.intervals(PBX) as work:
            taken = await work.take(MarkKind.QUEUE, 100)
            await work.settle(taken)
            await work.mark_stale([mark(0)])
        assert await stale(store) == [mark(0)]

    async def test_nothing_happens_if_the_work_fails(self, store: Store) -> None:
        await set_marks(store, mark(0))
        with pytest.raises(ZeroDivisionError):
            async with store.ledger.intervals(PBX) as work:
                taken = await work.take(MarkKind.QUEUE, 100)
                await work.put_queue(SALES, mark(0).quarter, SUMMARY)
                await work.settle(taken)
                raise ZeroDivisionError
        assert await stale(store) == [mark(0)]
        assert await store.archive.queue_rows(None, None) == []

    async def test_the_recorder_does_not_wait_for_a_worker(self, store: Store) -> None:
        await set_marks(store, mark(0))
        async with store.ledger.intervals(PBX) as work:
            await work.take(MarkKind.QUEUE, 100)
            async with asyncio.timeout(5):
                await record(store, batch([]))

    async def test_nothing_of_a_pbx_that_is_not_known(self, store: Store) -> None:
        assert await stale(store) == []
        async with store.ledger.intervals(PBX) as work:
            assert await work.horizon() is None
            assert await work.open_things() == []
        assert await store.ledger.pbxs() == []


class TestRows:
    async def test_rows_come_back_as_they_were_put(self, store: Store) -> None:
        agent = AgentSummary(answered=2, talk_seconds=0.1 + 0.2, paused_by_reason=ReasonSeconds({"": 1.5, "午休": 2}))
        async with store.ledger.intervals(PBX) as work:
            await work.put_queue(SALES, mark(0).quarter, SUMMARY)
            await work.put_agent(BOB, mark(1).quarter, agent)
        assert await store.archive.queue_rows(PBX, None) == [QueueRow(PBX, SALES, mark(0).quarter, SUMMARY)]
        assert await store.archive.agent_rows(None, None) == [AgentRow(PBX, BOB, mark(1).quarter, agent)]

    async def test_the_last_put_stands(self, store: Store) -> None:
        for summary in (SUMMARY, OTHER):
            await set_marks(store, mark(0))
            await compute(store, summary)
        assert [row.summary for row in await store.archive.queue_rows(PBX, None)] == [OTHER]

    async def test_rows_of_a_period_begin_in_it(self, store: Store) -> None:
        await set_marks(store, *(mark(n) for n in range(5)))
        await compute(store)
        rows = await store.archive.queue_rows(None, Period(mark(1).quarter, mark(3).quarter))
        assert [row.quarter for row in rows] == [mark(1).quarter, mark(2).quarter]

    async def test_what_read_less_does_not_overwrite_what_read_more(self, store: Store) -> None:
        await set_marks(store, mark(0))
        async with store.ledger.intervals(PBX) as slow:
            taken = await slow.take(MarkKind.QUEUE, 100)
            await set_marks(store, mark(0))
            await compute(store, OTHER)
            await slow.put_queue(SALES, mark(0).quarter, SUMMARY)
            await slow.settle(taken)
        assert [row.summary for row in await store.archive.queue_rows(PBX, None)] == [OTHER]


class TestVisits:
    async def keep(self, store: Store, *visits: QueueVisit) -> None:
        await keep(store, {one.call: FoldedCall(visits=(one,)) for one in visits})

    async def test_of_a_queue_by_entry(self, store: Store) -> None:
        inside = [visit(0, wait=100, talk=5), visit(899.999999, Outcome.ABANDONED)]
        outside = [visit(-0.000001), visit(900), visit(10, queue="support")]
        await self.keep(store, *inside, *outside)
        async with store.ledger.intervals(PBX) as work:
            assert await work.visits_entered(SALES, Period(at(0), at(900))) == inside

    async def test_of_an_agent_while_and_an_hour_after_talking(self, store: Store) -> None:
        touching = [
            visit(-(10**6), wait=5, talk=10**6),
            visit(-(10**5), wait=5),
            visit(-3700, wait=50, talk=60),
            visit(-50, wait=50, talk=60),
            visit(800, wait=99, talk=10**6),
        ]
        apart = [
            visit(-3700, wait=50, talk=50),
            visit(800, wait=100, talk=5),
            visit(100, talk=5, agent=BOB),
            visit(100, Outcome.STILL_WAITING),
            replace(visit(-3700, wait=50), reason="cut_by_restart"),
        ]
        await self.keep(store, *touching, *apart)
        async with store.ledger.intervals(PBX) as work:
            assert await work.visits_of_agent(ALICE, Period(at(0), at(900))) == touching
            assert await work.visits_of_agent(BOB, Period(at(-900), at(100))) == []

    async def test_a_cut_conversation_counts_where_it_was_answered(self, store: Store) -> None:
        cut = replace(visit(5, wait=5), reason="cut_by_restart")
        await self.keep(store, cut)
        async with store.ledger.intervals(PBX) as work:
            assert await work.visits_of_agent(ALICE, Period(at(0), at(900))) == [cut]
            assert await work.visits_of_agent(ALICE, Period(at(9000), at(9900))) == []


class TestRingsAndRefusals:
    async def test_by_queue_or_agent_and_time(self, store: Store) -> None:
        inside = [ring(0), ring(5, RingResult.CANCELED, agent=BOB), ring(6, queue="support")]
        call = FoldedCall(
            rings=(*inside, ring(900), ring(-1)), refusals=(refusal(0), refusal(900), refusal(1, queue="b"))
        )
        await keep(store, {"root": call})
        period = Period(at(0), at(900))
        async with store.ledger.intervals(PBX) as work:
            by_queue = await work.rings(MarkKind.QUEUE, SALES, period)
            by_agent = await work.rings(MarkKind.AGENT, ALICE, period)
            refused = await work.refusals(SALES, period)
        assert [one.at for one in by_queue] == [at(0), at(5)]
        assert [one.at for one in by_agent] == [at(0), at(6)]
        assert [replace(one, call=one.leg) for one in refused] == [call.refusals[0]]


class TestOpenThings:
    async def test_signed_in_paused_or_talking(self, store: Store) -> None:
        talking = visit(0, leg="1")
        assert talking.answered_at is not None
        await keep(
            store,
            {
                "1": FoldedCall(visits=(talking, visit(1, talk=5, leg="1", ordinal=2, agent="Carl"))),
                "2": FoldedCall(visits=(visit(0, Outcome.STILL_WAITING, leg="2"),)),
            },
        )
        day = at(0).date()
        async with store.ledger.recording(PBX) as recording:
            await recording.replace_agent_days(BOB, day, {day: (AgentState(paused_since=at(3)), [])})
            await recording.replace_agent_days(AgentId("Eve"), day, {day: (AgentState(), [])})
        async with store.ledger.intervals(PBX) as work:
            assert await work.open_things() == [
                OpenThing(ALICE, "talk", talking.answered_at),
                OpenThing(BOB, "paused", at(3)),
            ]


class TestHorizon:
    async def test_the_furthest_that_any_source_was_read(self, store: Store) -> None:
        ended = told(LegEnded, 77, leg=LegId("1.1"))
        await record(store, batch([ended]))
        async with store.ledger.intervals(PBX) as work:
            assert await work.horizon() == at(77)
        await record(store, batch([], 2, progress=progress(500, read_until=at(90))))
        await record(store, batch([], 3, progress=progress(1, connection="c2", read_until=at(80))))
        async with store.ledger.intervals(PBX) as work:
            assert await work.horizon() == at(90)

    async def test_a_connection_that_heard_a_wrong_clock_counts_until_another_is_heard(self, store: Store) -> None:
        far = progress(900, connection="wrong", read_until=at(1_000_000))
        near = progress(10, connection="right", read_until=at(170))
        await record(store, batch([], 2, progress=near, received_at=at(170)))
        await record(store, batch([], 1, progress=far, received_at=at(100)))
        async with store.ledger.intervals(PBX) as work:
            assert await work.horizon() == at(170)

    async def test_connections_side_by_side_all_count(self, store: Store) -> None:
        await record(store, batch([], 1, progress=progress(10, read_until=at(99)), received_at=at(100)))
        await record(
            store, batch([], 2, progress=progress(10, connection="c2", read_until=at(98)), received_at=at(103))
        )
        await record(store, batch([], 3, progress=progress(0, connection="c3"), received_at=at(900)))
        async with store.ledger.intervals(PBX) as work:
            assert await work.horizon() == at(99)

    async def test_a_log_counts_whenever_it_was_read(self, store: Store) -> None:
        """An older one may be imported later."""
        for number, until in enumerate((500, 400), 1):
            log = progress(10, source=Source.QUEUE_LOG, connection=f"queue_log#{number}", read_until=at(until))
            await record(store, batch([], number, progress=log, received_at=at(1000 * number)))
        await record(store, batch([], 3, progress=progress(10, read_until=at(450)), received_at=at(450)))
        async with store.ledger.intervals(PBX) as work:
            assert await work.horizon() == at(500)
