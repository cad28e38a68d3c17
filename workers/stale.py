"""Stale marks as pieces of work: neighbouring quarters of one subject are read together."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from callcenter.domain.periods import QUARTER, Period
from callcenter.ports import StaleBatch


@dataclass(frozen=True, slots=True)
class Run:
    """Quarters of a queue or an agent without a hole between them."""

    subject: str
    quarters: tuple[datetime, ...]

    @property
    def period(self) -> Period:
        """All of it."""
        return Period(self.quarters[0], self.quarters[-1] + QUARTER)


def runs(batch: StaleBatch) -> Iterator[Run]:
    """The batch by subject, each in pieces without a hole."""
    places = sorted({(mark.subject, mark.quarter) for mark, _ in batch.marks})
    for subject, group in groupby(places, key=lambda place: place[0]):
        piece: list[datetime] = []
        for _, quarter in group:
            if piece and quarter != piece[-1] + QUARTER:
                yield Run(subject, tuple(piece))
                piece = []
            piece.append(quarter)
        yield Run(subject, tuple(piece))
