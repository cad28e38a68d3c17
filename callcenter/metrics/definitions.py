"""The one table of all metrics: what each is called, how it is computed, and whose rival formula it follows.

A changed formula raises the version, and name and version stand beside every number. Values are summaries that merge
(counts, `Ratio`, `Mean`, `Durations`); `number` makes the figure that is shown.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from operator import attrgetter
from typing import Generic, TypeAlias, TypeVar

from callcenter.domain.policies import ServiceLevelPolicy
from callcenter.metrics import derived, service_level
from callcenter.metrics.summaries import AgentSummary, Durations, Mean, QueueSummary, Ratio

S = TypeVar("S", QueueSummary, AgentSummary)
Measure: TypeAlias = int | float | Ratio | Mean | Durations


class Unit(StrEnum):
    """What a figure is counted in. Ratios are 0 to 1."""

    VISITS = "visits"
    CALLERS = "callers"
    ATTEMPTS = "attempts"
    SECONDS = "seconds"
    RATIO = "ratio"


class Attribution(StrEnum):
    """Which interval a fact belongs to."""

    ENTRY = "the interval in which the visit entered the queue"
    OWN = "the interval in which it happened"
    ANSWER = "the interval in which the call was answered"
    CUT = "cut at the interval's edges"
    MIXED = "talk: the interval of the answer; after-call work: cut at the interval's edges"


NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition(Generic[S]):
    """One metric. ``value`` needs the service-level rule in force only where a threshold is part of the formula."""

    name: str
    version: int = 1
    title: str
    formula: str
    unit: Unit
    undefined_when: str = NEVER
    interval: Attribution
    source: str
    value: Callable[[S, ServiceLevelPolicy], Measure]


def number(measure: Measure) -> float | None:
    """The figure to show: a ratio's value, a mean, or the count itself; None where there is nothing to divide by.

    >>> number(Ratio(1, 4)), number(Ratio()), number(Mean(90, 2)), number(7)
    (0.25, None, 45.0, 7)
    """
    if isinstance(measure, Ratio):
        return measure.value
    if isinstance(measure, (Mean, Durations)):
        return measure.mean
    return measure


def _queue(
    name: str,
    title: str,
    formula: str,
    source: str,
    value: Callable[[QueueSummary], Measure] | None = None,
    unit: Unit = Unit.VISITS,
    undefined_when: str = NEVER,
    interval: Attribution = Attribution.ENTRY,
) -> Definition[QueueSummary]:
    """A row about queues; without ``value`` it is the summary's field of that name."""
    own: Callable[[QueueSummary], Measure] = value or attrgetter(name)
    return _row(name, title, formula, source, lambda summary, _: own(summary), unit, undefined_when, interval)


def _level(
    name: str, title: str, formula: str, source: str, value: Callable[..., Ratio], undefined_when: str
) -> Definition[QueueSummary]:
    """A row about service level: the only ones that need a threshold."""
    return _row(name, title, formula, source, value, Unit.RATIO, undefined_when, Attribution.ENTRY)


def _agent(
    name: str,
    title: str,
    formula: str,
    source: str = "usual",
    value: Callable[[AgentSummary], Measure] | None = None,
    unit: Unit = Unit.SECONDS,
    undefined_when: str = NEVER,
    interval: Attribution = Attribution.CUT,
) -> Definition[AgentSummary]:
    """A row about agents; without ``value`` it is the summary's field of that name."""
    own: Callable[[AgentSummary], Measure] = value or attrgetter(name)
    return _row(name, title, formula, source, lambda summary, _: own(summary), unit, undefined_when, interval)


def _row(
    name: str,
    title: str,
    formula: str,
    source: str,
    value: Callable[[S, ServiceLevelPolicy], Measure],
    unit: Unit,
    undefined_when: str,
    interval: Attribution,
) -> Definition[S]:
    return Definition(
        name=name,
        title=title,
        formula=formula,
        source=source,
        value=value,
        unit=unit,
        undefined_when=undefined_when,
        interval=interval,
    )


