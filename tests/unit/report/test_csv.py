"""CSV that a spreadsheet shows and never computes."""

import csv
import io
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.domain.ids import AgentId, PbxId, QueueName
from callcenter.domain.periods import QUARTER, Interval, Period
from callcenter.domain.policies import ServiceLevelPolicy, SitePolicies
from callcenter.metrics.summaries import AgentSummary, QueueSummary, ReasonSeconds
from callcenter.ports import AgentRow, QueueRow
from callcenter.report import ReportRequest, build_report, to_csv
from callcenter.report.shown import cell

EIGHT = datetime(2026, 3, 2, 8, tzinfo=UTC)
PAYLOADS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "a;=1",
    "a,=1",
    "a\n=1",
    "a; =1",
    "＝1",
    "＋1",
    "－1",
    "＠x",
]
DANGEROUS = tuple("=+-@＝＋－＠\t\r\n")


def written(name: str, by: str) -> list[list[str]]:
    """One queue and one agent of this name, on a PBX of this name, who paused for this reason; read back."""
    queues = [QueueRow(PbxId(name), QueueName(name), EIGHT, QueueSummary(offered=1, unknown=1))]
    paused = ReasonSeconds({name: 5.0})
    agents = [AgentRow(PbxId(name), AgentId(name), EIGHT, AgentSummary(paused_seconds=5.0, paused_by_reason=paused))]
    request = ReportRequest(interval=Interval.HOUR, policies=SitePolicies())
    report = build_report(request, Period(EIGHT, EIGHT + QUARTER), queues, agents, [], [])
    by_kind: Any = by
    return list(csv.reader(io.StringIO(to_csv(report, by_kind), newline="")))


@pytest.mark.parametrize("by", ["queue", "agent"])
@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_cell_begins_like_a_formula(payload: str, by: str) -> None:
    head, row = written(payload, by)
    assert not [one for one in (*head, *row) if one.startswith(DANGEROUS)]


@given(st.text(alphabet=st.sampled_from("=+-@＝;,|\t\r\n 1a'\""), max_size=8))
def test_neither_does_any_part_that_another_separator_would_make(text: str) -> None:
    for separator in ";,|\t\n":
        for part in cell(text).split(separator):
            assert not part.lstrip().startswith(tuple("=+-@＝"))


@given(st.text(alphabet=st.characters(exclude_characters="=+-@＝＋－＠\t\r\n", exclude_categories=["Cs"]), max_size=20))
def test_harmless_text_stays_as_it_is(text: str) -> None:
    assert cell(text) == text


def test_numbers_stay_numbers() -> None:
    assert (cell(-5), cell(-0.5), cell(0), cell(None)) == ("-5", "-0.5", "0", "")


def test_every_figure_has_a_column() -> None:
    head, row = written("sales", "queue")
    cells = dict(zip(head, row, strict=True))
    assert cells["answered_within_20"] == "0"
    assert cells["wait_answered_seconds_maximum"] == "0"
    assert cells["service_level_rule_name"] == "answered_of_offered"
    rule_id = ServiceLevelPolicy().rule_id
    assert cells["service_level_rules"] == f"answered_of_offered v1 (T ≤ 20 s, S ≤ 5 s) [{rule_id}]: 0 / 1"
    assert cells["measures_longest_wait"] == ""
    assert cells["offered"] == "1"
    head, row = written("lunch", "agent")
    assert dict(zip(head, row, strict=True))["paused_seconds_by_reason_lunch"] == "5.0"


def test_names_with_quotes_and_separators_survive() -> None:
    head, row = written('Ann "Annie", 张伟', "agent")
    assert dict(zip(head, row, strict=True))["agent"] == 'Ann "Annie", 张伟'
