"""Periods as requests give them, and how much a single answer may hold."""

from datetime import datetime, timedelta

from callcenter.domain.errors import BadRequest
from callcenter.domain.periods import Interval, Period

MOST_INTERVALS = 3000
MOST_DAYS = 366

_LENGTH = {
    Interval.QUARTER_HOUR: timedelta(minutes=15),
    Interval.HALF_HOUR: timedelta(minutes=30),
    Interval.HOUR: timedelta(hours=1),
    Interval.DAY: timedelta(days=1),
    Interval.WEEK: timedelta(weeks=1),
    Interval.MONTH: timedelta(days=28),
}
_EXAMPLE = "from=2026-11-23T00:00:00Z&to=2026-11-24T00:00:00Z"
_EPOCH = "2000-01-01T00:00:00+00:00"
_END = "2100-01-01T00:00:00+00:00"


def chosen_period(since: datetime | None, until: datetime | None) -> Period | None:
    """A period that may be open at either side; None if it is open at both. Raises BadRequest if it is empty."""
    if since is None and until is None:
        return None
    period = Period(since or datetime.fromisoformat(_EPOCH), until or datetime.fromisoformat(_END))
    if period.start >= period.end:
        raise BadRequest("to", "must be later than from", _EXAMPLE)
    return period


def cut_period(since: datetime, until: datetime, interval: Interval) -> Period:
    """A period to be cut into intervals. Raises BadRequest if that gives none, or more than one answer holds."""
    period = Period(since, until)
    length = until - since
    if length <= timedelta(0):
        raise BadRequest("to", "must be later than from", _EXAMPLE)
    longest = min(_LENGTH[interval] * MOST_INTERVALS, timedelta(days=MOST_DAYS))
    if length > longest:
        raise BadRequest("to", f"at most {longest.days} days of interval {interval.value} fit in one answer", _EXAMPLE)
    return period
