"""What stands beside the numbers: the rules in force, and how well the PBXs were heard."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from callcenter.domain.policies import AfterCallPolicy, QueuePolicy, SitePolicies
from callcenter.metrics.definitions import AGENT_METRICS, QUEUE_METRICS, Attribution
from callcenter.ports import FeedReport

_BY_NAME = {f"{place}.{row.name}": row for place, rows in (("q", QUEUE_METRICS), ("a", AGENT_METRICS)) for row in rows}


def definitions(policies: SitePolicies) -> dict[str, Any]:
    """Name and version of every contested rule. ``queues`` holds the queues that have rules of their own."""
    return {
        **_versions(policies.versions()),
        "queues": {queue: _versions(policies.versions(queue)) for queue in sorted(policies.queues)},
        "abandoned": _metric("q.abandoned"),
        "average_speed_of_answer": _metric("q.average_speed_of_answer"),
        "average_handle_time": _metric("q.average_handle_time"),
        "occupancy": _metric("a.occupancy"),
        "attribution": {
            "name": "queues_by_entry_agents_cut",
            "version": 1,
            "queues": Attribution.ENTRY.value,
            "agents": Attribution.CUT.value,
        },
        "signed_in": {
            "name": "any_member" if policies.static_members_signed_in else "dynamic_member",
            "version": 1,
            "formula": _BY_NAME["a.signed_in_seconds"].formula,
        },
    }


def feed(reports: Iterable[FeedReport]) -> dict[str, Any]:
    """All PBXs of the report together; gaps say whose they are."""
    heard = list(reports)
    progress = [one for report in heard for one in report.progress]
    return {
        "frames_by_source": _summed({one.source.value: one.frames} for one in progress),
        "events_by_source": _summed({s.value: n for s, n in report.events_by_source.items()} for report in heard),
        "unknown": _summed(one.unknown for one in progress),
        "problems": _summed(one.problems for one in progress),
        "anomalies": _summed(report.anomalies for report in heard),
        "disagreements": sum(report.disagreements for report in heard),
        "gaps": [
            {
                "pbx": gap.pbx,
                "source": gap.source.value,
                "start": gap.started_at.isoformat(),
                "end": None if gap.ended_at is None else gap.ended_at.isoformat(),
                "reason": gap.reason,
                "filled_from": None if gap.filled_from is None else gap.filled_from.value,
            }
            for report in heard
            for gap in report.gaps
        ],
        "stale_intervals": sum(report.stale_marks for report in heard),
    }


def _versions(rules: tuple[QueuePolicy, ...]) -> dict[str, Any]:
    """The rules from the beginning, and what came in their place."""
    first, *later = rules
    dated = [{"valid_from": str(rule.valid_from), **_queue_rules(rule)} for rule in later]
    return {**_queue_rules(first), **({"later": dated} if dated else {})}


def _queue_rules(policy: QueuePolicy) -> dict[str, Any]:
    level = policy.service_level
    return {
        "service_level": {
            "name": level.formula.value,
            "version": level.version,
            "formula": _BY_NAME[f"q.service_level_{level.formula}"].formula,
            "threshold_seconds": level.threshold_seconds,
            "threshold_from_pbx": policy.threshold_from_pbx,
            "short_abandon_seconds": level.short_abandon_seconds,
            "boundary": level.boundary.value,
            "preset": level.preset,
            "rule_id": level.rule_id,
        },
        "after_call_work": _after_call(policy.after_call),
    }


def _after_call(policy: AfterCallPolicy) -> dict[str, Any]:
    return {
        "name": policy.rule.value,
        "version": policy.version,
        "fixed_seconds": policy.fixed_seconds,
        "pause_reasons": list(policy.pause_reasons),
        "cap_seconds": policy.cap_seconds,
    }


def _metric(place: str) -> dict[str, Any]:
    row = _BY_NAME[place]
    return {"name": row.name, "version": row.version, "formula": row.formula, "source": row.source}


def _summed(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for each in counts:
        total.update(each)
    return dict(sorted(total.items()))
