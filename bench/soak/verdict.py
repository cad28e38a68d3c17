"""What a soak shows: each finding with the figure, the bound it is held to, and whether it holds.

The bounds are those of a run of hours: memory grows by less than 1 MiB an hour, descriptors stay, committed rows are
less than 2 s behind, and the figures are those of the PBX. Whether memory grows is judged after a warm-up that is fixed
beforehand; where the run was too short to tell, this is said.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from statistics import median
from typing import Any

from bench.soak.trend import Trend, quantile, trend
from bench.soak.watch import Sample, Watched

MOST_GROWTH_MIB = 1.0
MOST_LAG_SECONDS = 2.0
_LEAST_SAMPLES = 6

_OUTCOMES = {
    "ENTERQUEUE": "offered",
    "CONNECT": "answered",
    "ABANDON": "abandoned",
    "EXITWITHTIMEOUT": "timed_out",
    "EXITWITHKEY": "exited_by_key",
    "EXITEMPTY": "exited_empty",
}
"""Rows of queue_log of which each is one of our counts."""


class Holds(StrEnum):
    """Whether a finding is as it should be."""

    YES = "yes"
    NO = "no"
    UNDECIDED = "too short a run to tell"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the table."""

    what: str
    found: str
    bound: str
    holds: Holds


def growth(samples: Sequence[Sample], process: str) -> Trend | None:
    """How a process's resident memory grows, in MiB per hour."""
    return trend((sample.at, sample.processes[process].resident_mib) for sample in samples)


def memory_findings(samples: Sequence[Sample]) -> Iterator[Finding]:
    """Memory and descriptors of each process, in the samples after the warm-up."""
    for process in samples[0].processes:
        held = [sample.processes[process] for sample in samples]
        grown = growth(samples, process)
        size = f"{held[0].resident_mib:.1f} → {held[-1].resident_mib:.1f} MiB"
        bound = f"< {MOST_GROWTH_MIB:g} MiB/h"
        if grown is None:
            yield Finding(f"memory of {process}", size, bound, Holds.UNDECIDED)
        else:
            words = f"{grown.slope:+.2f} MiB/h ({grown.low:+.2f} – {grown.high:+.2f}), {size}"
            yield Finding(f"memory of {process}", words, bound, _judged(grown))
        descriptors = [one.descriptors for one in held]
        first, last = (median(third) for third in (_thirds(descriptors)[0], _thirds(descriptors)[2]))
        words = f"{first:g} → {last:g}, at most {max(descriptors)}; {held[-1].threads} threads"
        yield Finding(f"descriptors of {process}", words, "no more than before", _yes_or_no(last <= first))


def lag_finding(lags: Iterable[float]) -> Finding:
    """How far committed rows are behind the PBX's clock."""
    known = sorted(lags)
    if not known:
        return Finding("from the PBX's time to committed rows", "not sampled", "p99 < 2 s", Holds.UNDECIDED)
    half, most, worst = quantile(known, 0.5), quantile(known, 0.99), known[-1]
    words = f"p50 {1000 * half:.0f} ms, p99 {1000 * most:.0f} ms, worst {1000 * worst:.0f} ms"
    return Finding("from the PBX's time to committed rows", words, "p99 < 2 s", _yes_or_no(most < MOST_LAG_SECONDS))


def cost_finding(watched: Watched, process: str, calls_per_second: float) -> Finding:
    """What a call costs in the first and in the last third; told, and held to nothing."""
    what = f"cost of {process}, first and last third"
    used = [(sample.at, sample.processes[process].cpu_seconds) for sample in watched.samples]
    if len(used) < _LEAST_SAMPLES:
        return Finding(what, f"{len(used)} samples", "–", Holds.UNDECIDED)
    costs = [(part[-1][1] - part[0][1]) / (part[-1][0] - part[0][0]) / calls_per_second for part in _thirds(used)]
    words = f"{1000 * costs[0]:.1f} → {1000 * costs[2]:.1f} ms of CPU for each queue call"
    return Finding(what, words, "–", Holds.YES)


def count_findings(sent: Mapping[str, int], queue_log: Path, report: Mapping[str, Any]) -> Iterator[Finding]:
    """Our figures against the callers that were sent and the rows that the PBX wrote, queue by queue."""
    truth = counted(queue_log)
    stored = {line["queue"]: line for line in report["queues"]}
    for name in _OUTCOMES.values():
        differ = [queue for queue, counts in truth.items() if stored.get(queue, {}).get(name, 0) != counts[name]]
        ours, theirs = sum(line[name] for line in stored.values()), sum(counts[name] for counts in truth.values())
        words = f"{ours:,} of {theirs:,}" + (f"; differ: {', '.join(sorted(differ))}" if differ else "")
        equal = not differ and ours == theirs
        if name == "offered":
            equal = equal and theirs == sum(sent.values())
            words += f", {sum(sent.values()):,} sent"
        yield Finding(f"{name}, in {len(truth)} queues", words, "equal", _yes_or_no(equal))


def counted(queue_log: Path) -> Mapping[str, Counter[str]]:
    """What the rows say, by the plainest way there is; by queue."""
    truth: dict[str, Counter[str]] = {}
    with queue_log.open(encoding="utf-8") as log:
        for line in log:
            _, _, queue, _, event, *_ = line.split("|")
            if event in _OUTCOMES:
                truth.setdefault(queue, Counter())[_OUTCOMES[event]] += 1
    return truth


def health_findings(feed: Mapping[str, Any], complaints: Sequence[str], status: int) -> Iterator[Finding]:
    """Gaps, what could not be handled, what was complained of, how it ended."""
    gaps = [gap for gap in feed["gaps"] if gap["filled_from"] is None]
    dead, problems = feed["dead_letters"], feed["problems"]
    told = (
        ("gaps that nothing filled", len(gaps), ""),
        ("entries that could not be handled", dead, ""),
        ("what could not be read", sum(problems.values()), str(problems or "")),
        ("complaints in the log", len(complaints), complaints[0][:120] if complaints else ""),
        ("exit status when asked to end", status, ""),
    )
    for what, number, words in told:
        yield Finding(what, f"{number} {words}".strip(), "0", _yes_or_no(number == 0))


def _judged(grown: Trend) -> Holds:
    if grown.high < MOST_GROWTH_MIB:
        return Holds.YES
    return Holds.NO if grown.low >= MOST_GROWTH_MIB else Holds.UNDECIDED


def _yes_or_no(is_so: bool) -> Holds:
    return Holds.YES if is_so else Holds.NO


def _thirds(items: Sequence[Any]) -> tuple[Sequence[Any], Sequence[Any], Sequence[Any]]:
    third = max(1, len(items) // 3)
    return items[:third], items[third : 2 * third], items[-third:]
