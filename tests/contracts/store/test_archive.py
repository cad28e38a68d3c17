"""What readers may rely on: pages without repeats or holes, and the whole story of a visit."""

from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from adapters.store import Store
from callcenter.domain.calls.events import CallAnswered, CallOffered, LegEnded
from callcenter.domain.calls.visits import Anomaly, Disagreement, FoldedCall, Outcome, QueueVisit
from callcenter.domain.errors import BadRequest, NotFound
from callcenter.domain.feed import FeedLost, FeedRestored, QueueSeen
from callcenter.domain.ids import AgentId, CallerRef, EventId, LegId, MemberRef, PbxId, QueueName, Source
from callcenter.domain.periods import Period
from callcenter.metrics.marks import MarkKind, StaleMark
from callcenter.ports import FeedGap, QueueSettings, TimelineItem, VisitFilter
from tests.support.agents import ALICE, PBX, at
from tests.support.heard import batch, keep, progress, record, run_sql, told, wording_of
from tests.support.visits import ring, visit

SALES = QueueName("sales")
BERLIN = PbxId("berlin")


async def all_pages(store: Store, chosen: VisitFilter, limit: int) -> list[QueueVisit]:
    found: list[QueueVisit] = []
    cursor = None
    for _ in range(1000):
        page = await store.archive.visits(chosen, cursor=cursor, limit=limit)
        assert len(page.items) <= limit
        found += page.items
        cursor = page.next_cursor
        if cursor is None:
            return found
    raise AssertionError("the pages have no end")


async def keep_each(store: Store, *visits: QueueVisit, pbx: PbxId = PBX) -> None:
    await keep(store, {one.call: FoldedCall(visits=(replace(one, pbx=pbx),)) for one in visits}, pbx=pbx)


class TestVisits:
    @pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
    async def test_pages_hold_everything_once_newest_first(self, store: Store, limit: int) -> None:
        """Many at one instant, on two PBXs, with names that databases sort in ways of their own."""
        legs = ["b.1", "B.1", "ä.1", "Z.1", "a-1", "a 1", "a_1", "李.1", "~", "1.10", "1.9"]
        seconds = [0, 0, 0, 5, 5, 5, 0, 5, 9, 0, 5]
        visits = [visit(second, leg=leg, queue="q") for second, leg in zip(seconds, legs, strict=True)]
        await keep_each(store, *visits)
        await keep_each(store, *visits[3:], pbx=BERLIN)
        found = await all_pages(store, VisitFilter(), limit)
        assert len(found) == len({(one.pbx, one.visit_id) for one in found}) == len(legs) + len(legs) - 3
        assert [one.entered_at for one in found] == sorted((one.entered_at for one in found), reverse=True)
        assert len(await all_pages(store, VisitFilter(pbx=BERLIN), limit)) == len(legs) - 3

    async def test_a_page_goes_on_where_the_one_before_ended(self, store: Store) -> None:
        visits = [visit(n, leg=f"1.{n}") for n in range(6)]
        await keep_each(store, *visits[:5])
        first = await store.archive.visits(VisitFilter(), cursor=None, limit=2)
        await keep_each(store, visits[5])
        second = await store.archive.visits(VisitFilter(), cursor=first.next_cursor, limit=2)
        assert [one.leg for one in (*first.items, *second.items)] == ["1.4", "1.3", "1.2", "1.1"]

    async def test_filters(self, store: Store) -> None:
        one = visit(0, leg="1.1", caller=CallerRef("1", "Ann"))
        two = visit(5, Outcome.ABANDONED, leg="1.2", queue="支持")
        three = visit(9, leg="1.3", agent="Bob")
        await keep_each(store, one, two, three)
        async with store.ledger.recording(PBX) as recording:
            await recording.assign({LegId("1.1"): LegId("1.1"), LegId("1.7"): LegId("1.1"), LegId("1.2"): LegId("1.2")})

        async def found(**chosen: Any) -> list[str]:
            return [each.leg for each in await all_pages(store, VisitFilter(**chosen), 50)]

        assert await found() == ["1.3", "1.2", "1.1"]
        assert await found(pbx=PBX, queue=SALES) == ["1.3", "1.1"]
        assert await found(queue=QueueName("支持")) == ["1.2"]
        assert await found(agent=ALICE) == ["1.1"]
        assert await found(outcome=Outcome.ABANDONED) == ["1.2"]
        assert await found(period=Period(at(5), at(9))) == ["1.2"]
        assert await found(leg=LegId("1.2")) == ["1.2"]
        assert await found(leg=LegId("1.7")) == ["1.1"]
        assert await found(leg=LegId("1")) == []
        assert await found(pbx=BERLIN) == []
        assert await found(agent=AgentId("Bob"), outcome=Outcome.ANSWERED, queue=SALES) == ["1.3"]

    @pytest.mark.parametrize("cursor", ["", "x", "?", "ä", "AAAA", "k8CgoA", "a" * 500])
    async def test_a_cursor_that_no_page_gave(self, store: Store, cursor: str) -> None:
        with pytest.raises(BadRequest):
            await store.archive.visits(VisitFilter(), cursor=cursor, limit=5)

    async def test_a_page_of_nothing(self, store: Store) -> None:
        with pytest.raises(BadRequest):
            await store.archive.visits(VisitFilter(), cursor=None, limit=0)


