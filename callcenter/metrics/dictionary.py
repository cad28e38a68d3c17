"""The dictionary of figures: every definition and every vendor's rule, each with what it makes of one example.

All examples are of the same hour and the same shift, so that rival formulas can be compared at a glance. In the hour
nine visits entered (answered after 5, 30 and 20 s; abandoned after 2 and 40 s; left by key after 20 s; timed out after
60 and 30 s; left the empty queue after 10 s) and one caller was refused; T is 20 s and S is 5 s.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from callcenter.domain.policies import Boundary, ServiceLevelPolicy
from callcenter.metrics.definitions import AGENT_METRICS, QUEUE_METRICS, Attribution, Definition, Measure, Unit, number
from callcenter.metrics.presets import PRESETS, Preset
from callcenter.metrics.service_level import FORMULAS, service_level
from callcenter.metrics.summaries import AgentSummary, Durations, Mean, QueueSummary, Ratio, ReasonSeconds, Waits

EXAMPLE_RULE = ServiceLevelPolicy(threshold_seconds=20, short_abandon_seconds=5)
EXAMPLE_HOUR = QueueSummary(
    offered=9,
    answered=3,
    abandoned=2,
    timed_out=2,
    exited_by_key=1,
    exited_empty=1,
    refused_empty=1,
    transferred=1,
    ring_no_answer=2,
    answered_waits=Waits.of([5, 30, 20]),
    abandoned_waits=Waits.of([2, 40]),
    left_waits=Waits.of([20, 60, 30, 10]),
    talk=Durations.of([60, 120, 180]),
    hold=Durations.of([30]),
    after_call=Durations.of([20, 10, 15]),
)
EXAMPLE_SHIFT = AgentSummary(
    answered=3,
    transferred=1,
    ring_no_answer=1,
    talk=Durations.of([240, 360, 600]),
    talk_seconds=1200,
    hold_seconds=60,
    acw_seconds=300,
    signed_in_seconds=3600,
    paused_seconds=600,
    occupied_seconds=1500,
    idle_seconds=1500,
    paused_by_reason=ReasonSeconds({"lunch": 600}),
)

_LEVEL = "service_level_"


class Subject(StrEnum):
    """What an entry is about: a figure of queues or of agents, or a vendor's rule of service level."""

    QUEUE = "queue"
    AGENT = "agent"
    PRESET = "preset"


@dataclass(frozen=True, slots=True)
class Example:
    """What a definition makes of the example; ``part`` and ``whole`` where it divides."""

    value: float | None
    part: float | None = None
    whole: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """What a vendor's rule fixes; None is left to the centre."""

    vendor: str
    formula: str
    threshold_seconds: int | None
    short_abandon_seconds: int | None
    boundary: Boundary
    attribution: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One definition in words. A service level is named by its formula, as beside each level."""

    subject: Subject
    name: str
    version: int
    title: str
    formula: str
    unit: Unit
    undefined_when: str
    interval: Attribution
    source: str
    example: Example
    parameters: Parameters | None = None


def entries() -> Iterator[Entry]:
    """All definitions: of queues, of agents, and the vendors' rules."""
    for row in QUEUE_METRICS:
        yield _entry(Subject.QUEUE, row, row.value(EXAMPLE_HOUR, EXAMPLE_RULE))
    for shift_row in AGENT_METRICS:
        yield _entry(Subject.AGENT, shift_row, shift_row.value(EXAMPLE_SHIFT, EXAMPLE_RULE))
    yield from map(_preset, PRESETS.values())


def example_of(measure: Measure) -> Example:
    """A measure as an example shows it.

    >>> example_of(Ratio(2, 8)), example_of(Mean(90, 2))
    (Example(value=0.25, part=2, whole=8), Example(value=45.0, part=90, whole=2))
    """
    if isinstance(measure, Ratio):
        return Example(number(measure), measure.part, measure.whole)
    if isinstance(measure, Mean | Durations):
        return Example(number(measure), measure.total, measure.count)
    return Example(number(measure))


def _entry(subject: Subject, row: Definition[QueueSummary] | Definition[AgentSummary], measure: Measure) -> Entry:
    formula = row.name.removeprefix(_LEVEL)
    return Entry(
        subject=subject,
        name=formula if formula in set(FORMULAS) else row.name,
        version=row.version,
        title=row.title,
        formula=row.formula,
        unit=row.unit,
        undefined_when=row.undefined_when,
        interval=row.interval,
        source=row.source,
        example=example_of(measure),
    )


def _preset(preset: Preset) -> Entry:
    formula = FORMULAS[preset.formula]
    return Entry(
        subject=Subject.PRESET,
        name=preset.name,
        version=preset.version,
        title=f"{formula.title} – {preset.vendor}",
        formula=preset.text,
        unit=Unit.RATIO,
        undefined_when=formula.undefined_when,
        interval=Attribution.ENTRY,
        source=preset.source,
        example=example_of(service_level(EXAMPLE_HOUR, preset.over(EXAMPLE_RULE))),
        parameters=Parameters(
            vendor=preset.vendor,
            formula=preset.formula,
            threshold_seconds=preset.threshold_seconds,
            short_abandon_seconds=preset.short_abandon_seconds,
            boundary=preset.boundary,
            attribution=preset.attribution,
        ),
    )
