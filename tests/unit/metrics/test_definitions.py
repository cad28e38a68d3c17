"""The table of metrics is whole."""

from dataclasses import fields
from typing import Any

import pytest

from callcenter.domain.policies import ServiceLevelFormula, ServiceLevelPolicy
from callcenter.metrics.definitions import AGENT_METRICS, NEVER, QUEUE_METRICS, Attribution, Definition, Unit, number
from callcenter.metrics.dictionary import entries
from callcenter.metrics.summaries import AgentSummary, Durations, QueueSummary

BY_QUEUE = {row.name: row for row in QUEUE_METRICS}
BY_AGENT = {row.name: row for row in AGENT_METRICS}
ALL = [*QUEUE_METRICS, *AGENT_METRICS]


def test_names_are_unique() -> None:
    assert len(BY_QUEUE) == len(QUEUE_METRICS)
    assert len(BY_AGENT) == len(AGENT_METRICS)


@pytest.mark.parametrize("row", ALL, ids=lambda row: row.name)
def test_a_row_says_all_that_a_reader_needs(row: Definition) -> None:  # type: ignore[type-arg]
    assert row.version >= 1
    assert all((row.title, row.formula, row.source, row.undefined_when))


@pytest.mark.parametrize("row", ALL, ids=lambda row: row.name)
def test_it_says_when_there_is_nothing_to_divide_by(row: Definition) -> None:  # type: ignore[type-arg]
    empty = QueueSummary() if row in QUEUE_METRICS else AgentSummary()
    nothing = number(row.value(empty, ServiceLevelPolicy()))
    assert (nothing is None) == (row.undefined_when != NEVER)
    assert nothing in (None, 0)


def test_every_formula_of_service_level_has_its_row() -> None:
    assert {f"service_level_{formula}" for formula in ServiceLevelFormula} <= BY_QUEUE.keys()


def test_every_count_of_a_summary_has_its_row() -> None:
    counts = {field.name for field in fields(QueueSummary) if field.type in (int, "int")}
    assert counts <= BY_QUEUE.keys()
    seconds = {field.name for field in fields(AgentSummary) if field.name.endswith("_seconds")}
    assert seconds <= BY_AGENT.keys()


HOUR = {
    "offered": 9,
    "answered": 3,
    "abandoned": 2,
    "timed_out": 2,
    "exited_by_key": 1,
    "exited_empty": 1,
    "withdrawn": 0,
    "still_waiting": 0,
    "unknown": 0,
    "refused_full": 0,
    "refused_empty": 1,
    "received": 10,
    "flow_outs": 4,
    "transferred": 1,
    "contacts_handled": 3,
    "ring_no_answer": 2,
    "short_abandons": 1,
    "abandon_ratio": (2, 9),
    "abandon_ratio_without_short": (1, 8),
    "abandon_ratio_of_handled": (1, 4),
    "abandoned_per_answered": (2, 3),
    "average_speed_of_answer": (55, 3),
    "average_wait_abandoned": (42, 2),
    "longest_wait": 60,
    "longest_wait_answered": 30,
    "longest_wait_lost": 60,
    "answer_times": 3,
    "answer_ratio": (3, 9),
    "transfer_ratio": (1, 3),
    "average_talk": (360, 3),
    "average_talk_without_hold": (330, 3),
    "average_hold": (30, 1),
    "average_hold_all": (30, 3),
    "average_after_call_work": (45, 3),
    "average_handle_time": (405, 3),
}
SHIFT = {
    "answered": 3,
    "contacts_handled": 3,
    "transferred": 1,
    "ring_no_answer": 1,
    "agent_answer_ratio": (3, 4),
    "talk_seconds": 1200,
    "hold_seconds": 60,
    "acw_seconds": 300,
    "signed_in_seconds": 3600,
    "paused_seconds": 600,
    "occupied_seconds": 1500,
    "idle_seconds": 1500,
    "average_talk": (1200, 3),
    "average_hold_all": (60, 3),
    "average_after_call_work": (300, 3),
    "average_handle_time": (1500, 3),
    "transfer_ratio": (1, 3),
    "occupancy": (1500, 3000),
    "occupancy_of_signed_in": (1500, 3600),
    "occupancy_with_pauses": (2100, 3600),
    "utilisation": (3000, 3600),
}
"""The example of the dictionary, counted by hand."""


@pytest.mark.parametrize(("subject", "by_hand"), [("queue", HOUR), ("agent", SHIFT)])
def test_the_examples_of_the_dictionary(subject: str, by_hand: dict[str, Any]) -> None:
    told = {entry.name: entry.example for entry in entries() if entry.subject == subject}
    levels = {*ServiceLevelFormula, "service_level"}
    assert told.keys() - levels == by_hand.keys()
    for name, expected in by_hand.items():
        example = told[name]
        if isinstance(expected, tuple):
            assert ((example.part, example.whole), example.value) == (expected, expected[0] / expected[1]), name
        else:
            assert example.value == expected, name


def test_units_and_intervals_fit() -> None:
    ratios = [
        row for row in ALL if row.name.endswith("_ratio") or row.name == "occupancy" or "service_level" in row.name
    ]
    assert {row.unit for row in ratios} == {Unit.RATIO}
    assert {row.interval for row in AGENT_METRICS if row.name.endswith("_seconds")} == {Attribution.CUT}


def test_the_shown_number_of_a_mean_is_the_mean() -> None:
    summary = QueueSummary(talk=Durations(2, 100, 60), after_call=Durations(1, 20, 20))
    assert number(BY_QUEUE["average_handle_time"].value(summary, ServiceLevelPolicy())) == 60
    assert number(BY_QUEUE["average_talk"].value(summary, ServiceLevelPolicy())) == 50
