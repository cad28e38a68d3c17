"""Half-open periods, and how a site's day is cut into intervals.

Stored rows are quarter hours of UTC: every zone in use today is off UTC by a multiple of 15 minutes, so quarter hours
add up to the half hours, hours and days of any site, days of 23 and 25 hours included.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum

QUARTER = timedelta(minutes=15)


class Interval(StrEnum):
    """The lengths in which figures are shown."""

    WHOLE = "whole"
    QUARTER_HOUR = "15m"
    HALF_HOUR = "30m"
    HOUR = "hour"
    DAY = "day"


_MINUTES = {Interval.QUARTER_HOUR: 15, Interval.HALF_HOUR: 30, Interval.HOUR: 60}


@dataclass(frozen=True, slots=True)
class Period:
    """From ``start`` up to, not including, ``end``; both aware."""

    start: datetime
    end: datetime

    def __contains__(self, at: datetime) -> bool:
        return self.start <= at < self.end

    def overlap_seconds(self, start: datetime, end: datetime) -> float:
        """How many seconds of [start, end) lie within."""
        return max(0.0, (min(self.end, end) - max(self.start, start)).total_seconds())


def quarter_of(at: datetime) -> datetime:
    """The start of the UTC quarter hour that holds an instant."""
    at = at.astimezone(UTC)
    return at.replace(minute=at.minute - at.minute % 15, second=0, microsecond=0)


def quarters_of(start: datetime, end: datetime) -> Iterator[datetime]:
    """The starts of all UTC quarter hours that [start, end) touches; the one of ``start`` at least."""
    quarter = quarter_of(start)
    yield quarter
    while (quarter := quarter + QUARTER) < end:
        yield quarter


def interval_start(at: datetime, interval: Interval, zone: tzinfo) -> datetime:
    """The start, in the site's zone, of the interval that holds an instant.

    Wall-clock hours are cut on the wall clock. In the repeated hour of autumn both passes are intervals of their own,
    told apart by their offset. WHOLE has no start of its own and gives the instant back.
    """
    local = at.astimezone(zone)
    if interval is Interval.WHOLE:
        return local
    if interval is Interval.DAY:
        return day_start(at, zone)
    minutes = _MINUTES[interval]
    passed = timedelta(minutes=local.minute % minutes, seconds=local.second, microseconds=local.microsecond)
    # Subtract on the time line, not on the wall clock: a change of offset inside the interval cuts it there.
    start = (at.astimezone(UTC) - passed).astimezone(zone)
    return start if start.utcoffset() == local.utcoffset() else _offset_change(start, local, zone)


def day_start(at: datetime, zone: tzinfo) -> datetime:
    """Midnight of the site's day that holds an instant (or the first instant of a day that has no midnight)."""
    midnight = at.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    return midnight.astimezone(UTC).astimezone(zone)


def next_day(start: datetime, zone: tzinfo) -> datetime:
    """The start of the site's next day: 23, 24 or 25 hours later."""
    return day_start(start.astimezone(UTC) + timedelta(hours=36), zone)


def _offset_change(before: datetime, after: datetime, zone: tzinfo) -> datetime:
    """The first instant after ``before`` at which the zone has the offset of ``after``: a whole second."""
    low, high = before.astimezone(UTC), after.astimezone(UTC)
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        if middle.astimezone(zone).utcoffset() == after.utcoffset():
            high = middle
        else:
            low = middle
    return high.replace(microsecond=0).astimezone(zone)