_CALLERS, _ATTEMPTS, _SECONDS, _RATIO = Unit.CALLERS, Unit.ATTEMPTS, Unit.SECONDS, Unit.RATIO
_OWN, _ANSWER = Attribution.OWN, Attribution.ANSWER
_NOBODY_ENTERED = "nobody entered"
_NOBODY_ANSWERED = "nobody was answered"
_NO_TALK = "no conversation of known length"
_NO_ANSWER = "ring attempts that no agent took: no answer, busy or rejected"
_TALK = "talk, hold included / conversations of known length"
_HANDLE = "(talk, hold included + after-call work) / conversations of known length"
_CMS = "AT&T CMS (talk contains hold)"


QUEUE_METRICS: tuple[Definition[QueueSummary], ...] = (
    _queue("offered", "Offered", "visits that entered the queue", "ENTERQUEUE, QueueCallerJoin"),
    _queue("answered", "Answered", "visits that an agent answered", "CONNECT, AgentConnect"),
    _queue("abandoned", "Abandoned", "visits whose caller hung up while waiting", "ABANDON; not QueueCallerAbandon"),
    _queue("timed_out", "Timed out", "visits that left when their time in the queue was over", "EXITWITHTIMEOUT"),
    _queue("exited_by_key", "Left by key", "visits whose caller pressed a key to leave", "EXITWITHKEY"),
    _queue("exited_empty", "Left an empty queue", "visits that left because no agent was there", "EXITEMPTY"),
    _queue("withdrawn", "Withdrawn", "visits that were taken out of the queue", "WITHDRAW"),
    _queue("still_waiting", "Still waiting", "visits that have not ended their wait", "neither CONNECT nor an exit"),
    _queue("unknown", "Unknown", "visits whose end was lost; their reason says why", "restart, gap or codec failure"),
    _queue(
        "refused_full",
        "Refused, full",
        "callers not let in because of maxlen",
        "QUEUESTATUS FULL",
        unit=_CALLERS,
        interval=_OWN,
    ),
    _queue(
        "refused_empty",
        "Refused, no agent",
        "callers not let in because no agent was there",
        "QUEUESTATUS JOINEMPTY, JOINUNAVAIL",
        unit=_CALLERS,
        interval=_OWN,
    ),
    _queue("transferred", "Transferred", "answered visits that ended in a transfer", "BLINDTRANSFER, ATTENDEDTRANSFER"),
    _queue(
        "ring_no_answer",
        "Rang without answer",
        _NO_ANSWER,
        "RINGNOANSWER, AgentRingNoAnswer",
        unit=_ATTEMPTS,
        interval=_OWN,
    ),
    _level(
        "service_level_asterisk",
        "Service level (Asterisk)",
        "answered within T / answered",
        "Asterisk ServicelevelPerf; Cisco UCCX 'Only Handled'",
        service_level.asterisk,
        _NOBODY_ANSWERED,
    ),
    _level(
        "service_level_answered_of_offered",
        "Service level (of offered)",
        "answered within T / offered",
        "Cisco 'Negative'; Genesys with flow-outs",
        service_level.answered_of_offered,
        _NOBODY_ENTERED,
    ),
    _level(
        "service_level_short_abandons_ignored",
        "Service level (short abandons ignored)",
        "answered within T / (offered − abandoned within S)",
        "Talkdesk; Cisco 'Ignore' where S = T",
        service_level.short_abandons_ignored,
        "nobody entered, short abandons aside",
    ),
    _level(
        "service_level",
        "Service level",
        "the formula that the queue's rule names",
        "the queue's rule",
        service_level.service_level,
        "as that formula says",
    ),
    _queue("answer_ratio", "Answer rate", "answered / offered", "usual", derived.answer_ratio, _RATIO, _NOBODY_ENTERED),
    _queue(
        "abandon_ratio",
        "Abandon rate",
        "abandoned / offered",
        "Genesys",
        derived.abandon_ratio,
        _RATIO,
        _NOBODY_ENTERED,
    ),
    _queue(
        "transfer_ratio",
        "Transfer rate",
        "transferred / answered",
        "usual",
        derived.transfer_ratio,
        _RATIO,
        _NOBODY_ANSWERED,
    ),
    _queue(
        "average_speed_of_answer",
        "Average speed of answer",
        "wait of answered visits / their number, in whole seconds",
        "Amazon Connect (from entering the queue)",
        derived.average_speed_of_answer,
        _SECONDS,
        _NOBODY_ANSWERED,
    ),
    _queue(
        "average_wait_abandoned",
        "Average wait before giving up",
        "wait of abandoned visits / their number",
        "usual",
        lambda summary: summary.abandoned_waits.durations,
        _SECONDS,
        "nobody abandoned",
    ),
    _queue("average_talk", "Average talk", _TALK, _CMS, lambda summary: summary.talk, _SECONDS, _NO_TALK),
    _queue(
        "average_hold",
        "Average hold",
        "hold / conversations that had one",
        "Amazon Connect (customer hold)",
        lambda summary: summary.hold,
        _SECONDS,
        "no conversation had one",
    ),
    _queue(
        "average_after_call_work",
        "Average after-call work",
        "after-call work / conversations whose queue has a rule for it",
        "usual",
        lambda summary: summary.after_call,
        _SECONDS,
        "no rule measures it",
    ),
    _queue(
        "average_handle_time",
        "Average handle time",
        _HANDLE,
        "Amazon Connect",
        derived.average_handle_time,
        _SECONDS,
        _NO_TALK,
    ),
)

