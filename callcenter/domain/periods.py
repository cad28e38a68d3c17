"""Half-open periods, quarter hours, and the lengths of intervals; `domain.calendar` cuts a site's time into them.

Stored rows are quarter hours of UTC: every zone in use today is off UTC by a multiple of 15 minutes, so quarter hours
add up to the half hours, hours, days, weeks and months of any site.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

QUARTER = timedelta(minutes=15)


class Interval(StrEnum):
    """The lengths in which figures are shown."""

    WHOLE = "whole"
    QUARTER_HOUR = "15m"
    HALF_HOUR = "30m"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


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
