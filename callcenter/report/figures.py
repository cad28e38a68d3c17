"""The figures of one line, by name: what JSON holds, and what tables and CSV are made of.

Rounding is for the screen; here only the noise of adding floats is taken off, below the microsecond.
"""

from collections.abc import Mapping
from typing import Any

from callcenter.domain.calls.visits import Outcome
from callcenter.metrics.derived import average_handle_time, average_speed_of_answer, occupancy
from callcenter.metrics.service_level import service_level
from callcenter.metrics.summaries import Durations, QueueSummary
from callcenter.report.build import AgentLine, QueueLine

THRESHOLDS_SECONDS = (10, 20, 30)
"""Always told, besides the queue's own: so that queues can be compared, and a new rule be tried on old figures."""

_DIGITS = 6


def queue_figures(line: QueueLine) -> dict[str, Any]:
    """One queue in one interval."""
    summary = line.summary
    level = service_level(summary, line.rule)
    return {
        "pbx": line.pbx,
        "queue": line.queue,
        "interval_start": line.start.isoformat(),
        "offered": summary.offered,
        **{outcome.value: getattr(summary, outcome.value) for outcome in Outcome},
        "refused_full": summary.refused_full,
        "refused_empty": summary.refused_empty,
        "transferred": summary.transferred,
        "ring_no_answer": summary.ring_no_answer,
        "answered_within": _answered_within(summary, line.rule.threshold_seconds),
        "service_level": rounded(level.value),
        "service_level_counts": {"part": level.part, "whole": level.whole},
        "service_level_rule": {
            "name": line.rule.formula.value,
            "version": line.rule.version,
            "threshold_seconds": line.rule.threshold_seconds,
            "short_abandon_seconds": line.rule.short_abandon_seconds,
        },
        "wait_answered_seconds": _durations(summary.answered_waits.durations),
        "wait_abandoned_seconds": _durations(summary.abandoned_waits.durations),
        "average_speed_of_answer": rounded(average_speed_of_answer(summary).mean),
        "talk_seconds": _durations(summary.talk),
        "hold_seconds": _durations(summary.hold),
        "acw_seconds": _durations(summary.after_call),
        "average_handle_time": rounded(average_handle_time(summary).mean),
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
    }


def rounded(value: float | None) -> float | None:
    """Without the noise of floats; whole numbers stay whole."""
    return None if value is None else round(value, _DIGITS)


def _answered_within(summary: QueueSummary, own_threshold: int) -> Mapping[str, int]:
    thresholds = sorted({*THRESHOLDS_SECONDS, own_threshold})
    return {str(threshold): summary.answered_waits.within(threshold) for threshold in thresholds}


def _durations(durations: Durations) -> Mapping[str, float | None]:
    return {
        "count": durations.count,
        "total": rounded(durations.total),
        "maximum": rounded(durations.maximum),
    }
