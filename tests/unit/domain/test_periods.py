"""Half-open periods and quarter hours."""

from datetime import UTC, datetime, timedelta

import pytest

from callcenter.domain.periods import QUARTER, Period, quarters_of


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


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
