"""One hour, and what the published formulas make of it."""

import pytest

from callcenter.domain.calls.visits import Outcome, QueueVisit
from callcenter.domain.policies import QueuePolicy, ServiceLevelFormula, ServiceLevelPolicy
from callcenter.metrics.queues import queue_summary
from callcenter.metrics.service_level import policy_in_force, service_level
from callcenter.metrics.summaries import QueueSummary, Ratio
from tests.support.visits import refusal, visit

HOUR = [
    visit(0, wait=5, talk=60),
    visit(100, wait=30, talk=60),
    visit(200, wait=20, talk=60),
    visit(300, Outcome.ABANDONED, wait=2),
    visit(400, Outcome.ABANDONED, wait=40),
    visit(500, Outcome.EXITED_BY_KEY, wait=20),
    visit(600, Outcome.TIMED_OUT, wait=60),
    visit(700, Outcome.TIMED_OUT, wait=30),
    visit(800, Outcome.EXITED_EMPTY, wait=10),
]
"""Nine visits entered and one caller was refused. T = 20 s, S = 5 s."""


def rule(formula: ServiceLevelFormula, **limits: int) -> ServiceLevelPolicy:
    return ServiceLevelPolicy(formula=formula, **{"threshold_seconds": 20, "short_abandon_seconds": 5, **limits})


def level(visits: list[QueueVisit], policy: ServiceLevelPolicy) -> Ratio:
    return service_level(queue_summary(visits, refusals=[refusal(900, "JOINEMPTY")]), policy)


@pytest.mark.parametrize(
    ("formula", "part", "whole"),
    [
        (ServiceLevelFormula.ASTERISK, 2, 3),
        (ServiceLevelFormula.ANSWERED_OF_OFFERED, 2, 9),
        (ServiceLevelFormula.SHORT_ABANDONS_IGNORED, 2, 8),
    ],
)
def test_the_worked_example(formula: ServiceLevelFormula, part: int, whole: int) -> None:
    assert level(HOUR, rule(formula)) == Ratio(part, whole)


@pytest.mark.parametrize(("threshold", "met"), [(4, 0), (5, 1), (19, 1), (20, 2), (29, 2), (30, 3)])
def test_exactly_the_threshold_is_inside(threshold: int, met: int) -> None:
    assert level(HOUR, rule(ServiceLevelFormula.ANSWERED_OF_OFFERED, threshold_seconds=threshold)) == Ratio(met, 9)


@pytest.mark.parametrize(("limit", "offered"), [(1, 9), (2, 8), (39, 8), (40, 7)])
def test_exactly_the_short_abandon_limit_is_short(limit: int, offered: int) -> None:
    policy = rule(ServiceLevelFormula.SHORT_ABANDONS_IGNORED, short_abandon_seconds=limit)
    assert level(HOUR, policy) == Ratio(2, offered)


@pytest.mark.parametrize("formula", ServiceLevelFormula)
def test_an_empty_hour_has_none(formula: ServiceLevelFormula) -> None:
    assert service_level(QueueSummary(), rule(formula)).value is None


def test_only_short_abandons_leave_nothing_to_divide_by() -> None:
    hour = [visit(0, Outcome.ABANDONED, wait=1), visit(9, Outcome.ABANDONED, wait=2)]
    assert level(hour, rule(ServiceLevelFormula.SHORT_ABANDONS_IGNORED)).value is None


def test_the_threshold_of_the_pbx_holds_where_the_rule_leaves_it_to_the_pbx() -> None:
    assert policy_in_force(QueuePolicy(), 45).threshold_seconds == 45
    assert policy_in_force(QueuePolicy(), None).threshold_seconds == 20
    assert policy_in_force(QueuePolicy(threshold_from_pbx=False), 45).threshold_seconds == 20
