"""Our numbers beside the PBX's own. Every cell must be equal; what differs is told in words.

Counts and waits are whole numbers in both, so their difference is 0 or a bug. Pauses are whole seconds in queue_log and
exact by AMI: with AMI each pause may differ by the second that queue_log cuts off at either end, and a moment.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from tests.asterisk.lab.measured import SLACK_SECONDS
from tests.asterisk.lab.truth import Truth, Visit

_OUTCOMES = (
    "answered",
    "abandoned",
    "timed_out",
    "exited_by_key",
    "exited_empty",
    "withdrawn",
    "still_waiting",
    "unknown",
)


def differences(truth: Truth, told: Mapping[str, Any], *, ami: bool) -> list[str]:
    """What of a report (one interval, the whole) is not what the PBX says. ``ami``: AMI was among the sources."""
    found: list[str] = []
    lines = {line["queue"]: line for line in told["queues"]}
    for queue in sorted(truth.queues | set(lines)):
        theirs, ours = dict(_of_queue(truth, queue)), lines.get(queue)
        for name, value in theirs.items():
            cell = _cell(ours, name)
            if cell != value:
                found.append(f"{queue}: {name} is {cell} instead of {value}")
    found += _agents(truth, {line["agent"]: line for line in told["agents"]}, ami=ami)
    return found


def visit_differences(truth: Truth, visits: list[dict[str, Any]]) -> list[str]:
    """Visit by visit: who, where, how it ended, how long it waited, who answered."""
    theirs = {visit_id: _words(visit) for visit_id, visit in by_id(truth).items()}
    ours = {
        visit["visit_id"]: f"{visit['outcome']} {visit['wait_seconds']} {visit['agent']} {visit['transferred']}"
        for visit in visits
    }
    return [
        f"{key}: {ours.get(key, 'not there')} instead of {theirs.get(key, 'nothing')}"
        for key in sorted(theirs.keys() | ours.keys())
        if ours.get(key) != theirs.get(key)
    ]


def talk_differences(truth: Truth, visits: list[dict[str, Any]], slack: float) -> list[str]:
    """Conversation by conversation: how long it lasted, in seconds."""
    ours = {visit["visit_id"]: visit["talk_seconds"] for visit in visits}
    return [
        f"{key}: talk of {ours.get(key)} s instead of {visit.talk} s"
        for key, visit in by_id(truth).items()
        if visit.talk is not None
        if (talk := ours.get(key)) is None or abs(talk - visit.talk) > slack
    ]


def by_id(truth: Truth) -> dict[str, Visit]:
    """The visits by the ids that our service must give them."""
    found, counted = {}, Counter[tuple[str, str]]()
    for visit in truth.visits:
        counted[visit.call, visit.queue] += 1
        found[f"{visit.call}~{visit.queue}~{counted[visit.call, visit.queue]}"] = visit
    return found


def _words(visit: Visit) -> str:
    return f"{visit.outcome} {visit.wait} {visit.agent} {visit.transferred}"


def _of_queue(truth: Truth, queue: str) -> Iterator[tuple[str, int]]:
    visits = [visit for visit in truth.visits if visit.queue == queue]
    yield "offered", len(visits)
    for outcome in _OUTCOMES:
        yield outcome, sum(visit.outcome == outcome for visit in visits)
    for kind in ("refused_full", "refused_empty"):
        yield kind, sum((queue, kind) == refused[1:] for refused in truth.refused)
    yield "transferred", sum(visit.transferred for visit in visits)
    yield "ring_no_answer", sum(rings for (name, _), rings in truth.rings.items() if name == queue)
    for kind in ("answered", "abandoned"):
        waits = [visit.wait or 0 for visit in visits if visit.outcome == kind]
        yield f"wait_{kind}_seconds.count", len(waits)
        yield f"wait_{kind}_seconds.total", sum(waits)
        if waits:
            yield f"wait_{kind}_seconds.maximum", max(waits)


def _cell(line: Mapping[str, Any] | None, name: str) -> Any:
    """A queue that is not told of has zeros."""
    value: Any = line or {}
    for part in name.split("."):
        value = (value or {}).get(part)
    return value if line is not None else 0


def _agents(truth: Truth, lines: Mapping[str, Mapping[str, Any]], *, ami: bool) -> Iterator[str]:
    pauses: dict[tuple[str, str], list[int]] = defaultdict(list)
    for pause in truth.pauses:
        pauses[pause.agent, pause.reason].append((pause.ended or truth.until) - pause.begun)
    answered = Counter(visit.agent for visit in truth.visits if visit.agent)
    rings = Counter[str]()
    for (_, agent), number in truth.rings.items():
        rings[agent] += number
    for agent in sorted({*answered, *rings, *(agent for agent, _ in pauses)}):
        line = lines.get(agent, {})
        for name, number in (("answered", answered[agent]), ("ring_no_answer", rings[agent])):
            if line.get(name, 0) != number:
                yield f"{agent}: {name} is {line.get(name)} instead of {number}"
    for (agent, reason), seconds in sorted(pauses.items()):
        ours = lines.get(agent, {}).get("paused_seconds_by_reason", {}).get(reason, 0)
        slack = len(seconds) * SLACK_SECONDS if ami else 0
        if abs(ours - sum(seconds)) > slack:
            yield f"{agent}: paused for {reason} {ours} s instead of {sum(seconds)} s"
