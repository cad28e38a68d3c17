"""Intervals cover the time line once, in every zone, on both sides of every change of the clock."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from callcenter.domain.periods import QUARTER, Interval, day_start, interval_start, next_day, quarter_of

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
}


@st.composite
def places(draw: st.DrawFn) -> tuple[datetime, ZoneInfo]:
    zone = draw(st.sampled_from(ZONES))
    anywhere = st.integers(0, 15 * 365 * 86_400).map(lambda s: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=s))
    if not CHANGES[zone.key]:
        return draw(anywhere), zone
    near = st.builds(
        lambda change, away: change + timedelta(microseconds=away),
        st.sampled_from(CHANGES[zone.key]),
        st.integers(-3 * 3_600_000_000, 3 * 3_600_000_000),
    )
    return draw(anywhere | near), zone


@given(places(), st.sampled_from(CUT))
def test_an_interval_holds_its_instant_and_is_its_own_start(
    place: tuple[datetime, ZoneInfo], interval: Interval
) -> None:
    at, zone = place
    start = interval_start(at, interval, zone).astimezone(UTC)
    assert start <= at < start + LENGTHS[interval]
    assert interval_start(start, interval, zone).astimezone(UTC) == start
    assert quarter_of(start) == start


@given(places(), st.sampled_from(CUT), st.integers(1, 24 * 60))
def test_starts_rise_with_time(place: tuple[datetime, ZoneInfo], interval: Interval, minutes: int) -> None:
    at, zone = place
    later = at + timedelta(minutes=minutes)
    start, next_start = interval_start(at, interval, zone), interval_start(later, interval, zone)
    assert start.astimezone(UTC) <= next_start.astimezone(UTC)
    assert next_start.astimezone(UTC) <= at or start.astimezone(UTC) < next_start.astimezone(UTC)


@given(places(), st.sampled_from(CUT))
def test_all_of_a_quarter_hour_belongs_to_one_interval(place: tuple[datetime, ZoneInfo], interval: Interval) -> None:
    at, zone = place
    quarter = quarter_of(at)
    last = quarter + QUARTER - timedelta(microseconds=1)
    start = interval_start(quarter, interval, zone).astimezone(UTC)
    assert interval_start(last, interval, zone).astimezone(UTC) == start


@given(places())
def test_days_touch(place: tuple[datetime, ZoneInfo]) -> None:
    at, zone = place
    start = day_start(at, zone)
    end = next_day(start, zone)
    assert start.astimezone(UTC) <= at < end.astimezone(UTC)
    assert day_start(end.astimezone(UTC) - timedelta(microseconds=1), zone).astimezone(UTC) == start.astimezone(UTC)
    assert end.date() == start.date() + timedelta(days=1)