class TestRecordings:
    async def test_pages_hold_every_link_once(self, store: Store) -> None:
        files = count(1)
        visits = [visit(n // 3, leg=f"1.{n}", recordings=tuple(f"/{next(files)}" for _ in range(3))) for n in range(7)]
        for pbx in (PBX, BERLIN):
            await keep_each(store, *visits, pbx=pbx)
            async with store.ledger.links(pbx) as work:
                for one in await work.unlinked(100):
                    await work.link(one, one.recordings)
        found, cursor = [], None
        while True:
            page = await store.archive.recordings(None, cursor=cursor, limit=4)
            found += page.items
            cursor = page.next_cursor
            if cursor is None:
                break
        assert len(found) == len({(link.pbx, link.path) for link in found}) == 42
        assert len((await store.archive.recordings(BERLIN, cursor=None, limit=100)).items) == 21


class TestStory:
    async def test_a_visit_with_everything_behind_it(self, store: Store) -> None:
        offered = told(CallOffered, 0, leg=LegId("1.1"), queue=SALES, caller=CallerRef("1", "Ann"))
        answered = told(
            CallAnswered,
            5,
            leg=LegId("1.1"),
            queue=SALES,
            member=MemberRef(name=ALICE),
            agent_leg=LegId("1.2"),
            wait_seconds=5,
        )
        row = told(CallOffered, 0, source=Source.QUEUE_LOG, leg=LegId("1.1"), queue=SALES)
        ended = told(LegEnded, 9, leg=LegId("1.2"))
        other = told(LegEnded, 3, leg=LegId("7.7"))
        mine, next_one = visit(0, wait=5, talk=4, leg="1.1", call="1.1"), visit(20, leg="1.2", call="1.1")
        anomaly = Anomaly(kind="odd", at=at(4), leg=None, queue=None, event_id=offered.event_id, detail="李")
        disputed = Disagreement(
            visit_id=mine.visit_id, queue=SALES, at=at(0), field="talk_seconds", ami="4.2", queue_log="6"
        )
        of_next = replace(disputed, visit_id=next_one.visit_id)
        await record(store, batch([ended, other, answered], 4), batch([row], 9, adapter="log"), batch([offered], 5))
        call = FoldedCall(
            visits=(mine, next_one),
            rings=(replace(ring(3), call=LegId("1.1")),),
            anomalies=(anomaly,),
            disagreements=(disputed, of_next),
        )
        async with store.ledger.recording(PBX) as recording:
            await recording.assign({LegId("1.1"): LegId("1.1"), LegId("1.2"): LegId("1.1"), LegId("7.7"): LegId("7.7")})
            await recording.replace_calls({LegId("1.1"): call}, [])
        story = await store.archive.story(PBX, mine.visit_id)
        assert story.visit == mine
        assert story.rings == call.rings
        assert story.same_call == (next_one,)
        assert story.disagreements == (disputed,)
        assert story.anomalies == (anomaly,)
        assert set(story.timeline[:2]) == {
            TimelineItem(row, wording_of(row), "log", 9),
            TimelineItem(offered, wording_of(offered), "a", 5),
        }
        assert story.timeline[2:] == (
            TimelineItem(answered, wording_of(answered), "a", 4),
            TimelineItem(ended, wording_of(ended), "a", 4),
        )

    @pytest.mark.parametrize("pbx", [PBX, BERLIN])
    async def test_nobody_knows_it(self, store: Store, pbx: PbxId) -> None:
        await keep_each(store, visit(0, leg="1.1"))
        with pytest.raises(NotFound) as raised:
            await store.archive.story(pbx, "1.1~support~1")
        assert raised.value.key == "1.1~support~1"

    @pytest.mark.parametrize("packed", [None, "00", "789c4b04"])
    async def test_words_that_were_erased_or_damaged(self, store: Store, database_url: str, packed: str | None) -> None:
        literal = "NULL" if packed is None else f"x'{packed}'" if "sqlite" in database_url else f"'\\x{packed}'"
        offered = told(CallOffered, 0, leg=LegId("1.1"), queue=SALES)
        await record(store, batch([offered]))
        await keep_each(store, visit(0, leg="1.1"))
        async with store.ledger.recording(PBX) as recording:
            await recording.assign({LegId("1.1"): LegId("1.1")})
        await run_sql(database_url, f"UPDATE wordings SET packed = {literal}")
        story = await store.archive.story(PBX, "1.1~sales~1")
        assert story.timeline == (TimelineItem(offered, b"", "a", 1),)


class TestOddities:
    def odd(self, n: int, kind: str = "late") -> Anomaly:
        return Anomaly(kind=kind, at=at(n), leg=LegId("1.1"), queue=SALES, event_id=EventId(bytes(16)), detail=str(n))

    def disputed(self, n: int) -> Disagreement:
        return Disagreement(visit_id=f"{n}~q~1", queue=SALES, at=at(n), field="f", ami="1", queue_log="2")

    async def test_newest_first_over_all_pbxs(self, store: Store) -> None:
        for pbx, numbers in ((PBX, (1, 4)), (BERLIN, (3, 2))):
            call = FoldedCall(anomalies=tuple(map(self.odd, numbers)), disagreements=tuple(map(self.disputed, numbers)))
            await keep(store, {"1.1": call}, pbx=pbx)
        assert [(pbx, one.detail) for pbx, one in await store.archive.anomalies(None, limit=3)] == [
            (PBX, "4"),
            (BERLIN, "3"),
            (BERLIN, "2"),
        ]
        assert await store.archive.disagreements(BERLIN, limit=1) == [(BERLIN, self.disputed(3))]
        assert len(await store.archive.disagreements(None, limit=9)) == 4

    async def test_counted_in_the_report(self, store: Store) -> None:
        call = FoldedCall(anomalies=(self.odd(1), self.odd(2), self.odd(3, "b")), disagreements=(self.disputed(1),))
        await keep(store, {"1.1": call})
        async with store.ledger.recording(PBX) as recording:
            await recording.mark_stale([StaleMark(MarkKind.QUEUE, "a", at(0)), StaleMark(MarkKind.AGENT, "a", at(0))])
        report = await store.archive.feed(PBX)
        assert report.anomalies == {"b": 1, "late": 2}
        assert report.disagreements == 1
        assert report.stale_marks == 2


class TestFeed:
    async def test_a_pbx_that_nobody_heard(self, store: Store) -> None:
        report = await store.archive.feed(PBX)
        assert (report.pbx, report.progress, report.events_by_source, report.gaps) == (PBX, (), {}, ())
        assert await store.archive.covered(None) is None

    async def test_events_by_source_count_each_once(self, store: Store) -> None:
        ami = [told(LegEnded, n, leg=LegId("1")) for n in range(3)]
        log = [told(CallOffered, n, source=Source.QUEUE_LOG, leg=LegId("1"), queue=SALES) for n in range(2)]
        await record(store, batch(ami[:2]), batch([ami[1], *log], 2))
        await record(store, batch([*ami, *log], 3))
        assert (await store.archive.feed(PBX)).events_by_source == {Source.AMI: 3, Source.QUEUE_LOG: 2}

    async def test_from_the_first_to_the_last_instant(self, store: Store) -> None:
        await record(store, batch([told(LegEnded, 7, leg=LegId("1")), told(LegEnded, 3, leg=LegId("2"))]))
        assert await store.archive.covered(PBX) == Period(at(3), at(7))
        await record(store, batch([], 2, progress=progress(900, read_until=at(50))))
        there = [told(LegEnded, -9, pbx=BERLIN, leg=LegId("1"))]
        await record(store, batch(there, pbx=BERLIN), pbx=BERLIN)
        assert await store.archive.covered(PBX) == Period(at(3), at(50))
        assert await store.archive.covered(None) == Period(at(-9), at(50))

    async def test_a_connection_that_was_lost(self, store: Store) -> None:
        events = [
            told(FeedRestored, 0, connection="c1"),
            told(FeedLost, 10, connection="c1", reason="timeout"),
            told(FeedRestored, 30, connection="c2"),
            told(FeedLost, 50, connection="c2", reason="closed"),
        ]
        await record(store, batch(events[2:]), batch(events[:2], 2))
        lost = FeedGap(PBX, Source.AMI, at(10), at(30), "timeout", None)
        assert (await store.archive.feed(PBX)).gaps == (lost, FeedGap(PBX, Source.AMI, at(50), None, "closed", None))
        told_by_log = [told(CallOffered, n, source=Source.QUEUE_LOG, leg=LegId("1"), queue=SALES) for n in (5, 30)]
        await record(store, batch(told_by_log, 3, adapter="log"))
        assert (await store.archive.feed(PBX)).gaps[0] == replace(lost, filled_from=Source.QUEUE_LOG)

    async def test_batches_that_are_missing(self, store: Store) -> None:
        await record(store, *(batch([], n) for n in (3, 4, 9, 12)))
        await record(store, batch([], 6), batch([], 3))
        gaps = [(gap.started_at, gap.ended_at) for gap in (await store.archive.feed(PBX)).gaps]
        assert gaps == [(at(4), at(6)), (at(6), at(9)), (at(9), at(12))]
        await record(store, *(batch([], n) for n in (10, 5, 11, 7)))
        assert (await store.archive.feed(PBX)).gaps == (FeedGap(PBX, Source.AMI, at(7), at(9), "stream hole", None),)
        await record(store, batch([], 8))
        assert (await store.archive.feed(PBX)).gaps == ()

    async def test_up_to_which_number_everything_is_recorded(self, store: Store) -> None:
        async def recorded(adapter: str = "a") -> int:
            return await store.archive.recorded_seq(PBX, adapter)

        assert await recorded() == 0
        await record(store, *(batch([], n) for n in (3, 4)), batch([], 90, adapter="b"))
        assert (await recorded(), await recorded("b"), await recorded("c")) == (4, 90, 0)
        await record(store, *(batch([], n) for n in (6, 9)))
        assert await recorded() == 4
        await record(store, batch([], 5))
        assert await recorded() == 6
        await record(store, batch([], 8), batch([], 7))
        assert await recorded() == 9
        assert await store.archive.recorded_seq(BERLIN, "a") == 0

    async def test_what_the_pbx_says_about_its_queues(self, store: Store) -> None:
        seen = [told(QueueSeen, n, queue=SALES, service_level_seconds=n * 10) for n in (1, 3, 2)]
        await record(store, batch([*seen, told(QueueSeen, 9, queue=QueueName("b"))]))
        await record(store, batch(seen[:1], 2))
        assert await store.archive.queue_settings(PBX) == [
            QueueSettings(PBX, QueueName("b"), None),
            QueueSettings(PBX, SALES, 30),
        ]
        assert await store.archive.queue_settings(BERLIN) == []


class TestRecordedSeq:
    async def test_up_to_the_first_hole(self, store: Store) -> None:
        assert await store.archive.recorded_seq(PBX, "a") == 0
        await record(store, *(batch([], n) for n in (3, 4, 7, 9)))
        assert await store.archive.recorded_seq(PBX, "a") == 4
        assert await store.archive.recorded_seq(PBX, "b") == 0
        await record(store, *(batch([], n) for n in (6, 5)))
        assert await store.archive.recorded_seq(PBX, "a") == 7
        await record(store, batch([], 8))
        assert await store.archive.recorded_seq(PBX, "a") == 9
