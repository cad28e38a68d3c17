"""Whether a figure grows: the median of the slopes between all pairs of points (Theil and Sen), which outliers do not
move, with Sen's interval of 95 %.

Neighbouring samples of a process are not independent, so each point is the median of a minute. The interval holds for
figures that go up and down around a line; it says how much a run of that length can tell, not more.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import ceil, sqrt
from statistics import median

_Z = 1.96
_LEAST_POINTS = 5
_MINUTE, _HOUR = 60.0, 3600.0

Point = tuple[float, float]
"""Seconds, and a figure."""


@dataclass(frozen=True, slots=True)
class Trend:
    """Growth per hour, with the interval that holds it in 95 of 100 cases."""

    slope: float
    low: float
    high: float


def trend(points: Iterable[Point]) -> Trend | None:
    """The trend of what was sampled; None if that were too few minutes.

    >>> trend((60.0 * minute, 100 + 2 * minute / 60) for minute in range(10))
    Trend(slope=2.0, low=2.0, high=2.0)
    """
    by_minute = medians(points)
    count = len(by_minute)
    if count < _LEAST_POINTS:
        return None
    slopes = sorted(
        (later - earlier) / (end - start) * _HOUR for (start, earlier), (end, later) in combinations(by_minute, 2)
    )
    # Sen 1968: the variance of Kendall's score without ties says which of the sorted slopes bound the interval.
    spread = _Z * sqrt(count * (count - 1) * (2 * count + 5) / 18)
    low = max(0, round((len(slopes) - spread) / 2) - 1)
    high = min(len(slopes) - 1, round((len(slopes) + spread) / 2))
    return Trend(*(round(figure, 9) for figure in (median(slopes), slopes[low], slopes[high])))


def medians(points: Iterable[Point]) -> Sequence[Point]:
    """One point for each minute, in order."""
    minutes: dict[int, list[Point]] = defaultdict(list)
    for at, figure in points:
        minutes[int(at // _MINUTE)].append((at, figure))
    return [(median(at for at, _ in its), median(figure for _, figure in its)) for _, its in sorted(minutes.items())]


def quantile(figures: Iterable[float], share: float) -> float:
    """The figure that this share of all does not exceed.

    >>> quantile([5, 1, 2, 4, 3], 0.5), quantile(range(1, 101), 0.99)
    (3, 99)
    """
    ordered = sorted(figures)
    return ordered[max(0, ceil(len(ordered) * share) - 1)]
