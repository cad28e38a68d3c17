"""What a recorder may rely on when it replaces the rows of calls."""

from dataclasses import replace
from itertools import count

from hypothesis import HealthCheck, given, settings

from adapters.store import Store
from callcenter.domain.calls.visits import FoldedCall, LooseEnd, LooseKind, Outcome, RingResult
from callcenter.domain.ids import CallerRef, LegId, PbxId, QueueName
from callcenter.metrics.marks import StaleMark, refusal_marks, ring_marks, visit_marks
from callcenter.ports import VisitFilter
from tests.support import folded
from tests.support.agents import PBX, at
from tests.support.heard import everything, keep, record
from tests.support.visits import refusal, ring, visit

_numbers = count(1)


def marks_of(call: FoldedCall) -> set[StaleMark]:
    """The intervals that a call counts in, as the domain says."""
    marks: set[StaleMark] = set()
    for one in call.visits:
        agent = one.member.agent if one.member else None
        marks |= set(visit_marks(one.queue, agent, one.entered_at, one.answered_at, one.ended_at))
    for each in call.rings:
        marks |= set(ring_marks(each.queue, each.member.agent, each.at))
    for refused in call.refusals:
        marks |= set(refusal_marks(refused.queue, refused.at))
    return marks


async def stored_visits(store: Store, pbx: PbxId = PBX) -> list[object]:
    page = await store.archive.visits(VisitFilter(pbx=pbx), cursor=None, limit=1000)
    return list(page.items)


class TestReplacing:
    @given(call=folded.calls)
    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    async def test_rows_come_back_as_they_were_folded(self, store: Store, call: FoldedCall) -> None:
        pbx = PbxId(f"pbx {next(_numbers)}")
        mine = replace(call, visits=tuple(replace(one, pbx=pbx) for one in call.visits))
        await keep(store, {"root": mine}, pbx=pbx)
        assert {one.visit_id: one for one in await stored_visits(store, pbx)} == {
            one.visit_id: one for one in mine.visits
        }
        for one in mine.visits:
            story = await store.archive.story(pbx, one.visit_id)
            assert [replace(each, pbx=PBX) for each in story.rings] == sorted(call.rings, key=lambda each: each.at)
            assert sorted(story.anomalies, key=repr) == sorted(call.anomalies, key=repr)
        async with store.ledger.recording(pbx) as recording:
            assert await recording.replace_calls({}, [LegId("root")]) == marks_of(mine)
        assert await stored_visits(store, pbx) == []

    async def test_what_was_there_goes_and_tells_where_it_counted(self, store: Store) -> None:
        before = FoldedCall(visits=(visit(0, wait=5, talk=1800),), rings=(ring(3),), refusals=(refusal(9, queue="b"),))
        after = FoldedCall(visits=(visit(0, Outcome.ABANDONED, leg=before.visits[0].leg, wait=5),))
        await keep(store, {"1.1": before, "1.2": FoldedCall(visits=(visit(50, leg="1.2"),))})
        async with store.ledger.recording(PBX) as recording:
            assert await recording.replace_calls({LegId("1.1"): after}, []) == marks_of(before)
        call = [one.call for one in await stored_visits(store)]
        assert call == ["1.2", "1.1"]
        assert [one.outcome for one in await stored_visits(store)] == [Outcome.ANSWERED, Outcome.ABANDONED]

    async def test_a_call_that_became_part_of_another_loses_its_rows(self, store: Store, database_url: str) -> None:
        one, other = visit(0, leg="1.1"), visit(5, leg="1.2")
        await keep(store, {"1.1": FoldedCall(visits=(one,)), "1.2": FoldedCall(visits=(other,), rings=(ring(6),))})
        await keep(store, {"1.1": FoldedCall(visits=(one, other))}, retired=["1.2"])
        assert [each.call for each in await stored_visits(store)] == ["1.1", "1.1"]
        assert (await everything(database_url))["ring_attempts"] == []

    async def test_putting_the_same_twice_changes_nothing(self, store: Store, database_url: str) -> None:
        call = {"1.1": FoldedCall(visits=(visit(0, caller=CallerRef("1", "Ann")),), rings=(ring(1), ring(2)))}
        await keep(store, call)
        before = await everything(database_url)
        await keep(store, call)
        assert await everything(database_url) == before

    async def test_many_calls_at_once(self, store: Store) -> None:
        calls = {
            f"9.{n}": FoldedCall(
                visits=(visit(n, leg=f"9.{n}", talk=n),), rings=(ring(n), ring(n, RingResult.ANSWERED))
            )
            for n in range(700)
        }
        await keep(store, calls)
        await keep(store, calls)
        assert len(await stored_visits(store)) == 700

    async def test_nothing_to_replace(self, store: Store) -> None:
        async with store.ledger.recording(PBX) as recording:
            assert await recording.replace_calls({}, []) == set()
            assert await recording.replace_calls({}, [LegId("never heard of")]) == set()