AGENT_METRICS: tuple[Definition[AgentSummary], ...] = (
    _agent("answered", "Answered", "queue calls that the agent answered", unit=Unit.VISITS, interval=_ANSWER),
    _agent(
        "transferred", "Transferred", "of these, those that ended in a transfer", unit=Unit.VISITS, interval=_ANSWER
    ),
    _agent(
        "ring_no_answer",
        "Rang without answer",
        _NO_ANSWER,
        "RINGNOANSWER, AgentRingNoAnswer",
        unit=_ATTEMPTS,
        interval=_OWN,
    ),
    _agent("talk_seconds", "Talk", "time in conversations, hold included", _CMS),
    _agent("hold_seconds", "Hold", "of this, time in which the caller was on hold", "Hold, Unhold"),
    _agent("acw_seconds", "After-call work", "by the rule of each call's queue", "the queue's rule"),
    _agent(
        "signed_in_seconds",
        "Signed in",
        "time as a dynamic member of at least one queue, or logged in to the agent pool",
        "ADDMEMBER to REMOVEMEMBER",
    ),
    _agent("paused_seconds", "Paused", "time not ready in at least one queue", "PAUSE to UNPAUSE"),
    _agent("occupied_seconds", "Occupied", "time signed in and in a conversation or its after-call work, on the clock"),
    _agent("idle_seconds", "Idle", "time signed in, and neither occupied nor paused"),
    _agent(
        "average_talk",
        "Average talk",
        _TALK,
        _CMS,
        lambda summary: summary.talk,
        undefined_when=_NO_TALK,
        interval=_ANSWER,
    ),
    _agent(
        "average_handle_time",
        "Average handle time",
        _HANDLE,
        "Amazon Connect",
        derived.average_handle_time,
        undefined_when=_NO_TALK,
        interval=Attribution.MIXED,
    ),
    _agent(
        "transfer_ratio",
        "Transfer rate",
        "transferred / answered",
        "usual",
        derived.transfer_ratio,
        _RATIO,
        _NOBODY_ANSWERED,
        _ANSWER,
    ),
    _agent(
        "occupancy",
        "Occupancy",
        "occupied / (occupied + idle)",
        "Amazon Connect",
        derived.occupancy,
        _RATIO,
        "the agent was not signed in, or paused all the time",
    ),
)
