"""Laws of the metrics: what adds up, adds up; for every row of the table of definitions.

All times are in eighths of a second, which floats add without error: so the laws are tested as equalities.
"""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.domain.agents.spells import AgentSpell, SpellKind
from callcenter.domain.calls.visits import Outcome, QueueVisit, RingResult
from callcenter.domain.periods import Period
from callcenter.domain.policies import (
    AfterCallPolicy,
    AfterCallRule,
    Boundary,
    QueuePolicy,
    ServiceLevelFormula,
    ServiceLevelPolicy,
    SitePolicies,
)
from callcenter.metrics.agents import agent_summary
from callcenter.metrics.definitions import AGENT_METRICS, QUEUE_METRICS, Unit
from callcenter.metrics.queues import queue_summary
from callcenter.metrics.summaries import AgentSummary, QueueSummary, Ratio
from tests.support.agents import at
from tests.support.visits import refusal, ring, spell, visit

DAY = 4000.0

times = st.integers(0, int(DAY) * 8).map(lambda eighths: eighths / 8)
whole = st.integers(0, 90)
talks = st.none() | st.integers(0, 3000).map(lambda eighths: eighths / 8)
levels = st.builds(
    ServiceLevelPolicy,
    formula=st.sampled_from(ServiceLevelFormula),
    threshold_seconds=st.integers(0, 90),
    short_abandon_seconds=st.integers(0, 90),
    boundary=st.sampled_from(Boundary),
)


@st.composite
def visits(draw: st.DrawFn) -> QueueVisit:
    outcome = draw(st.sampled_from(Outcome))
    talk = draw(talks)
    return visit(
        draw(times),
        outcome,
        wait=draw(whole),
        talk=talk,
        hold=0 if talk is None else talk / 4,
        queue=draw(st.sampled_from(("sales", "support"))),
        transferred=outcome is Outcome.ANSWERED and draw(st.booleans()),
    )


@st.composite
def queue_summaries(draw: st.DrawFn) -> QueueSummary:
    entered = draw(st.lists(visits(), max_size=12))
    work = {one.visit_id: float(draw(whole)) for one in entered if one.ended_at and draw(st.booleans())}
    rings = draw(st.lists(st.builds(ring, times, st.sampled_from(RingResult)), max_size=4))
    refused = draw(st.lists(st.builds(refusal, times, st.sampled_from(("FULL", "JOINEMPTY"))), max_size=4))
    return queue_summary(entered, rings, refused, work)


@given(queue_summaries(), queue_summaries(), levels)
def test_hour_and_hour_are_two_hours(first: QueueSummary, second: QueueSummary, policy: ServiceLevelPolicy) -> None:
    for row in QUEUE_METRICS:
        apart: Any = row.value(first, policy)
        assert row.value(first + second, policy) == apart + row.value(second, policy), row.name


@given(st.lists(visits(), max_size=12), st.lists(visits(), max_size=12))
def test_the_summary_of_all_is_the_sum_of_the_summaries(first: list[QueueVisit], second: list[QueueVisit]) -> None:
    assert queue_summary(first + second) == queue_summary(first) + queue_summary(second)


@given(queue_summaries(), queue_summaries())
def test_offered_is_the_sum_of_the_outcomes(first: QueueSummary, second: QueueSummary) -> None:
    assert first.balanced
    assert (first + second).balanced


@given(queue_summaries(), queue_summaries(), queue_summaries())
def test_adding_is_a_commutative_monoid(first: QueueSummary, second: QueueSummary, third: QueueSummary) -> None:
    assert first + second == second + first
    assert (first + second) + third == first + (second + third)
    assert first + QueueSummary() == first


@given(queue_summaries(), levels)
def test_a_ratio_is_a_part_of_its_whole(summary: QueueSummary, policy: ServiceLevelPolicy) -> None:
    for row in QUEUE_METRICS:
        if row.unit is Unit.RATIO:
            ratio = row.value(summary, policy)
            assert isinstance(ratio, Ratio), row.name
            assert 0 <= ratio.part <= ratio.whole, row.name


