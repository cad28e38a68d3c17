"""Stored summaries as figures with their counts: what the pages show of a queue or an agent over some period.

Only here summaries become means and ratios. Where there is nothing to divide by
the figure is null: neither 0 nor 100 %.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from pydantic import Field

from callcenter.api.models import Count, Seconds, Shown
from callcenter.domain.calls.visits import Outcome
from callcenter.domain.ids import PbxId, QueueName
from callcenter.domain.policies import ServiceLevelPolicy, SitePolicies
from callcenter.metrics.derived import average_handle_time, average_speed_of_answer, longest_wait, occupancy
from callcenter.metrics.service_level import policy_in_force, service_level
from callcenter.metrics.summaries import AgentSummary, QueueSummary, Ratio
from callcenter.ports import QueueSettings

OUTCOMES = tuple(outcome.value for outcome in Outcome)
MIXED = "mixed"
_QUEUE_COUNTS = ("offered", *OUTCOMES, "refused_full", "refused_empty", "transferred")
_AGENT_VALUES = (
    "answered",
    "transferred",
    "ring_no_answer",
    "talk_seconds",
    "hold_seconds",
    "acw_seconds",
    "signed_in_seconds",
    "paused_seconds",
)


class ServiceLevelShown(Shown):
    """A service level with its definition and counts. A total over queues with different definitions is "mixed"."""

    definition: str
    version: int
    threshold_seconds: int | None = Field(description="T, inclusive; null where queues differ")
    part: float
    whole: float
    ratio: float | None


class QueueFigures(Shown):
    """One queue over a period. offered is the sum of the eight outcomes; refused callers stand beside it."""

    offered: Count
    answered: Count
    abandoned: Count
    timed_out: Count
    exited_by_key: Count
    exited_empty: Count
    withdrawn: Count
    still_waiting: Count
    unknown: Count
    refused_full: Count
    refused_empty: Count
    transferred: Count
    service_level: ServiceLevelShown
    average_speed_of_answer_seconds: Seconds | None
    average_handle_time_seconds: Seconds | None
    longest_wait_seconds: Seconds | None


class AgentFigures(Shown):
    """One agent over a period. Talk includes hold; pauses count when the agent is paused in at least one queue."""

    answered: Count
    transferred: Count
    ring_no_answer: Count
    talk_seconds: Seconds
    hold_seconds: Seconds
    acw_seconds: Seconds
    signed_in_seconds: Seconds
    paused_seconds: Seconds
    paused_seconds_by_reason: dict[str, float]
    average_handle_time_seconds: Seconds | None
    occupancy: float | None


class QueueToday(QueueFigures):
    """One queue since the site's day began."""

    pbx: str
    queue: str


class AgentToday(AgentFigures):
    """One agent since the site's day began."""

    pbx: str
    agent: str


class QueuesToday(Shown):
    """All queues since the site's day began, and their total."""

    date: date
    timezone: str
    since: datetime = Field(description="When the day began: midnight, unless the site's days begin later")
    as_of: datetime
    queues: tuple[QueueToday, ...]
    total: QueueFigures


class AgentsToday(Shown):
    """All agents since the site's day began."""

    date: date
    timezone: str
    since: datetime = Field(description="When the day began: midnight, unless the site's days begin later")
    as_of: datetime
    agents: tuple[AgentToday, ...]


class TodayShown(QueuesToday):
    """Event ``today``: queues and agents since the site's day began."""

    agents: tuple[AgentToday, ...]


class Rules:
    """Which service level holds for which queue: the site's policy, and the PBX's own threshold where that says so."""

    def __init__(self, policies: SitePolicies, settings: Iterable[QueueSettings]) -> None:
        self._policies = policies
        self._thresholds = {(s.pbx, s.queue): s.service_level_seconds for s in settings}

    def of(self, pbx: PbxId, queue: QueueName) -> ServiceLevelPolicy:
        """The rule of a queue, with the threshold that is in force."""
        return policy_in_force(self._policies.of(queue), self._thresholds.get((pbx, queue)))


def queue_fields(summary: QueueSummary, level: ServiceLevelShown) -> dict[str, Any]:
    """The fields of `QueueFigures`."""
    waits = longest_wait(summary)
    return {
        **{name: getattr(summary, name) for name in _QUEUE_COUNTS},
        "service_level": level,
        "average_speed_of_answer_seconds": average_speed_of_answer(summary).mean,
        "average_handle_time_seconds": average_handle_time(summary).mean,
        "longest_wait_seconds": waits.maximum if waits.count else None,
    }


def agent_fields(summary: AgentSummary) -> dict[str, Any]:
    """The fields of `AgentFigures`."""
    return {
        **{name: getattr(summary, name) for name in _AGENT_VALUES},
        "paused_seconds_by_reason": dict(summary.paused_by_reason.seconds),
        "average_handle_time_seconds": average_handle_time(summary).mean,
        "occupancy": occupancy(summary).value,
    }


def level_of(summary: QueueSummary, policy: ServiceLevelPolicy) -> ServiceLevelShown:
    """A queue's service level under its rule."""
    ratio = service_level(summary, policy)
    return ServiceLevelShown(
        definition=policy.formula.value,
        version=policy.version,
        threshold_seconds=policy.threshold_seconds,
        part=ratio.part,
        whole=ratio.whole,
        ratio=ratio.value,
    )


def total_level(levels: Iterable[ServiceLevelShown]) -> ServiceLevelShown:
    """The service level over several queues: their counts added. Its definition is "mixed" unless all have the same."""
    levels = tuple(levels)
    ratio = sum((Ratio(level.part, level.whole) for level in levels), Ratio())
    definitions = {(level.definition, level.version) for level in levels}
    thresholds = {level.threshold_seconds for level in levels}
    definition, version = definitions.pop() if len(definitions) == 1 else (MIXED, 1)
    return ServiceLevelShown(
        definition=definition,
        version=version,
        threshold_seconds=thresholds.pop() if len(thresholds) == 1 else None,
        part=ratio.part,
        whole=ratio.whole,
        ratio=ratio.value,
    )
