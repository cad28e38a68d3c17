"""The figures of one line, by name: what JSON holds, and what tables and CSV are made of.

Rounding is for the screen; here only the noise of adding floats is taken off, below the microsecond.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from callcenter.domain.calls.visits import Outcome
from callcenter.domain.policies import ServiceLevelPolicy
from callcenter.metrics.definitions import AGENT_METRICS, QUEUE_METRICS, number
from callcenter.metrics.derived import average_handle_time, average_speed_of_answer, occupancy
from callcenter.metrics.service_level import service_level
from callcenter.metrics.summaries import Durations, QueueSummary
from callcenter.report.build import AgentLine, QueueLine

THRESHOLDS_SECONDS = (10, 20, 30)
"""Always told, besides the queue's own: so that queues can be compared, and a new rule be tried on old figures."""

MIXED = "mixed"

_DIGITS = 6
_NO_RULE = ServiceLevelPolicy()


def queue_figures(line: QueueLine) -> dict[str, Any]:
    """One queue in one interval."""
    summary, level = line.figures.summary, line.figures.level
    return {
        "pbx": line.pbx,
        "queue": line.queue,
        "queue_name": line.name,
        "interval_start": line.start.isoformat(),
        "offered": summary.offered,
        **{outcome.value: getattr(summary, outcome.value) for outcome in Outcome},
        "refused_full": summary.refused_full,
        "refused_empty": summary.refused_empty,
        "transferred": summary.transferred,
        "ring_no_answer": summary.ring_no_answer,
        "answered_within": _answered_within(summary, line.figures.parts),
        "service_level": rounded(level.value),
        "service_level_counts": {"part": level.part, "whole": level.whole},
        "service_level_rule": _one_rule(line.figures.parts),
        "service_level_rules": [_rule(rule, part) for rule, part in line.figures.parts.items()],
        "wait_answered_seconds": _durations(summary.answered_waits.durations),
        "wait_abandoned_seconds": _durations(summary.abandoned_waits.durations),
        "average_speed_of_answer": rounded(average_speed_of_answer(summary).mean),
        "talk_seconds": _durations(summary.talk),
        "hold_seconds": _durations(summary.hold),
        "acw_seconds": _durations(summary.after_call),
        "average_handle_time": rounded(average_handle_time(summary).mean),
        "measures": {row.name: rounded(number(line.figures.value(row))) for row in QUEUE_METRICS},
    }


def agent_figures(line: AgentLine) -> dict[str, Any]:
    """One agent in one interval."""
    summary = line.summary
    seconds = {
        "talk_seconds": summary.talk_seconds,
        "hold_seconds": summary.hold_seconds,
        "acw_seconds": summary.acw_seconds,
        "signed_in_seconds": summary.signed_in_seconds,
        "paused_seconds": summary.paused_seconds,
        "occupied_seconds": summary.occupied_seconds,
        "idle_seconds": summary.idle_seconds,
    }
    return {
        "pbx": line.pbx,
        "agent": line.agent,
        "agent_name": line.name or line.agent,
        "interval_start": line.start.isoformat(),
        "answered": summary.answered,
        "transferred": summary.transferred,
        "ring_no_answer": summary.ring_no_answer,
        **{name: rounded(value) for name, value in seconds.items()},
        "paused_seconds_by_reason": {
            reason: rounded(value) for reason, value in sorted(summary.paused_by_reason.seconds.items())
        },
        "average_handle_time": rounded(average_handle_time(summary).mean),
        "occupancy": rounded(occupancy(summary).value),
        "measures": {row.name: rounded(number(row.value(summary, _NO_RULE))) for row in AGENT_METRICS},
    }


def rounded(value: float | None) -> float | None:
    """Without the noise of floats; whole numbers stay whole."""
    return None if value is None else round(value, _DIGITS)


def _one_rule(rules: Iterable[ServiceLevelPolicy]) -> Mapping[str, Any]:
    """What all rules have in common: of one rule, that rule; null where they differ, and "mixed" for the name."""

    def common(told: Iterable[Any]) -> Any:
        values = set(told)
        return values.pop() if len(values) == 1 else None

    rules = list(rules)
    return {
        "name": common(rule.formula.value for rule in rules) or MIXED,
        "version": common(rule.version for rule in rules),
        "preset": common(rule.preset for rule in rules),
        "threshold_seconds": common(rule.threshold_seconds for rule in rules),
        "short_abandon_seconds": common(rule.short_abandon_seconds for rule in rules),
        "boundary": common(rule.boundary.value for rule in rules),
        "valid_from": common(rule.valid_from and rule.valid_from.isoformat() for rule in rules),
        "rule_id": common(rule.rule_id for rule in rules),
    }


def _rule(rule: ServiceLevelPolicy, part: QueueSummary) -> Mapping[str, Any]:
    """One rule and what it counted."""
    level = service_level(part, rule)
    return {**_one_rule([rule]), "part": level.part, "whole": level.whole}


def _answered_within(summary: QueueSummary, rules: Iterable[ServiceLevelPolicy]) -> Mapping[str, int]:
    thresholds = sorted({*THRESHOLDS_SECONDS, *(rule.threshold_seconds for rule in rules)})
    return {str(threshold): summary.answered_waits.within(threshold) for threshold in thresholds}


def _durations(durations: Durations) -> Mapping[str, float | None]:
    return {
        "count": durations.count,
        "total": rounded(durations.total),
        "maximum": rounded(durations.maximum),
    }
