"""The rows of queues follow from the visits, whenever these change."""

from callcenter.domain.agents.spells import SpellKind
from callcenter.domain.calls.visits import Outcome
from callcenter.domain.policies import AfterCallPolicy, AfterCallRule, QueuePolicy, SitePolicies
from callcenter.metrics.summaries import Durations, QueueSummary, Waits
from tests.support.agents import PBX, at
from tests.support.desk import Desk
from tests.support.visits import refusal, ring, spell, visit
from workers.handle_time import HandleTime
from workers.queue_metrics import ROWS_AT_ONCE, QueueMetrics

QUARTER = 900.0
WRAP_UP = SitePolicies(
    queues={"sales": QueuePolicy(after_call=AfterCallPolicy(rule=AfterCallRule.PAUSE_REASON, cap_seconds=60))}
)
FIXED = SitePolicies(
    default=QueuePolicy(after_call=AfterCallPolicy(rule=AfterCallRule.FIXED, fixed_seconds=30)),
)


async def work(desk: Desk, policies: SitePolicies | None = None) -> int:
    """Run until nothing is left; returns how many rows were computed."""
    worker, done = QueueMetrics(PBX, desk.ledger, policies or SitePolicies()), 0
    while more := await worker.run_once():
        done += more
    return done


async def test_a_visit_belongs_to_the_quarter_of_its_entry(desk: Desk) -> None:
    await desk.calls(visit(10, wait=5, talk=60.0), visit(QUARTER - 1, wait=20, talk=2000.0), visit(QUARTER, wait=1))
    await work(desk)
    rows = await desk.queue_rows()
    assert rows["sales", at(0)].answered_waits == Waits({5: 1, 20: 1})
    assert rows["sales", at(QUARTER)].answered_waits == Waits({1: 1})
    assert set(rows) == {("sales", at(0)), ("sales", at(QUARTER))}


async def test_rings_and_refusals_belong_to_their_own_quarter(desk: Desk) -> None:
    await desk.calls(ring(10), ring(QUARTER), refusal(20), refusal(QUARTER + 5, "JOINEMPTY"), ring(30, queue="vip"))
    await work(desk)
    rows = await desk.queue_rows()
    assert rows["sales", at(0)] == QueueSummary(ring_no_answer=1, refused_full=1)
    assert rows["sales", at(QUARTER)] == QueueSummary(ring_no_answer=1, refused_empty=1)
    assert rows["vip", at(0)] == QueueSummary(ring_no_answer=1)


async def test_a_row_is_computed_once_per_change(desk: Desk) -> None:
    waiting = visit(10, Outcome.STILL_WAITING, leg="a")
    await desk.calls(waiting)
    assert await work(desk) == 1
    assert await work(desk) == 0
    await desk.calls(visit(10, Outcome.ABANDONED, wait=7, leg="a"))
    assert await work(desk) == 1
    row = (await desk.queue_rows())["sales", at(0)]
    assert (row.still_waiting, row.abandoned, row.abandoned_waits) == (0, 1, Waits({7: 1}))


async def test_a_visit_that_moves_leaves_nothing_behind(desk: Desk) -> None:
    await desk.calls(visit(10, leg="a", talk=5.0))
    await work(desk)
    await desk.calls(visit(10, leg="a", queue="vip", talk=5.0))
    await work(desk)
    rows = await desk.queue_rows()
    assert rows.get(("sales", at(0)), QueueSummary()) == QueueSummary()
    assert rows["vip", at(0)].answered == 1


async def test_many_rows_take_several_runs(desk: Desk) -> None:
    queues = [f"queue-{n}" for n in range(ROWS_AT_ONCE + 5)]
    await desk.calls(*(visit(10, queue=queue, talk=1.0) for queue in queues))
    worker = QueueMetrics(PBX, desk.ledger, SitePolicies())
    assert [await worker.run_once() for _ in range(3)] == [ROWS_AT_ONCE, 5, 0]
    assert len(await desk.queue_rows()) == len(queues)


async def test_what_another_queue_does_is_no_business_of_ours(desk: Desk) -> None:
    await desk.calls(visit(10, talk=1.0), visit(20, queue="vip", talk=1.0))
    await work(desk)
    await desk.calls(visit(30, queue="vip", talk=1.0))
    assert await work(desk) == 1


class TestAfterCallWork:
    async def test_counts_with_the_visit_that_it_was_done_for(self, desk: Desk) -> None:
        await desk.calls(visit(QUARTER - 50, talk=45.0), visit(QUARTER - 20, talk=5.0, queue="vip", agent="Bob"))
        await desk.spells(spell(SpellKind.PAUSED, QUARTER - 5, QUARTER + 15, "wrapup"))
        await work(desk, WRAP_UP)
        rows = await desk.queue_rows()
        assert rows["sales", at(0)].after_call == Durations(1, 20, 20)
        assert rows["vip", at(0)].after_call == Durations()

    async def test_ends_with_the_next_conversation_in_any_queue(self, desk: Desk) -> None:
        await desk.calls(visit(0, talk=100.0), visit(110, talk=100.0, queue="vip"), visit(105, talk=1.0, agent="Bob"))
        await work(desk, FIXED)
        rows = await desk.queue_rows()
        assert rows["sales", at(0)].after_call == Durations(2, 40, 30)
        assert rows["vip", at(0)].after_call == Durations(1, 30, 30)

    async def test_of_a_pause_that_lasts_counts_once_it_ends(self, desk: Desk) -> None:
        await desk.read_until(at(120))
        await desk.calls(visit(0, talk=100.0))
        await desk.spells(spell(SpellKind.PAUSED, 100, None, "wrapup"))
        await _both(desk)
        assert (await desk.queue_rows())["sales", at(0)].after_call == Durations(1, 0, 0)
        await desk.spells(spell(SpellKind.PAUSED, 100, 130, "wrapup"))
        await _both(desk)
        assert (await desk.queue_rows())["sales", at(0)].after_call == Durations(1, 30, 30)


async def _both(desk: Desk) -> None:
    """Agents first: they say which queues to look at again."""
    agents = HandleTime(PBX, desk.ledger, WRAP_UP)
    while await agents.run_once():
        pass
    await work(desk, WRAP_UP)
