"""Intervals cover the time line once, in every zone, on both sides of every change of the clock."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from callcenter.domain.calendar import Calendar, Weekday
from callcenter.domain.calls.visits import Outcome
from callcenter.domain.periods import QUARTER, Interval, quarter_of
from callcenter.metrics.intervals import merged
from callcenter.metrics.summaries import QueueSummary

ZONES = [
    ZoneInfo(name)
    for name in (
        "Europe/Berlin",
        "America/New_York",
        "Australia/Lord_Howe",
        "Asia/Shanghai",
        "Asia/Kathmandu",
        "Africa/Cairo",
        "America/Havana",
        "America/St_Johns",
        "Pacific/Chatham",
        "UTC",
    )
]
# Changes of the clock are rare: half of the instants are taken from the hours around one.
CHANGES = {
    zone.key: [
        at
        for hours in range(0, 24 * 365 * 3, 1)
        if (at := datetime(2025, 1, 1, tzinfo=UTC) + timedelta(hours=hours)).astimezone(zone).utcoffset()
        != (at + timedelta(hours=1)).astimezone(zone).utcoffset()
    ]
    for zone in ZONES
}
CUT = [interval for interval in Interval if interval is not Interval.WHOLE]
LENGTHS = {
    Interval.QUARTER_HOUR: timedelta(minutes=15),
    Interval.HALF_HOUR: timedelta(minutes=30),
    Interval.HOUR: timedelta(hours=1),
    Interval.DAY: timedelta(hours=25),
    Interval.WEEK: timedelta(hours=169),
    Interval.MONTH: timedelta(days=31, hours=1),
}


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    # Most sites begin their day at midnight; the hours around the changes of clocks are the ones to try besides.
    hours = st.just(0) | st.integers(0, 4) | st.integers(0, 23)
    return Calendar(
        zone=draw(st.sampled_from(ZONES)),
        day_starts_at_hour=draw(hours),
        week_starts_on=draw(st.sampled_from(Weekday)),
    )


@st.composite
def places(draw: st.DrawFn) -> tuple[datetime, Calendar]:
    site = draw(calendars())
    zone = site.zone
    anywhere = st.integers(0, 15 * 365 * 86_400).map(lambda s: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=s))
    if not CHANGES[zone.key]:
        return draw(anywhere), site
    near = st.builds(
        lambda change, away: change + timedelta(microseconds=away),
        st.sampled_from(CHANGES[zone.key]),
        st.integers(-3 * 3_600_000_000, 3 * 3_600_000_000),
    )
    return draw(anywhere | near), site


@given(places(), st.sampled_from(CUT))
def test_an_interval_holds_its_instant_and_is_its_own_start(
    place: tuple[datetime, Calendar], interval: Interval
) -> None:
    at, site = place
    start = site.interval_start(at, interval).astimezone(UTC)
    assert start <= at < start + LENGTHS[interval]
    assert site.interval_start(start, interval).astimezone(UTC) == start
    assert quarter_of(start) == start


@given(places(), st.sampled_from(CUT), st.integers(1, 24 * 60 * 40))
def test_starts_rise_with_time(place: tuple[datetime, Calendar], interval: Interval, minutes: int) -> None:
    at, site = place
    later = at + timedelta(minutes=minutes)
    start, next_start = site.interval_start(at, interval), site.interval_start(later, interval)
    assert start.astimezone(UTC) <= next_start.astimezone(UTC)
    assert next_start.astimezone(UTC) <= at or start.astimezone(UTC) < next_start.astimezone(UTC)


@given(places(), st.sampled_from(CUT))
def test_all_of_a_quarter_hour_belongs_to_one_interval(place: tuple[datetime, Calendar], interval: Interval) -> None:
    at, site = place
    quarter = quarter_of(at)
    last = quarter + QUARTER - timedelta(microseconds=1)
    start = site.interval_start(quarter, interval).astimezone(UTC)
    assert site.interval_start(last, interval).astimezone(UTC) == start


@given(places())
def test_days_touch(place: tuple[datetime, Calendar]) -> None:
    at, site = place
    start = site.day_start(at)
    end = site.next_day(start)
    assert start.astimezone(UTC) <= at < end.astimezone(UTC)
    assert site.day_start(end.astimezone(UTC) - timedelta(microseconds=1)).astimezone(UTC) == start.astimezone(UTC)
    assert end.date() == start.date() + timedelta(days=1)


NESTED = [
    (Interval.QUARTER_HOUR, Interval.HALF_HOUR),
    (Interval.HALF_HOUR, Interval.HOUR),
    (Interval.HOUR, Interval.DAY),
    (Interval.DAY, Interval.WEEK),
    (Interval.DAY, Interval.MONTH),
]


@given(places(), st.sampled_from(NESTED))
def test_shorter_intervals_lie_within_longer_ones(
    place: tuple[datetime, Calendar], nested: tuple[Interval, Interval]
) -> None:
    at, site = place
    shorter, longer = nested
    start = site.interval_start(at, shorter)
    assert site.interval_start(start, longer).astimezone(UTC) == site.interval_start(at, longer).astimezone(UTC)


@given(places(), st.lists(st.tuples(st.integers(-4000, 4000), st.sampled_from(Outcome)), max_size=40))
def test_quarters_add_up_to_days_and_these_to_weeks_and_months(
    place: tuple[datetime, Calendar], told: list[tuple[int, Outcome]]
) -> None:
    at, site = place
    quarters = [
        ("sales", quarter_of(at) + away * QUARTER, QueueSummary(offered=1, **{outcome.value: 1}))
        for away, outcome in told
    ]
    for shorter, longer in NESTED:
        pieces = merged(quarters, shorter, site, at)
        together = merged(quarters, longer, site, at)
        assert merged([(who, start, it) for (start, who), it in pieces.items()], longer, site, at) == together
        assert all(summary.balanced for summary in together.values())
        assert sum(summary.offered for summary in together.values()) == len(quarters)
