"""A site's calendar: days of 23 and 25 hours, hours that come twice, zones off by a quarter, weeks and months."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from callcenter.domain.calendar import Calendar, Weekday
from callcenter.domain.periods import Interval, quarter_of

BERLIN = Calendar(zone=ZoneInfo("Europe/Berlin"))
LORD_HOWE = Calendar(zone=ZoneInfo("Australia/Lord_Howe"))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", date(2026, 3, 25), 167),
        ("Europe/Berlin", date(2026, 10, 21), 169),
        ("Europe/Berlin", date(2026, 11, 4), 168),
        ("Australia/Lord_Howe", date(2026, 4, 1), 168.5),
        ("Asia/Shanghai", date(2026, 3, 25), 168),
    ],
)
def test_the_length_of_a_week(zone: str, day: date, hours: float) -> None:
    site = Calendar(zone=ZoneInfo(zone))
    start = site.interval_start(site.start_of(day), Interval.WEEK)
    end = site.interval_start(start.astimezone(UTC) + timedelta(days=8), Interval.WEEK)
    assert end.astimezone(UTC) - start.astimezone(UTC) == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("first", "start"),
    [
        (Weekday.MONDAY, "2026-11-23T00:00:00+01:00"),
        (Weekday.SUNDAY, "2026-11-22T00:00:00+01:00"),
        (Weekday.SATURDAY, "2026-11-21T00:00:00+01:00"),
    ],
)
def test_a_week_begins_with_the_day_of_the_site(first: Weekday, start: str) -> None:
    site = Calendar(zone=BERLIN.zone, week_starts_on=first)
    assert site.interval_start(utc("2026-11-25T10:00:00+01:00"), Interval.WEEK).isoformat() == start


def test_iso_weeks_cross_the_year() -> None:
    assert (
        BERLIN.interval_start(utc("2027-01-03T23:59:00+01:00"), Interval.WEEK).isoformat()
        == "2026-12-28T00:00:00+01:00"
    )
    assert (
        BERLIN.interval_start(utc("2027-01-04T00:00:00+01:00"), Interval.WEEK).isoformat()
        == "2027-01-04T00:00:00+01:00"
    )


def test_a_month_is_that_of_the_calendar() -> None:
    assert (
        BERLIN.interval_start(utc("2026-03-31T23:59:59+02:00"), Interval.MONTH).isoformat()
        == "2026-03-01T00:00:00+01:00"
    )
    assert (
        BERLIN.interval_start(utc("2026-03-31T22:00:00+00:00"), Interval.MONTH).isoformat()
        == "2026-04-01T00:00:00+02:00"
    )


class TestADayThatBeginsAtNight:
    site = Calendar(zone=BERLIN.zone, day_starts_at_hour=4)

    @pytest.mark.parametrize(
        ("at", "day"),
        [
            ("2026-11-25T03:59:59+01:00", date(2026, 11, 24)),
            ("2026-11-25T04:00:00+01:00", date(2026, 11, 25)),
            ("2026-12-01T02:00:00+01:00", date(2026, 11, 30)),
        ],
    )
    def test_bears_the_date_on_which_it_began(self, at: str, day: date) -> None:
        assert self.site.day_of(utc(at)) == day

    def test_weeks_and_months_begin_with_it(self) -> None:
        night = utc("2027-02-01T03:00:00+01:00")  # a Monday
        assert self.site.interval_start(night, Interval.WEEK).isoformat() == "2027-01-25T04:00:00+01:00"
        assert self.site.interval_start(night, Interval.MONTH).isoformat() == "2027-01-01T04:00:00+01:00"

    def test_at_an_hour_that_is_skipped_or_comes_twice(self) -> None:
        at_two = Calendar(zone=BERLIN.zone, day_starts_at_hour=2)
        assert at_two.start_of(date(2026, 3, 29)).isoformat() == "2026-03-29T03:00:00+02:00"
        assert at_two.start_of(date(2026, 10, 25)).isoformat() == "2026-10-25T02:00:00+02:00"
        assert at_two.day_of(utc("2026-10-25T02:10:00+01:00")) == date(2026, 10, 25)


def test_a_date_that_a_zone_skips_is_empty() -> None:
    apia = Calendar(zone=ZoneInfo("Pacific/Apia"))
    assert apia.start_of(date(2011, 12, 30)) == apia.start_of(date(2011, 12, 31))
    assert apia.day_of(apia.start_of(date(2011, 12, 30))) == date(2011, 12, 31)


def test_a_clock_put_back_over_midnight_does_not_begin_the_day_before_again() -> None:
    st_johns = Calendar(zone=ZoneInfo("America/St_Johns"))  # 00:01 → 23:01 on 2010-11-07
    assert st_johns.day_of(utc("2010-11-07T00:00:30-02:30")) == date(2010, 11, 7)
    assert st_johns.day_of(utc("2010-11-06T23:30:00-03:30")) == date(2010, 11, 7)


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
    site = Calendar(zone=ZoneInfo(zone))
    start = site.start_of(day)
    assert start.date() == site.day_of(start) == day
    assert site.next_day(start).date() == day + timedelta(days=1)
    assert (site.next_day(start).astimezone(UTC) - start.astimezone(UTC)) == timedelta(hours=hours)


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
    assert BERLIN.interval_start(utc(at), interval).isoformat() == start


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
    assert LORD_HOWE.interval_start(utc(at), Interval.HOUR).isoformat() == start


def test_hours_of_a_zone_off_by_three_quarters() -> None:
    start = Calendar(zone=ZoneInfo("Asia/Kathmandu")).interval_start(utc("2026-06-01T10:20:00+05:45"), Interval.HOUR)
    assert start.isoformat() == "2026-06-01T10:00:00+05:45"
    assert quarter_of(start) == start


def test_the_whole_has_no_start_of_its_own() -> None:
    at = utc("2026-06-01T10:20:00+00:00")
    assert BERLIN.interval_start(at, Interval.WHOLE) == at
