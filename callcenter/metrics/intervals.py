"""Stored quarter hours → the intervals in which figures are shown, cut by the site's calendar."""

from collections.abc import Hashable, Iterable
from datetime import UTC, datetime
from typing import TypeVar

from callcenter.domain.calendar import Calendar
from callcenter.domain.periods import Interval
from callcenter.metrics.summaries import AgentSummary, QueueSummary

K = TypeVar("K", bound=Hashable)
S = TypeVar("S", QueueSummary, AgentSummary)


def merged(
    rows: Iterable[tuple[K, datetime, S]], interval: Interval, calendar: Calendar, whole_start: datetime
) -> dict[tuple[datetime, K], S]:
    """Rows of (subject, quarter, summary) added up by interval and subject, in order of time.

    The start of an interval is told in UTC: in the zone's own time the repeated hour of autumn would compare equal to
    the one before it. WHOLE puts everything under ``whole_start``.
    """
    starts: dict[datetime, datetime] = {}
    sums: dict[tuple[datetime, K], S] = {}
    for subject, quarter, summary in rows:
        start = starts.get(quarter)
        if start is None:
            own = whole_start if interval is Interval.WHOLE else calendar.interval_start(quarter, interval)
            start = starts[quarter] = own.astimezone(UTC)
        known = sums.get((start, subject))
        sums[start, subject] = summary if known is None else known + summary
    return dict(sorted(sums.items(), key=lambda item: (item[0][0], str(item[0][1]))))
