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
from callcenter.domain.policies import Boundary, ServiceLevelPolicy, SitePolicies
from callcenter.metrics.derived import average_handle_time, average_speed_of_answer, longest_wait, occupancy
from callcenter.metrics.ruled import RuledSummary, RulesInForce
from callcenter.metrics.service_level import service_level
from callcenter.metrics.summaries import AgentSummary, QueueSummary
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


class RuleShown(Shown):
    """A service-level rule, and what it counted. ``rule_id`` tells it from every other rule by its content and date."""

    rule_id: str
    definition: str
    version: int
    preset: str | None
    threshold_seconds: int
    short_abandon_seconds: int
    boundary: Boundary
    valid_from: date | None
    part: float
    whole: float
    ratio: float | None


class ServiceLevelShown(Shown):
    """A service level with its definition and counts, each day counted by its own rule.

    What rules have in common stands here. Where they differ, over queues or over time, the definition is "mixed", the
    rest is null, and ``rules`` holds each rule with its own counts.
    """

    definition: str
    version: int
    preset: str | None
    threshold_seconds: int | None = Field(description="T; null where rules differ")
    short_abandon_seconds: int | None
    boundary: Boundary | None
    rule_id: str | None
    part: float
    whole: float
    ratio: float | None
    rules: tuple[RuleShown, ...] = Field(description="Empty where one rule made the whole figure")


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
    name: str | None = Field(description="What the site calls the queue")


class AgentToday(AgentFigures):
    """One agent since the site's day began."""

    pbx: str
    agent: str
    name: str = Field(description="The person's name, as the directory says it; else as agent")


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
    across: tuple[QueueToday, ...] = Field(description="Queues of one name added up over PBXs; empty with a single PBX")


def rules_of(policies: SitePolicies, settings: Iterable[QueueSettings]) -> RulesInForce:
    """The rules in force, with what the PBXs say about their queues."""
    return RulesInForce(policies, {(told.pbx, told.queue): told.service_level_seconds for told in settings})


def queue_fields(figures: RuledSummary) -> dict[str, Any]:
    """The fields of `QueueFigures`."""
    summary = figures.summary
    return {
        **{name: getattr(summary, name) for name in _QUEUE_COUNTS},
        "service_level": level_of(figures),
        "average_speed_of_answer_seconds": average_speed_of_answer(summary).mean,
        "average_handle_time_seconds": average_handle_time(summary).mean,
        "longest_wait_seconds": longest_wait(summary).seconds,
    }


def agent_fields(summary: AgentSummary) -> dict[str, Any]:
    """The fields of `AgentFigures`."""
    return {
        **{name: getattr(summary, name) for name in _AGENT_VALUES},
        "paused_seconds_by_reason": dict(summary.paused_by_reason.seconds),
        "average_handle_time_seconds": average_handle_time(summary).mean,
        "occupancy": occupancy(summary).value,
    }


def level_of(figures: RuledSummary) -> ServiceLevelShown:
    """A service level over one rule or several, with what they have in common."""
    rules = tuple(_rule(rule, part) for rule, part in figures.parts.items())
    level = figures.level
    return ServiceLevelShown(
        definition=_common(rules, "definition") or MIXED,
        version=_common(rules, "version") or 1,
        preset=_common(rules, "preset"),
        threshold_seconds=_common(rules, "threshold_seconds"),
        short_abandon_seconds=_common(rules, "short_abandon_seconds"),
        boundary=_common(rules, "boundary"),
        rule_id=_common(rules, "rule_id"),
        part=level.part,
        whole=level.whole,
        ratio=level.value,
        rules=rules if len(rules) > 1 else (),
    )


def _rule(rule: ServiceLevelPolicy, part: QueueSummary) -> RuleShown:
    level = service_level(part, rule)
    return RuleShown(
        rule_id=rule.rule_id,
        definition=rule.formula.value,
        version=rule.version,
        preset=rule.preset,
        threshold_seconds=rule.threshold_seconds,
        short_abandon_seconds=rule.short_abandon_seconds,
        boundary=rule.boundary,
        valid_from=rule.valid_from,
        part=level.part,
        whole=level.whole,
        ratio=level.value,
    )


def _common(rules: tuple[RuleShown, ...], field: str) -> Any:
    """What all rules say, None where they differ."""
    said = {getattr(rule, field) for rule in rules}
    return said.pop() if len(said) == 1 else None