class TestOpenCalls:
    async def test_waiting_and_talking_before_an_instant(self, store: Store) -> None:
        waiting = visit(0, Outcome.STILL_WAITING, leg="1.1")
        talking = visit(1, wait=5, leg="1.2")
        later = visit(9, wait=5, leg="1.3")
        over = visit(2, wait=5, talk=6, leg="1.4")
        cut = replace(visit(3, wait=5, leg="1.5"), reason="cut_by_restart")
        await keep(store, {one.call: FoldedCall(visits=(one,)) for one in (waiting, talking, later, over, cut)})
        async with store.ledger.recording(PBX) as recording:
            assert await recording.open_calls(at(9)) == {"1.1", "1.2"}


class TestLooseEnds:
    def end(self, kind: LooseKind, seconds: float, queue: str = "sales") -> LooseEnd:
        return LooseEnd(kind=kind, queue=QueueName(queue), at=at(seconds), leg=LegId("1.9"))

    async def counterparts(self, store: Store, *ends: LooseEnd) -> dict[str, list[LooseEnd]]:
        async with store.ledger.recording(PBX) as recording:
            return await recording.loose_counterparts(ends)

    async def test_the_other_half_in_the_same_queue_within_three_seconds(self, store: Store) -> None:
        waits, talks = self.end(LooseKind.OPEN_WAIT, 10), self.end(LooseKind.OPEN_TALK, 10)
        elsewhere = self.end(LooseKind.OPEN_WAIT, 10, "support")
        late = self.end(LooseKind.OPEN_WAIT, 13.000001)
        for root, end in {"a": waits, "b": talks, "c": elsewhere, "d": late}.items():
            await keep(store, {root: FoldedCall(loose_ends=(end,))})
        stray = LooseKind.STRAY_WAIT_END
        assert await self.counterparts(store, self.end(stray, 10)) == {"a": [waits]}
        assert await self.counterparts(store, self.end(stray, 7)) == {"a": [waits]}
        assert await self.counterparts(store, self.end(stray, 6.999999)) == {}
        assert await self.counterparts(store, self.end(stray, 13)) == {"a": [waits], "d": [late]}
        assert await self.counterparts(store, self.end(stray, 30), self.end(stray, 9), self.end(stray, 40)) == {
            "a": [waits]
        }
        assert await self.counterparts(store, self.end(LooseKind.STRAY_TALK_END, 11)) == {"b": [talks]}
        assert await self.counterparts(store, self.end(LooseKind.OPEN_TALK, 10)) == {}
        assert await self.counterparts(store) == {}


async def test_a_pbx_that_nobody_recorded_is_not_there(store: Store) -> None:
    await record(store, pbx=PbxId("quiet"))
    assert await store.ledger.pbxs() == ["quiet"]
    assert await stored_visits(store, PbxId("nobody")) == []
