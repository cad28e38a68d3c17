"""What a row of the tables of metrics says."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeAlias, TypeVar

from callcenter.domain.policies import ServiceLevelPolicy
from callcenter.metrics.summaries import AgentSummary, Durations, Longest, Mean, QueueSummary, Ratio, Waits

S = TypeVar("S", QueueSummary, AgentSummary)
Measure: TypeAlias = int | float | Ratio | Mean | Durations | Longest | Waits


class Unit(StrEnum):
    """What a figure is counted in. Ratios are 0 to 1; a quotient may be any number from 0 on."""

    VISITS = "visits"
    CALLERS = "callers"
    ATTEMPTS = "attempts"
    SECONDS = "seconds"
    RATIO = "ratio"
    QUOTIENT = "quotient"


class Attribution(StrEnum):
    """Which interval a fact belongs to."""

    ENTRY = "the interval in which the visit entered the queue"
    OWN = "the interval in which it happened"
    ANSWER = "the interval in which the call was answered"
    CUT = "cut at the interval's edges"
    MIXED = "talk: the interval of the answer; after-call work and hold: cut at the interval's edges"


NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition(Generic[S]):
    """One metric. ``value`` needs the service-level rule in force only where T or S is part of the formula."""

    name: str
    version: int = 1
    title: str
    formula: str
    unit: Unit
    undefined_when: str = NEVER
    interval: Attribution
    source: str
    value: Callable[[S, ServiceLevelPolicy], Measure]


def number(measure: Measure) -> float | None:
    """The figure to show: a ratio's value, a mean, a maximum, or the count itself; None where there is none.

    >>> number(Ratio(1, 4)), number(Ratio()), number(Mean(90, 2)), number(7), number(Longest(8)), number(Longest())
    (0.25, None, 45.0, 7, 8, None)
    """
    if isinstance(measure, Ratio):
        return measure.value
    if isinstance(measure, Mean | Durations):
        return measure.mean
    if isinstance(measure, Longest):
        return measure.seconds
    return measure.durations.count if isinstance(measure, Waits) else measure
