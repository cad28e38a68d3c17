"""One hour, and what the published formulas make of it."""

from dataclasses import replace

import pytest

from callcenter.domain.calls.visits import Outcome, QueueVisit
from callcenter.domain.policies import Boundary, QueuePolicy, ServiceLevelFormula, ServiceLevelPolicy
from callcenter.metrics.dictionary import EXAMPLE_HOUR
from callcenter.metrics.presets import PRESETS
from callcenter.metrics.queues import queue_summary
from callcenter.metrics.service_level import FORMULAS, policy_in_force, service_level
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


PUBLISHED = {
    # Answered only: Asterisk, Wazo, VICIdial, Cisco UCCX.
    "asterisk_service_level": (2, 3),
    "wazo_qos": (2, 3),
    "vicidial_tmr1": (2, 3),
    "cisco_only_handled": (2, 3),
    "asterisk_service_level_2": (3, 5),
    "genesys_short_abandons_out": (2, 4),
    "genesys_default": (2, 5),
    "cisco_positive": (3, 9),
    "amazon_connect": (3, 9),
    "cisco_ignore": (2, 8),
    "talkdesk": (2, 8),
    "cisco_negative": (2, 9),
    "genesys_flow_outs": (2, 9),
}
"""The results that are known for this hour; that of Wazo was measured."""

FOLLOWING = {
    "vicidial_tmr2": (3, 3),  # T = 30
    "genesys_abandons_out": (2, 3),
    "genesys_flow_outs_short_abandons_out": (2, 8),
    "genesys_flow_outs_abandons_out": (2, 7),
    "cxengage_default": (2, 8),  # who gave up within 20 s is left out
    "nethvoice": (3, 10),  # less than 60 s, of nine who entered and one who was refused
    "queuemetrics_inclusive": (2, 9),
}
"""What the other vendors' formulas come to, counted by hand."""


@pytest.mark.parametrize(("preset", "counts"), [*PUBLISHED.items(), *FOLLOWING.items()])
def test_the_worked_example(preset: str, counts: tuple[int, int]) -> None:
    assert level(HOUR, PRESETS[preset].over(rule(ServiceLevelFormula.ASTERISK))) == Ratio(*counts)


def test_every_preset_and_every_formula_stands_in_the_worked_example() -> None:
    assert PUBLISHED.keys() | FOLLOWING.keys() == PRESETS.keys()
    assert {preset.formula for preset in PRESETS.values()} == set(ServiceLevelFormula) == FORMULAS.keys()


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        ("asterisk", "answered within T / answered"),
        ("asterisk_sl2", "(answered within T + abandoned within T) / (answered + abandoned)"),
        ("abandons_in_time_ignored", "answered within T / (offered − abandoned within T)"),
        ("genesys_short_abandons_out", "answered within T / (answered + abandoned − abandoned within S)"),
        ("answered_of_callers", "answered within T / (offered + refused)"),
    ],
)
def test_a_formula_says_what_it_counts(formula: str, text: str) -> None:
    assert FORMULAS[ServiceLevelFormula(formula)].text == text


def test_a_boundary_that_is_not_the_usual_one_is_told() -> None:
    assert PRESETS["nethvoice"].text == "answered in less than T / (offered + refused)"


def test_the_example_of_the_dictionary_is_this_hour() -> None:
    counted = queue_summary(HOUR, refusals=[refusal(900, "JOINEMPTY")])
    counts = ("offered", "answered", "abandoned", "flow_outs", "refused")
    waits = ("answered_waits", "abandoned_waits", "left_waits")
    assert all(getattr(counted, name) == getattr(EXAMPLE_HOUR, name) for name in (*counts, *waits))
    assert EXAMPLE_HOUR.balanced


@pytest.mark.parametrize(("threshold", "met"), [(5, 0), (6, 1), (20, 1), (21, 2)])
def test_below_leaves_exactly_the_threshold_outside(threshold: int, met: int) -> None:
    strict = replace(
        rule(ServiceLevelFormula.ANSWERED_OF_OFFERED, threshold_seconds=threshold), boundary=Boundary.BELOW
    )
    assert level(HOUR, strict) == Ratio(met, 9)


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
