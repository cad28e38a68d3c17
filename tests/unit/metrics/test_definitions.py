"""The table of metrics is whole."""

from dataclasses import fields

import pytest

from callcenter.domain.policies import ServiceLevelFormula, ServiceLevelPolicy
from callcenter.metrics.definitions import AGENT_METRICS, NEVER, QUEUE_METRICS, Attribution, Definition, Unit, number
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
