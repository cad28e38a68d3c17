"""A report as JSON, as a table for people, and as CSV that no spreadsheet takes for formulas."""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from callcenter.domain.policies import Boundary
from callcenter.report.build import Report
from callcenter.report.context import definitions, feed
from callcenter.report.figures import agent_figures, queue_figures

By = Literal["queue", "agent"]

# A cell that begins like this is a formula to some spreadsheet; so is what follows a separator that it may cut at.
_FORMULA = re.compile(r"(^|[;,|\t\r\n])(?=\s*[=+\-@＝＋－＠])|^(?=[\t\r\n])")


@dataclass(frozen=True, slots=True)
class Table:
    """Rows for people: everything is text already. Columns from ``first_number`` on are numbers."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    first_number: int


def to_json(report: Report) -> dict[str, Any]:
    """The report as other programs read it (contract: report.schema.json)."""
    return {
        "period": {"start": report.period.start.isoformat(), "end": report.period.end.isoformat()},
        "interval": report.interval.value,
        "timezone": report.policies.calendar.name,
        "definitions": definitions(report.policies),
        "queues": [queue_figures(line) for line in report.queues],
        "agents": [agent_figures(line) for line in report.agents],
        "feed": feed(report.feeds),
    }


def to_table(report: Report, by: By) -> Table:
    """The figures that fit on a screen."""
    columns = _QUEUE_COLUMNS if by == "queue" else _AGENT_COLUMNS
    start, end = (at.isoformat(sep=" ", timespec="minutes") for at in (report.period.start, report.period.end))
    return Table(
        title=f"{start} – {end} ({report.policies.calendar.name})",
        columns=tuple(columns),
        rows=tuple(tuple(_text(figures, path) for path in columns.values()) for figures in _lines(report, by)),
        first_number=4 if by == "queue" else 3,
    )


def to_csv(report: Report, by: By) -> str:
    """All figures of all lines, one column each, safe to open in a spreadsheet."""
    flat = [dict(_flattened(figures)) for figures in _lines(report, by)]
    columns = list(dict.fromkeys(column for row in flat for column in row))
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow([cell(column) for column in columns])
    writer.writerows([cell(row.get(column)) for column in columns] for row in flat)
    return written.getvalue()


def cell(value: object) -> str:
    """One value for CSV. Text that a spreadsheet would compute gets an apostrophe; numbers stay numbers.

    >>> cell(-1.5), cell(None), cell("=1+1"), cell("Ann;=1"), cell("Ann-Kathrin")
    ('-1.5', '', "'=1+1", "Ann;'=1", 'Ann-Kathrin')
    """
    if value is None:
        return ""
    return _FORMULA.sub(r"\1'", value) if isinstance(value, str) else str(value)


_QUEUE_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "Interval": ("interval_start",),
    "PBX": ("pbx",),
    "Queue": ("queue",),
    "Name": ("queue_name",),
    "Offered": ("offered",),
    "Answered": ("answered",),
    "Abandoned": ("abandoned",),
    "Timed out": ("timed_out",),
    "By key": ("exited_by_key",),
    "Empty": ("exited_empty",),
    "Waiting": ("still_waiting",),
    "Unknown": ("unknown",),
    "Service level": ("service_level", "%"),
    "T s": ("service_level_rule", "threshold_seconds"),
    "ASA s": ("average_speed_of_answer",),
    "Longest s": ("wait_answered_seconds", "maximum"),
    "AHT s": ("average_handle_time",),
    "No answer": ("ring_no_answer",),
}
_AGENT_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "Interval": ("interval_start",),
    "PBX": ("pbx",),
    "Agent": ("agent_name",),
    "Answered": ("answered",),
    "Transferred": ("transferred",),
    "No answer": ("ring_no_answer",),
    "Talk s": ("talk_seconds",),
    "Hold s": ("hold_seconds",),
    "After call s": ("acw_seconds",),
    "Signed in s": ("signed_in_seconds",),
    "Paused s": ("paused_seconds",),
    "AHT s": ("average_handle_time",),
    "Occupancy": ("occupancy", "%"),
}


def _lines(report: Report, by: By) -> list[dict[str, Any]]:
    if by == "queue":
        return [queue_figures(line) for line in report.queues]
    return [agent_figures(line) for line in report.agents]


def _text(figures: Mapping[str, Any], path: Sequence[str]) -> str:
    value: Any = figures
    for key in path:
        if key == "%":
            return "–" if value is None else f"{value:.1%}"
        value = value[key]
    if value is None:
        return "–"
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else str(value)


def _rule(rule: Mapping[str, Any]) -> str:
    """A service-level rule with its counts, in one line."""
    sign = "<" if rule["boundary"] == Boundary.BELOW else "≤"
    limits = f"T {sign} {rule['threshold_seconds']} s, S ≤ {rule['short_abandon_seconds']} s"
    begun = f" from {rule['valid_from']}" if rule["valid_from"] else ""
    counts = f"{rule['part']} / {rule['whole']}"
    return f"{rule['name']} v{rule['version']} ({limits}){begun} [{rule['rule_id']}]: {counts}"


def _flattened(figures: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, object]]:
    for name, value in figures.items():
        if isinstance(value, Mapping):
            yield from _flattened(value, f"{prefix}{name}_")
        elif isinstance(value, list):
            yield f"{prefix}{name}", "; ".join(map(_rule, value))
        else:
            yield f"{prefix}{name}", value
