"""Overlapping stretches of one agent in several queues → spells that follow each other.

In several queues at once an agent is signed in, or paused, once. The reason of a pause is that of the one begun last
among those that last.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

ONE_ACT = timedelta(milliseconds=100)
"""What happens in all queues of an agent within this time was one act; the PBX takes them one after the other."""

_OPEN = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Half-open; ``end`` is None while it lasts. The reason of the one that ``began`` last hides that of the others."""

    start: datetime
    end: datetime | None
    reason: str | None = None
    began: tuple[datetime, str] | None = None

    @property
    def rank(self) -> tuple[datetime, str, str]:
        """Order of beginning; ties by queue, then reason, so that no order of input matters."""
        began, queue = self.began or (self.start, "")
        return began, queue, self.reason or ""


def one_after_the_other(stretches: Iterable[Stretch], after: datetime | None) -> list[Stretch]:
    """The union, cut where the reason changes, none before ``after``. Touching ones of one reason are one.

    >>> day = datetime(2026, 1, 5, tzinfo=UTC)
    >>> hour = [day + timedelta(hours=n) for n in range(5)]
    >>> lunch, call_back = Stretch(hour[0], hour[3], "lunch"), Stretch(hour[1], hour[2], "call-back")
    >>> [(piece.start.hour, piece.end.hour, piece.reason) for piece in one_after_the_other([lunch, call_back], None)]
    [(0, 1, 'lunch'), (1, 2, 'call-back'), (2, 3, 'lunch')]
    """
    joined: list[Stretch] = []
    for piece in _pieces(_clamped(stretches, after)):
        if joined and joined[-1].end == piece.start and (piece.reason == joined[-1].reason or _is_leftover(piece)):
            joined[-1] = replace(joined[-1], end=piece.end)
        else:
            joined.append(piece)
    return joined


def _clamped(stretches: Iterable[Stretch], after: datetime | None) -> list[Stretch]:
    kept = []
    for stretch in stretches:
        start = stretch.start if after is None else max(stretch.start, after)
        if start < (stretch.end or _OPEN):
            began = stretch.began or (stretch.start, "")
            kept.append(replace(stretch, start=start, began=began))
    return kept


def _pieces(stretches: Sequence[Stretch]) -> Iterator[Stretch]:
    """Cut at every edge, each piece with the reason of the stretch that began last."""
    edges = sorted({edge for stretch in stretches for edge in (stretch.start, stretch.end or _OPEN)})
    for start, end in pairwise(edges):
        lasting = [s for s in stretches if s.start <= start and (s.end or _OPEN) >= end]
        if lasting:
            yield Stretch(start, None if end == _OPEN else end, max(lasting, key=lambda s: s.rank).reason)


def _is_leftover(piece: Stretch) -> bool:
    """What is left for a moment while a pause of all queues ends in one queue after the other."""
    return piece.end is not None and piece.end - piece.start < ONE_ACT
