"""Figures over days with different rules: each day by its own, and the whole is the sum of the days."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from callcenter.domain.calendar import Calendar
from callcenter.domain.calls.visits import Outcome
from callcenter.domain.ids import PbxId, QueueName
from callcenter.domain.periods import QUARTER, Interval
from callcenter.domain.policies import Boundary, QueuePolicy, ServiceLevelFormula, ServiceLevelPolicy, SitePolicies
from callcenter.metrics.definitions import QUEUE_METRICS
from callcenter.metrics.queues import queue_summary
from callcenter.metrics.ruled import RuledSummary, RulesInForce, ruled
from callcenter.metrics.service_level import service_level
from callcenter.metrics.summaries import QueueSummary, Ratio
from tests.support.visits import visit

PBX, SALES = PbxId("pbx1"), QueueName("sales")
FIRST = date(2026, 10, 20)
ZONES = ("Europe/Berlin", "Asia/Kathmandu", "America/Havana", "UTC")

levels = st.builds(
    ServiceLevelPolicy,
    formula=st.sampled_from(ServiceLevelFormula),
    threshold_seconds=st.integers(0, 90),
    short_abandon_seconds=st.integers(0, 90),
    boundary=st.sampled_from(Boundary),
)
calendars = st.builds(
    lambda zone, hour: Calendar(zone=ZoneInfo(zone), day_starts_at_hour=hour), st.sampled_from(ZONES), st.integers(0, 6)
)
hours = st.lists(
    st.builds(lambda outcome, wait: visit(0, outcome, wait=wait), st.sampled_from(Outcome), st.integers(0, 90)),
    max_size=6,
).map(queue_summary)
rows = st.lists(st.tuples(st.integers(0, 30 * 96), hours), max_size=20)


@st.composite
def sites(draw: st.DrawFn) -> SitePolicies:
    days = sorted(draw(st.sets(st.integers(0, 29), max_size=4)))
    later = [FIRST + timedelta(days=day) for day in days]
    return SitePolicies(
        calendar=draw(calendars),
        default=QueuePolicy(service_level=draw(levels), threshold_from_pbx=draw(st.booleans())),
        default_later=tuple(QueuePolicy(service_level=draw(levels), valid_from=day) for day in later),
    )


def told(site: SitePolicies, quarters: list[tuple[int, QueueSummary]], interval: Interval) -> dict[Any, RuledSummary]:
    start = site.calendar.start_of(FIRST).astimezone(UTC)
    rules = RulesInForce(site, {(PBX, SALES): 33})
    found = ((SALES, at, rules.of(PBX, SALES, at), one) for n, one in quarters for at in [start + n * QUARTER])
    return ruled(found, interval, site.calendar, start)


@given(sites(), rows)
def test_a_month_is_the_sum_of_its_days(site: SitePolicies, quarters: list[tuple[int, QueueSummary]]) -> None:
    days = list(told(site, quarters, Interval.DAY).values())
    (whole,) = told(site, quarters, Interval.WHOLE).values() or [RuledSummary({})]
    assert whole.level == sum((day.level for day in days), Ratio())
    assert whole.summary == sum((day.summary for day in days), QueueSummary())
    assert whole.summary.balanced
    if days:
        together = days[0]
        for day in days[1:]:
            together += day
        for row in QUEUE_METRICS:
            assert together.value(row) == whole.value(row), row.name


@given(sites(), rows)
def test_each_day_is_counted_by_its_own_rule_alone(
    site: SitePolicies, quarters: list[tuple[int, QueueSummary]]
) -> None:
    for (start, _), day in told(site, quarters, Interval.DAY).items():
        (rule,) = day.parts
        on = site.calendar.day_of(start)
        own = [rules for rules in site.versions() if rules.valid_from is None or rules.valid_from <= on][-1]
        threshold = 33 if own.threshold_from_pbx else own.service_level.threshold_seconds
        assert (rule.formula, rule.threshold_seconds) == (own.service_level.formula, threshold)
        assert day.level == service_level(day.summary, rule)


@given(sites(), st.integers(-900, 1500).map(lambda hours: datetime(2026, 10, 30, tzinfo=UTC) + timedelta(hours=hours)))
def test_a_rule_holds_from_its_day_until_the_next_one(site: SitePolicies, at: datetime) -> None:
    on = site.calendar.day_of(at)
    held = site.of(SALES, at)
    assert held in site.versions()
    assert held.valid_from is None or held.valid_from <= on
    assert not [
        one for one in site.versions() if one.valid_from and (held.valid_from or date.min) < one.valid_from <= on
    ]
