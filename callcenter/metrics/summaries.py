"""Summaries that merge. A ratio keeps part and whole, a mean keeps total and count; rounding is for the screen.

Every summary is a commutative monoid: the empty one changes nothing, and the order of adding does not matter.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Self


@dataclass(frozen=True, slots=True)
class Ratio:
    """Part of a whole, both counts. ``value`` is None where there is nothing to divide by: not 0 %, not 100 %.

    >>> (Ratio(860, 1060) + Ratio(0, 0)).value == 860 / 1060
    True
    >>> Ratio().value is None
    True
    """

    part: float = 0
    whole: float = 0

    def __add__(self, other: "Ratio") -> "Ratio":
        return Ratio(self.part + other.part, self.whole + other.whole)

    @property
    def value(self) -> float | None:
        return self.part / self.whole if self.whole else None


@dataclass(frozen=True, slots=True)
class Durations:
    """How many, how long in all, and the longest, in seconds. ``mean`` is None where there are none."""

    count: int = 0
    total: float = 0
    maximum: float = 0

    def __add__(self, other: "Durations") -> "Durations":
        return Durations(self.count + other.count, self.total + other.total, max(self.maximum, other.maximum))

    @classmethod
    def of(cls, seconds: Iterable[float]) -> "Durations":
        values = list(seconds)
        return cls(len(values), sum(values), max(values, default=0))

    @property
    def mean(self) -> float | None:
        return self.total / self.count if self.count else None


@dataclass(frozen=True, slots=True)
class Mean:
    """A total over so many. ``mean`` is None where there are none.

    >>> (Mean(90, 2) + Mean(30, 1)).mean
    40.0
    >>> Mean().mean is None
    True
    """

    total: float = 0
    count: int = 0

    def __add__(self, other: "Mean") -> "Mean":
        return Mean(self.total + other.total, self.count + other.count)

    @property
    def mean(self) -> float | None:
        return self.total / self.count if self.count else None


@dataclass(frozen=True, slots=True)
class Longest:
    """The longest of some durations, in seconds; None of none.

    >>> Longest(40) + Longest(60), Longest() + Longest(0)
    (Longest(seconds=60), Longest(seconds=0))
    """

    seconds: float | None = None

    def __add__(self, other: "Longest") -> "Longest":
        told = [one.seconds for one in (self, other) if one.seconds is not None]
        return Longest(max(told, default=None))


@dataclass(frozen=True, slots=True)
class Waits:
    """How many waited how many whole seconds: holds every threshold, so that a new definition needs no new count."""

    counts: Mapping[int, int] = field(default_factory=dict)

    def __add__(self, other: "Waits") -> "Waits":
        merged = dict(self.counts)
        for seconds, count in other.counts.items():
            merged[seconds] = merged.get(seconds, 0) + count
        return Waits(merged)

    @classmethod
    def of(cls, seconds: Iterable[int]) -> "Waits":
        counts: dict[int, int] = {}
        for value in seconds:
            counts[value] = counts.get(value, 0) + 1
        return cls(counts)

    def within(self, threshold_seconds: int) -> int:
        """How many waited at most ``threshold_seconds``: exactly the threshold is inside."""
        return sum(count for seconds, count in self.counts.items() if seconds <= threshold_seconds)

    def below(self, threshold_seconds: int) -> int:
        """How many waited less than ``threshold_seconds``: exactly the threshold is outside."""
        return self.within(threshold_seconds - 1)

    @property
    def longest(self) -> Longest:
        return Longest(max(self.counts, default=None))

    @property
    def durations(self) -> Durations:
        return Durations(
            sum(self.counts.values()),
            sum(seconds * count for seconds, count in self.counts.items()),
            max(self.counts, default=0),
        )


class _Merging:
    """Adds field by field."""

    __slots__ = ()

    def __add__(self, other: Self) -> Self:
        merged = {f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self)}  # type: ignore[arg-type]
        return type(self)(**merged)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueSummary(_Merging):
    """What happened to the visits that entered a queue in an interval.

    offered = answered + abandoned + timed_out + exited_by_key + exited_empty + withdrawn + still_waiting + unknown.
    Refused callers never entered and stand beside it. ``ring_no_answer`` counts ring attempts by their own time.
    ``left_waits`` are those of visits that left the queue otherwise than answered or abandoned.
    """

    offered: int = 0
    answered: int = 0
    abandoned: int = 0
    timed_out: int = 0
    exited_by_key: int = 0
    exited_empty: int = 0
    withdrawn: int = 0
    still_waiting: int = 0
    unknown: int = 0
    refused_full: int = 0
    refused_empty: int = 0
    transferred: int = 0
    ring_no_answer: int = 0
    answered_waits: Waits = field(default_factory=Waits)
    abandoned_waits: Waits = field(default_factory=Waits)
    left_waits: Waits = field(default_factory=Waits)
    talk: Durations = Durations()
    hold: Durations = Durations()
    after_call: Durations = Durations()

    @property
    def refused(self) -> int:
        """Callers who were not let in."""
        return self.refused_full + self.refused_empty

    @property
    def flow_outs(self) -> int:
        """Visits that left the queue unanswered otherwise than by hanging up."""
        return self.timed_out + self.exited_by_key + self.exited_empty + self.withdrawn

    @property
    def balanced(self) -> bool:
        """The law: offered is the sum of the outcomes."""
        return self.offered == (
            self.answered
            + self.abandoned
            + self.timed_out
            + self.exited_by_key
            + self.exited_empty
            + self.withdrawn
            + self.still_waiting
            + self.unknown
        )


@dataclass(frozen=True, slots=True)
class ReasonSeconds:
    """Seconds by pause reason; the empty text stands for no reason given."""

    seconds: Mapping[str, float] = field(default_factory=dict)

    def __add__(self, other: "ReasonSeconds") -> "ReasonSeconds":
        merged = dict(self.seconds)
        for reason, value in other.seconds.items():
            merged[reason] = merged.get(reason, 0) + value
        return ReasonSeconds(merged)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSummary(_Merging):
    """What an agent did in an interval, every stretch cut at the interval's edges. All times in seconds.

    ``talk_seconds`` includes ``hold_seconds``. ``paused_seconds`` is time paused in at least one queue;
    ``paused_by_reason`` splits it. ``occupied_seconds`` is time signed in and in a conversation or its after-call work,
    on the clock (two at once count once); ``idle_seconds`` is time signed in, and neither that nor paused.
    ``answered`` and ``talk`` belong to the interval in which the call was answered; the ``…_seconds`` are cut.
    """

    answered: int = 0
    transferred: int = 0
    ring_no_answer: int = 0
    talk: Durations = Durations()
    talk_seconds: float = 0
    hold_seconds: float = 0
    acw_seconds: float = 0
    signed_in_seconds: float = 0
    paused_seconds: float = 0
    occupied_seconds: float = 0
    idle_seconds: float = 0
    paused_by_reason: ReasonSeconds = field(default_factory=ReasonSeconds)
