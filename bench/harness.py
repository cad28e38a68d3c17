"""How a figure comes about: contestants run in turns on the same machine, and each round is a ratio of neighbours.

A machine that slows down for a second slows both of a round, so the ratio holds where rates would not. What is told is
the median of the rounds with the smallest and the largest.
"""

import gzip
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

TRACES = Path(__file__).parents[1] / "tests" / "data" / "traces"
DAY, STORM = TRACES / "day-ast22", TRACES / "storm-ast22"


@dataclass(frozen=True, slots=True)
class Goal:
    """What a figure should reach. ``form`` writes a figure with its unit; ``at_most`` where less is better."""

    bound: float
    form: str = "{:.1f} ×"
    at_most: bool = False

    def is_met(self, figure: float) -> bool:
        """Whether a figure is as good as the goal, or better."""
        return figure <= self.bound if self.at_most else figure >= self.bound

    def write(self, figure: float) -> str:
        """A figure with its unit."""
        return self.form.format(figure)

    def __str__(self) -> str:
        return f"{'≤' if self.at_most else '≥'} {self.write(self.bound)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table: the figures of all rounds, in the unit of the goal, or why there are none."""

    number: int
    what: str
    goal: Goal
    reference: str = "–"
    figures: tuple[float, ...] = ()
    detail: str = ""
    skipped: str = ""

    @property
    def median(self) -> float:
        """The figure that is told."""
        return statistics.median(self.figures)

    @property
    def is_met(self) -> bool:
        """Whether the median reaches the goal."""
        return bool(self.figures) and self.goal.is_met(self.median)


@dataclass(frozen=True, slots=True)
class Bench:
    """What measures some rows: their numbers, and how to get them in so many rounds."""

    numbers: tuple[int, ...]
    rows: Callable[[int], Iterator[Row]]


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> tuple[float, ...]:
    """Ours over the reference, round by round."""
    return tuple(our / their for our, their in zip(ours, theirs, strict=True))


def in_turns(rounds: int, *contestants: Callable[[], T]) -> list[tuple[T, ...]]:
    """Run them A B A B …; returns what each gave, round by round."""
    results = [tuple(run() for run in contestants) for _ in range(rounds)]
    return list(zip(*results, strict=True))


@cache
def recorded(folder: Path) -> bytes:
    """The AMI bytes of a recorded folder."""
    return gzip.decompress((folder / "ami.raw.gz").read_bytes())


def count_events(recorded_bytes: bytes) -> int:
    """Events in recorded bytes, by the plainest way there is: lines that begin one. Answers and the like are none."""
    return recorded_bytes.count(b"\nEvent: ") + recorded_bytes.startswith(b"Event: ")
