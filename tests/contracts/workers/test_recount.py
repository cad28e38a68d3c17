"""Rows follow the rules: whoever changes one for after-call work finds the rows that it touches counted again."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from callcenter.domain.agents.spells import SpellKind
from callcenter.domain.calendar import Calendar
from callcenter.domain.ids import AgentId, QueueName
from callcenter.domain.policies import AfterCallPolicy, AfterCallRule, QueuePolicy, SitePolicies
from callcenter.metrics.counting import counted_by, touched
from callcenter.metrics.summaries import AgentSummary, Durations
from tests.support.agents import ALICE, PBX, at
from tests.support.desk import Desk
from tests.support.visits import spell, visit
from workers.handle_time import HandleTime
from workers.queue_metrics import QueueMetrics
from workers.recount import Recount

NONE = SitePolicies()
FIXED = AfterCallPolicy(rule=AfterCallRule.FIXED, fixed_seconds=60, cap_seconds=60)
LONG = AfterCallPolicy(rule=AfterCallRule.FIXED, fixed_seconds=3600, cap_seconds=3600)
SALES = QueueName("sales")


def everywhere(rule: AfterCallPolicy) -> SitePolicies:
    return SitePolicies(default=QueuePolicy(after_call=rule))


def in_sales(rule: AfterCallPolicy) -> SitePolicies:
    return SitePolicies(queues={"sales": QueuePolicy(after_call=rule)})


async def started(desk: Desk, policies: SitePolicies) -> int:
    """Start with these rules and run to rest; returns how many rows were counted."""
    recount = Recount(PBX, desk.ledger, policies)
    workers = HandleTime(PBX, desk.ledger, policies), QueueMetrics(PBX, desk.ledger, policies)
    await recount.run_once()
    assert await recount.run_once() == 0
    counted = 0
    while done := sum([await worker.run_once() for worker in workers]):
        counted += done
    return counted


async def two_calls(desk: Desk) -> None:
    await desk.read_until(at(9000))
    await desk.calls(visit(0, talk=880.0), visit(10, queue="vip", agent="Bob", talk=100.0))
    await desk.spells(spell(SpellKind.SIGNED_IN, 0, 7200))


def acw(rows: dict[tuple[AgentId, datetime], AgentSummary]) -> dict[tuple[str, float], float]:
    return {
        (agent, (quarter - at(0)).total_seconds()): row.acw_seconds
        for (agent, quarter), row in rows.items()
        if row.acw_seconds
    }


async def test_another_rule_counts_the_rows_again(desk: Desk) -> None:
    await two_calls(desk)
    await started(desk, NONE)
    assert (acw(await desk.agent_rows()), (await desk.queue_rows())[SALES, at(0)].after_call) == ({}, Durations())
    await started(desk, everywhere(FIXED))
    # The work begins at 14:40 into the first quarter and goes on into the second.
    assert acw(await desk.agent_rows()) == {(ALICE, 0): 20, (ALICE, 900): 40, ("Bob", 0): 60}
    assert (await desk.queue_rows())[SALES, at(0)].after_call == Durations(1, 60, 60)
    await started(desk, NONE)
    assert (acw(await desk.agent_rows()), (await desk.queue_rows())[SALES, at(0)].after_call) == ({}, Durations())


async def test_a_rule_that_reached_far_leaves_nothing_behind(desk: Desk) -> None:
    await two_calls(desk)
    await started(desk, everywhere(LONG))
    assert sum(acw(await desk.agent_rows()).values()) == 7200
    await started(desk, everywhere(FIXED))
    assert sum(acw(await desk.agent_rows()).values()) == 120


async def test_only_what_a_rule_touches_is_counted_again(desk: Desk) -> None:
    await two_calls(desk)
    await started(desk, NONE)
    assert await started(desk, NONE) == 0
    await started(desk, in_sales(FIXED))
    assert acw(await desk.agent_rows()) == {(ALICE, 0): 20, (ALICE, 900): 40}
    assert (await desk.queue_rows())[QueueName("vip"), at(0)].after_call == Durations()
    # An exception that says what all others say changes nothing.
    both = SitePolicies(default=QueuePolicy(after_call=FIXED), queues={"sales": QueuePolicy(after_call=FIXED)})
    await started(desk, everywhere(FIXED))
    assert await started(desk, both) == 0


async def test_a_dated_rule_touches_the_days_from_then_on(desk: Desk) -> None:
    await two_calls(desk)
    await started(desk, NONE)
    day = at(0).date()
    tomorrow = date.fromordinal(day.toordinal() + 1)
    assert await started(desk, SitePolicies(default_later=(QueuePolicy(after_call=FIXED, valid_from=tomorrow),))) == 0
    await started(desk, SitePolicies(default_later=(QueuePolicy(after_call=FIXED, valid_from=day),)))
    assert sum(acw(await desk.agent_rows()).values()) == 120


async def test_rows_of_whom_nobody_knows_the_rules_are_counted_again(desk: Desk) -> None:
    await two_calls(desk)
    for worker in (HandleTime(PBX, desk.ledger, NONE), QueueMetrics(PBX, desk.ledger, NONE)):
        while await worker.run_once():
            pass
    await started(desk, everywhere(FIXED))
    assert sum(acw(await desk.agent_rows()).values()) == 120


def test_a_day_is_that_of_the_site() -> None:
    shanghai = SitePolicies(
        calendar=Calendar(zone=ZoneInfo("Asia/Shanghai"), day_starts_at_hour=4),
        default_later=(QueuePolicy(after_call=FIXED, valid_from=date(2026, 12, 1)),),
    )
    (period,) = touched(counted_by(NONE), counted_by(shanghai), SALES)
    assert period.start == datetime(2026, 11, 30, 20, tzinfo=UTC)


def test_what_changes_no_number_is_no_change() -> None:
    told = AfterCallPolicy(rule=AfterCallRule.PAUSE_REASON, pause_reasons=("ACW", "wrapup"), fixed_seconds=9)
    same = AfterCallPolicy(rule=AfterCallRule.PAUSE_REASON, pause_reasons=("wrapup", "acw"), fixed_seconds=0)
    assert counted_by(everywhere(told)) == counted_by(everywhere(same))
