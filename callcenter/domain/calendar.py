"""The calendar of a site: how its time is cut into days, weeks, months and hours of the clock.

Days of 23 and 25 hours, weeks of 167 and 169, and days without a midnight are as long as they are. All cuts fall on
quarter hours of UTC, hours lie within days, and days within weeks and months: so what is added up once is right.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import StrEnum
from zoneinfo import ZoneInfo

from callcenter.domain.periods import Interval

_MINUTES = {Interval.QUARTER_HOUR: 15, Interval.HALF_HOUR: 30, Interval.HOUR: 60}
_DAY = timedelta(days=1)
_UTC = ZoneInfo("UTC")


class Weekday(StrEnum):
    """With which day a week begins: Monday in most of the world (ISO 8601), Sunday or Saturday elsewhere."""

    MONDAY = "monday"
    SUNDAY = "sunday"
    SATURDAY = "saturday"


_NUMBERS = {Weekday.MONDAY: 0, Weekday.SATURDAY: 5, Weekday.SUNDAY: 6}


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """A zone, the hour of its wall clock at which a day begins, and the day with which a week begins.

    A day that begins at 4 runs until 4 of the next, and bears the date on which it began.
    """

    zone: ZoneInfo = _UTC
    day_starts_at_hour: int = 0
    week_starts_on: Weekday = Weekday.MONDAY

    @property
    def name(self) -> str:
        """The zone's IANA name."""
        return self.zone.key

    def start_of(self, day: date) -> datetime:
        """The first instant of a day. Where the clock skips that hour it is the one to which it is put; where it comes
        twice, the first."""
        wall = datetime(day.year, day.month, day.day, self.day_starts_at_hour, tzinfo=self.zone)
        return wall.astimezone(UTC).astimezone(self.zone)

    def day_of(self, at: datetime) -> date:
        """The day that holds an instant: the last one that has begun by then."""
        day = at.astimezone(self.zone).date()
        at = at.astimezone(UTC)
        # A clock put back over the start of a day shows the day before once more: that does not undo the new one.
        return next(d for d in (day + _DAY, day, day - _DAY) if self.start_of(d).astimezone(UTC) <= at)

    def day_start(self, at: datetime) -> datetime:
        """The first instant of the day that holds an instant."""
        return self.start_of(self.day_of(at))

    def next_day(self, start: datetime) -> datetime:
        """The start of the day after the one that holds an instant."""
        return self.start_of(self.day_of(start) + _DAY)

    def interval_start(self, at: datetime, interval: Interval) -> datetime:
        """The start, in the site's zone, of the interval that holds an instant.

        In the repeated hour of autumn both passes are intervals of their own, told apart by their offset. WHOLE has no
        start of its own and gives the instant back.
        """
        match interval:
            case Interval.WHOLE:
                return at.astimezone(self.zone)
            case Interval.DAY:
                return self.day_start(at)
            case Interval.WEEK:
                return self.start_of(self._first_of_week(self.day_of(at)))
            case Interval.MONTH:
                return self.start_of(self.day_of(at).replace(day=1))
        return _on_the_clock(at, _MINUTES[interval], self.zone)

    def _first_of_week(self, day: date) -> date:
        return day - timedelta(days=(day.weekday() - _NUMBERS[self.week_starts_on]) % 7)


def _on_the_clock(at: datetime, minutes: int, zone: tzinfo) -> datetime:
    local = at.astimezone(zone)
    passed = timedelta(minutes=local.minute % minutes, seconds=local.second, microseconds=local.microsecond)
    # Subtract on the time line, not on the wall clock: a change of offset inside the interval cuts it there.
    start = (at.astimezone(UTC) - passed).astimezone(zone)
    return start if start.utcoffset() == local.utcoffset() else _offset_change(start, local, zone)


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