# --- agents ---


@st.composite
def spells(draw: st.DrawFn) -> list[AgentSpell]:
    """Spells of each kind follow each other; the last one may be open."""
    found = []
    for kind in SpellKind:
        edges = sorted(draw(st.sets(times, max_size=7)))
        for start, end in zip(edges[::2], [*edges[1::2], None], strict=False):
            found.append(spell(kind, start, end, draw(st.sampled_from((None, "lunch", "wrapup")))))
    return found


policies = st.sampled_from(AfterCallRule).map(
    lambda rule: SitePolicies(
        default=QueuePolicy(
            after_call=AfterCallPolicy(rule=rule, fixed_seconds=40, pause_reasons=("wrapup",), cap_seconds=90)
        ),
        queues={"support": QueuePolicy()},
    )
)


@st.composite
def agent_facts(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "visits": draw(st.lists(visits(), max_size=8)),
        "rings": draw(st.lists(st.builds(ring, times, st.sampled_from(RingResult)), max_size=4)),
        "spells": draw(spells()),
        "policies": draw(policies),
        "horizon": draw(st.none() | times.map(at)),
    }


def summary_of(start: float, end: float, facts: dict[str, Any]) -> AgentSummary:
    return agent_summary(Period(at(start), at(end)), **facts)


@given(agent_facts(), times, times, times)
def test_cutting_anywhere_adds_up(facts: dict[str, Any], one: float, two: float, three: float) -> None:
    start, edge, end = sorted((one, two, three))
    pieces = summary_of(start, edge, facts) + summary_of(edge, end, facts)
    # Hold is spread over the talk by division, the one place where floats round.
    together = summary_of(start, end, facts)
    assert pieces.hold_seconds == pytest.approx(together.hold_seconds)
    assert _without_hold(pieces) == _without_hold(together)


@given(agent_facts())
def test_over_a_whole_day_nothing_is_lost(facts: dict[str, Any]) -> None:
    day = summary_of(-1, 100_000, facts)
    answered = [one for one in facts["visits"] if one.answered]
    known = [one.talk_seconds for one in answered if one.talk_seconds is not None]
    horizon = facts["horizon"]
    talking = [max(0.0, (horizon - one.answered_at).total_seconds()) for one in answered if one.talking and horizon]
    assert day.answered == len(answered)
    assert day.talk_seconds == sum(known) + sum(talking)
    assert day.ring_no_answer == sum(one.result is RingResult.NOT_ANSWERED for one in facts["rings"])
    assert sum(day.paused_by_reason.seconds.values()) == day.paused_seconds


@given(agent_facts(), times, times)
def test_the_clock_is_shared(facts: dict[str, Any], one: float, two: float) -> None:
    seen = summary_of(min(one, two), max(one, two), facts)
    assert min(seen.occupied_seconds, seen.idle_seconds, seen.paused_seconds, seen.acw_seconds) >= 0
    assert seen.occupied_seconds + seen.idle_seconds <= seen.signed_in_seconds
    assert seen.signed_in_seconds <= seen.occupied_seconds + seen.idle_seconds + seen.paused_seconds
    assert seen.occupied_seconds <= seen.talk_seconds + seen.acw_seconds


@given(agent_facts(), agent_facts())
def test_shift_and_shift_are_a_day(first: dict[str, Any], second: dict[str, Any]) -> None:
    one, other = _without_hold(summary_of(0, DAY, first)), _without_hold(summary_of(0, DAY, second))
    for row in AGENT_METRICS:
        apart: Any = row.value(one, ServiceLevelPolicy())
        assert row.value(one + other, ServiceLevelPolicy()) == apart + row.value(other, ServiceLevelPolicy()), row.name


def _without_hold(summary: AgentSummary) -> AgentSummary:
    values = {name: getattr(summary, name) for name in summary.__dataclass_fields__}
    return AgentSummary(**{**values, "hold_seconds": 0})
