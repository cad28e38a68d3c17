"""When the processes of a PBX began. Every log-in to AMI dates the running one anew, and no two of them quite alike."""

from collections.abc import Iterable
from datetime import datetime, timedelta

SAME_START = timedelta(seconds=5)
"""Two sources date one start of the PBX within this: Uptime is in whole seconds, a log row may come late."""


def distinct_starts(told: Iterable[datetime]) -> list[datetime]:
    """Each start once, by the earliest date it was given, in order. Indifferent to order and repetition.

    >>> from datetime import UTC
    >>> told = [datetime(2026, 1, 5, 8, 0, second, tzinfo=UTC) for second in (7, 1, 3, 1)]
    >>> [start.second for start in distinct_starts(told)]
    [1, 7]
    """
    starts: list[datetime] = []
    for start in sorted(told):
        if not starts or start - starts[-1] > SAME_START:
            starts.append(start)
    return starts
