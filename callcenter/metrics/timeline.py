"""Stretches of time: their union, and how much of one kind lies outside another."""

from collections.abc import Iterable

from callcenter.domain.periods import Period


def union(periods: Iterable[Period]) -> list[Period]:
    """The same time without overlaps, in order; touching stretches are one, empty ones none."""
    joined: list[Period] = []
    for period in sorted(periods, key=lambda p: (p.start, p.end)):
        if period.end <= period.start:
            continue
        if joined and period.start <= joined[-1].end:
            joined[-1] = Period(joined[-1].start, max(joined[-1].end, period.end))
        else:
            joined.append(period)
    return joined


def within(period: Period, stretches: Iterable[Period]) -> list[Period]:
    """The parts of stretches that lie in a period."""
    cut = (Period(max(s.start, period.start), min(s.end, period.end)) for s in stretches)
    return [stretch for stretch in cut if stretch.start < stretch.end]


def seconds(stretches: Iterable[Period]) -> float:
    """The length of all together."""
    return sum(((stretch.end - stretch.start).total_seconds() for stretch in stretches), 0.0)


def seconds_outside(stretches: Iterable[Period], others: Iterable[Period]) -> float:
    """How many seconds of the union of the first lie in none of the others.

    >>> from datetime import UTC, datetime, timedelta
    >>> hour = [datetime(2026, 1, 5, n, tzinfo=UTC) for n in range(10)]
    >>> signed_in = [Period(hour[0], hour[8])]
    >>> busy = [Period(hour[1], hour[3]), Period(hour[2], hour[4]), Period(hour[7], hour[9])]
    >>> seconds_outside(signed_in, busy) / 3600
    4.0
    """
    mine, covered = union(stretches), union(others)
    return seconds(mine) - sum(seconds(within(stretch, covered)) for stretch in mine)
