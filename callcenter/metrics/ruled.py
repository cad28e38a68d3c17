"""Figures over days with different rules: what happened is kept apart by the rule of its day, and counted by it.

So a month in which the threshold changed is each day counted by its own rule, added up as part and whole; and the
figures can say which rules they were made with.
"""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from callcenter.domain.calendar import Calendar
from callcenter.domain.ids import PbxId, QueueName
from callcenter.domain.periods import Interval
from callcenter.domain.policies import ServiceLevelPolicy, SitePolicies
from callcenter.metrics.definitions import Definition, Measure
from callcenter.metrics.intervals import merged
from callcenter.metrics.service_level import policy_in_force, service_level
from callcenter.metrics.summaries import QueueSummary, Ratio

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class RuledSummary:
    """Summaries by the service-level rule in force; the rules in order of the days on which they began."""

    parts: Mapping[ServiceLevelPolicy, QueueSummary]

    def __add__(self, other: "RuledSummary") -> "RuledSummary":
        parts = dict(self.parts)
        for rule, summary in other.parts.items():
            parts[rule] = parts[rule] + summary if rule in parts else summary
        return RuledSummary(parts)

    @property
    def summary(self) -> QueueSummary:
        """What happened, whatever the rules."""
        parts = list(self.parts.values())
        return parts[0] if len(parts) == 1 else sum(parts, QueueSummary())

    @property
    def level(self) -> Ratio:
        """The service level, each part by its own rule."""
        return sum((service_level(summary, rule) for rule, summary in self.parts.items()), Ratio())

    def value(self, definition: Definition[QueueSummary]) -> Measure:
        """Any figure, each part by its own rule."""
        first, *others = (definition.value(summary, rule) for rule, summary in self.parts.items())
        total: Any = first
        for measure in others:
            total += measure
        return total  # type: ignore[no-any-return]


class RulesInForce:
    """Which service-level rule holds for which queue on which day: the site's, with the PBX's own threshold for the
    queue where the rule leaves it to the PBX."""

    def __init__(self, policies: SitePolicies, thresholds: Mapping[tuple[PbxId, QueueName], int | None]) -> None:
        self._policies = policies
        self._thresholds = thresholds
        self._found: dict[Hashable, ServiceLevelPolicy] = {}

    def of(self, pbx: PbxId, queue: QueueName, at: datetime) -> ServiceLevelPolicy:
        """The rule of a queue on the day that holds an instant."""
        policy = self._policies.of(queue, at)
        place = pbx, queue, policy.valid_from
        if place not in self._found:
            self._found[place] = policy_in_force(policy, self._thresholds.get((pbx, queue)))
        return self._found[place]


def ruled(
    rows: Iterable[tuple[K, datetime, ServiceLevelPolicy, QueueSummary]],
    interval: Interval,
    calendar: Calendar,
    whole_start: datetime,
) -> dict[tuple[datetime, K], RuledSummary]:
    """Rows of (subject, quarter, its rule, summary) added up by interval and subject, in order of time."""
    told = (((subject, rule), quarter, summary) for subject, quarter, rule, summary in rows)
    found: dict[tuple[datetime, K], dict[ServiceLevelPolicy, QueueSummary]] = {}
    for (start, (subject, rule)), summary in merged(told, interval, calendar, whole_start).items():
        found.setdefault((start, subject), {})[rule] = summary
    return {place: RuledSummary(dict(sorted(parts.items(), key=_begun))) for place, parts in found.items()}


def _begun(part: tuple[ServiceLevelPolicy, QueueSummary]) -> tuple[str, str]:
    return str(part[0].valid_from or ""), part[0].rule_id
