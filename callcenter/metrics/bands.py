"""Answer times in bands: how many were answered within each step of the wait."""

from collections.abc import Iterator, Sequence

from callcenter.metrics.summaries import Waits

ANSWER_BANDS_SECONDS = (5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300)
"""Where bands end, in whole seconds of wait."""


def banded(waits: Waits, ends: Sequence[int]) -> Iterator[tuple[int | None, int | None, int]]:
    """(over, at most, how many) of each band, ends inclusive; the last one has no end. All together are all waits.

    >>> list(banded(Waits.of([0, 10, 11, 99]), (10, 20)))
    [(None, 10, 2), (10, 20, 1), (20, None, 1)]
    """
    over, before = None, 0
    for end in ends:
        within = waits.within(end)
        yield over, end, within - before
        over, before = end, within
    yield over, None, waits.durations.count - before
