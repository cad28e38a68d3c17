"""Quarter hours become the intervals of a site."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from callcenter.domain.calendar import Calendar
from callcenter.domain.periods import QUARTER, Interval
from callcenter.metrics.intervals import merged
from callcenter.metrics.summaries import QueueSummary

BERLIN = Calendar(zone=ZoneInfo("Europe/Berlin"))


def quarters(start: datetime, hours: float) -> list[tuple[str, datetime, QueueSummary]]:
    """One offered call in each quarter."""
    one = QueueSummary(offered=1, answered=1)
    return [("sales", start + n * QUARTER, one) for n in range(int(hours * 4))]


def shown(start: datetime, hours: float, interval: Interval, site: Calendar) -> list[tuple[str, int]]:
    rows = merged(quarters(start, hours), interval, site, start)
    return [(at.astimezone(site.zone).isoformat(), summary.offered) for (at, _), summary in rows.items()]


def test_the_repeated_hour_of_autumn_stands_twice() -> None:
    night = datetime(2026, 10, 25, 0, tzinfo=UTC)
    assert shown(night, 3, Interval.HOUR, BERLIN) == [
        ("2026-10-25T02:00:00+02:00", 4),
        ("2026-10-25T02:00:00+01:00", 4),
        ("2026-10-25T03:00:00+01:00", 4),
    ]


@pytest.mark.parametrize(
    ("midnight", "hours"), [(datetime(2026, 10, 24, 22, tzinfo=UTC), 25), (datetime(2026, 3, 28, 23, tzinfo=UTC), 23)]
)
def test_a_day_is_as_long_as_it_is(midnight: datetime, hours: int) -> None:
    rows = shown(midnight - timedelta(hours=1), hours + 2, Interval.DAY, BERLIN)
    assert [offered for _, offered in rows] == [4, hours * 4, 4]


@pytest.mark.parametrize(
    ("monday", "hours"), [(datetime(2026, 10, 18, 22, tzinfo=UTC), 169), (datetime(2026, 3, 22, 23, tzinfo=UTC), 167)]
)
def test_a_week_is_as_long_as_it_is(monday: datetime, hours: int) -> None:
    rows = shown(monday - timedelta(hours=1), hours + 2, Interval.WEEK, BERLIN)
    assert [offered for _, offered in rows] == [4, hours * 4, 4]


def test_hours_of_kathmandu_begin_on_its_own_clock() -> None:
    start = datetime(2026, 6, 1, 0, 15, tzinfo=UTC)
    assert shown(start, 1, Interval.HOUR, Calendar(zone=ZoneInfo("Asia/Kathmandu"))) == [
        ("2026-06-01T06:00:00+05:45", 4)
    ]


def test_an_hour_that_lord_howe_cuts_in_two() -> None:
    rows = shown(datetime(2026, 4, 4, 14, tzinfo=UTC), 2, Interval.HOUR, Calendar(zone=ZoneInfo("Australia/Lord_Howe")))
    assert rows == [
        ("2026-04-05T01:00:00+11:00", 4),
        ("2026-04-05T01:30:00+10:30", 2),
        ("2026-04-05T02:00:00+10:30", 2),
    ]


@pytest.mark.parametrize(
    ("interval", "rows"), [(Interval.QUARTER_HOUR, 8), (Interval.HALF_HOUR, 4), (Interval.HOUR, 2)]
)
def test_lengths(interval: Interval, rows: int) -> None:
    assert len(shown(datetime(2026, 6, 1, 8, tzinfo=UTC), 2, interval, BERLIN)) == rows


def test_the_whole_is_one_row_per_subject() -> None:
    start = datetime(2026, 6, 1, 8, tzinfo=UTC)
    rows = [*quarters(start, 5), ("support", start + QUARTER, QueueSummary(offered=7))]
    found = merged(rows, Interval.WHOLE, BERLIN, start)
    assert {subject: summary.offered for (_, subject), summary in found.items()} == {"sales": 20, "support": 7}
    assert {at for at, _ in found} == {start}


def test_rows_come_in_order_of_time_whatever_the_order_of_the_quarters() -> None:
    start = datetime(2026, 6, 1, 8, tzinfo=UTC)
    rows = quarters(start, 3)
    assert list(merged(rows[::-1], Interval.HOUR, BERLIN, start)) == list(merged(rows, Interval.HOUR, BERLIN, start))
