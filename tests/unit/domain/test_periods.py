"""A site's clock: days of 23 and 25 hours, hours that come twice, zones off by a quarter."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from callcenter.domain.periods import (
    QUARTER,
    Interval,
    Period,
    day_start,
    interval_start,
    next_day,
    quarter_of,
    quarters_of,
)

BERLIN = ZoneInfo("Europe/Berlin")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", date(2026, 3, 29), 23),
        ("Europe/Berlin", date(2026, 10, 25), 25),
        ("America/New_York", date(2026, 3, 8), 23),
        ("America/New_York", date(2026, 11, 1), 25),
        ("Australia/Lord_Howe", date(2026, 10, 4), 23.5),
        ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
        ("Asia/Shanghai", date(2026, 3, 29), 24),
        ("Asia/Kathmandu", date(2026, 3, 29), 24),
        ("Africa/Cairo", date(2026, 4, 24), 23),  # this day has no midnight
        ("America/Havana", date(2026, 11, 1), 25),  # this one has two
    ],
)
def test_the_length_of_a_day(zone: str, day: date, hours: float) -> None:
    site = ZoneInfo(zone)
    start = day_start(datetime.combine(day, datetime.min.time(), site).replace(hour=12), site)
    assert start.date() == day
    assert next_day(start, site).date() == day + timedelta(days=1)
    assert (next_day(start, site).astimezone(UTC) - start.astimezone(UTC)) == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("at", "interval", "start"),
    [
        ("2026-03-29T03:59:59+02:00", Interval.HOUR, "2026-03-29T03:00:00+02:00"),
        ("2026-03-29T01:59:59+01:00", Interval.HOUR, "2026-03-29T01:00:00+01:00"),
        ("2026-10-25T02:30:00+02:00", Interval.HOUR, "2026-10-25T02:00:00+02:00"),
        ("2026-10-25T02:30:00+01:00", Interval.HOUR, "2026-10-25T02:00:00+01:00"),
        ("2026-10-25T02:44:59+01:00", Interval.HALF_HOUR, "2026-10-25T02:30:00+01:00"),
        ("2026-10-25T02:44:59+01:00", Interval.QUARTER_HOUR, "2026-10-25T02:30:00+01:00"),
        ("2026-10-25T23:59:59+01:00", Interval.DAY, "2026-10-25T00:00:00+02:00"),
        ("2026-06-01T00:00:00+02:00", Interval.DAY, "2026-06-01T00:00:00+02:00"),
    ],
)
def test_berlin(at: str, interval: Interval, start: str) -> None:
    assert interval_start(utc(at), interval, BERLIN).isoformat() == start


@pytest.mark.parametrize(
    ("at", "start"),
    [
        ("2026-04-05T01:45:00+11:00", "2026-04-05T01:00:00+11:00"),
        ("2026-04-05T01:30:00+10:30", "2026-04-05T01:30:00+10:30"),
        ("2026-04-05T01:55:00+10:30", "2026-04-05T01:30:00+10:30"),
        ("2026-04-05T01:59:59.999999+10:30", "2026-04-05T01:30:00+10:30"),
        ("2026-04-05T02:00:00+10:30", "2026-04-05T02:00:00+10:30"),
        ("2026-10-04T02:55:00+11:00", "2026-10-04T02:30:00+11:00"),
        ("2026-10-04T03:00:00+11:00", "2026-10-04T03:00:00+11:00"),
    ],
)
def test_an_hour_that_a_change_of_half_an_hour_cuts(at: str, start: str) -> None:
    assert interval_start(utc(at), Interval.HOUR, LORD_HOWE).isoformat() == start


def test_hours_of_a_zone_off_by_three_quarters() -> None:
    start = interval_start(utc("2026-06-01T10:20:00+05:45"), Interval.HOUR, ZoneInfo("Asia/Kathmandu"))
    assert start.isoformat() == "2026-06-01T10:00:00+05:45"
    assert quarter_of(start) == start


def test_the_whole_has_no_start_of_its_own() -> None:
    at = utc("2026-06-01T10:20:00+00:00")
    assert interval_start(at, Interval.WHOLE, BERLIN) == at


def test_a_period_is_half_open() -> None:
    period = Period(utc("2026-06-01T10:00:00+00:00"), utc("2026-06-01T10:15:00+00:00"))
    assert period.start in period
    assert period.end not in period


@pytest.mark.parametrize(
    ("start", "end", "seconds"),
    [(-60, 60, 60), (0, 900, 900), (60, 120, 60), (840, 2000, 60), (-60, 0, 0), (900, 1000, 0), (100, 50, 0)],
)
def test_overlap(start: int, end: int, seconds: float) -> None:
    at = utc("2026-06-01T10:00:00+00:00")
    period = Period(at, at + QUARTER)
    assert period.overlap_seconds(at + timedelta(seconds=start), at + timedelta(seconds=end)) == seconds


def test_quarters_touched() -> None:
    ten = utc("2026-06-01T10:00:00+00:00")
    assert list(quarters_of(ten, ten)) == [ten]
    assert list(quarters_of(ten, ten + QUARTER)) == [ten]
    assert list(quarters_of(ten + timedelta(minutes=14), ten + timedelta(minutes=31))) == [
        ten,
        ten + QUARTER,
        ten + 2 * QUARTER,
    ]
