"""The metrics of agents. Seconds are those lived in the interval; occupancy and its rivals stand side by side."""

from collections.abc import Callable
from operator import attrgetter

from callcenter.metrics import derived
from callcenter.metrics.definitions.row import NEVER, Attribution, Definition, Measure, Unit
from callcenter.metrics.summaries import AgentSummary

Row = Definition[AgentSummary]

_OWN, _ANSWER, _MIXED = Attribution.OWN, Attribution.ANSWER, Attribution.MIXED
_VISITS, _ATTEMPTS, _RATIO = Unit.VISITS, Unit.ATTEMPTS, Unit.RATIO
_NO_TALK = "no conversation of known length"
_NOT_THERE = "the agent was not signed in"


def _row(
    name: str,
    title: str,
    formula: str,
    source: str = "usual",
    value: Callable[[AgentSummary], Measure] | None = None,
    unit: Unit = Unit.SECONDS,
    undefined_when: str = NEVER,
    interval: Attribution = Attribution.CUT,
) -> Row:
    """Without ``value`` a row is the summary's field of that name."""
    own: Callable[[AgentSummary], Measure] = value or attrgetter(name)
    return Definition(
        name=name,
        title=title,
        formula=formula,
        source=source,
        value=lambda summary, _: own(summary),
        unit=unit,
        undefined_when=undefined_when,
        interval=interval,
    )


_COUNTS = (
    _row("answered", "Answered", "queue calls that the agent answered", unit=_VISITS, interval=_ANSWER),
    _row(
        "contacts_handled",
        "Contacts handled",
        "connections to the agent: a caller who is transferred on counts for each who takes it from a queue",
        "Amazon Connect 'Contacts handled'",
        lambda summary: summary.answered,
        _VISITS,
        interval=_ANSWER,
    ),
    _row("transferred", "Transferred", "of these, those that ended in a transfer", unit=_VISITS, interval=_ANSWER),
    _row(
        "ring_no_answer",
        "Rang without answer",
        "ring attempts that no agent took: no answer, busy or rejected",
        "RINGNOANSWER, AgentRingNoAnswer",
        unit=_ATTEMPTS,
        interval=_OWN,
    ),
    _row(
        "agent_answer_ratio",
        "Agent answer rate",
        "answered / (answered + rang without answer)",
        "Amazon Connect 'Agent answer rate'",
        derived.agent_answer_ratio,
        _RATIO,
        "the agent's phone did not ring",
        _OWN,
    ),
)

_TIMES = (
    _row("talk_seconds", "Talk", "time in conversations, hold included", "AT&T CMS (talk contains hold)"),
    _row("hold_seconds", "Hold", "of this, time in which the caller was on hold", "Hold, Unhold"),
    _row("acw_seconds", "After-call work", "by the rule of each call's queue", "the queue's rule"),
    _row(
        "signed_in_seconds",
        "Signed in",
        "time as a dynamic member of at least one queue, or logged in to the agent pool",
        "ADDMEMBER to REMOVEMEMBER",
    ),
    _row("paused_seconds", "Paused", "time not ready in at least one queue", "PAUSE to UNPAUSE"),
    _row("occupied_seconds", "Occupied", "time signed in and in a conversation or its after-call work, on the clock"),
    _row("idle_seconds", "Idle", "time signed in, and neither occupied nor paused"),
)

_CONVERSATIONS = (
    _row(
        "average_talk",
        "Average talk",
        "talk, hold included / conversations of known length",
        "AT&T CMS (talk contains hold)",
        lambda summary: summary.talk,
        undefined_when=_NO_TALK,
        interval=_ANSWER,
    ),
    _row(
        "average_hold_all",
        "Average hold (all conversations)",
        "hold / conversations of known length",
        "Amazon Connect 'Average customer hold time all contacts'",
        derived.average_hold_all,
        undefined_when=_NO_TALK,
        interval=_MIXED,
    ),
    _row(
        "average_after_call_work",
        "Average after-call work",
        "after-call work / conversations of known length",
        "Amazon Connect 'Average after contact work time'",
        derived.average_after_call_work,
        undefined_when=_NO_TALK,
        interval=_MIXED,
    ),
    _row(
        "average_handle_time",
        "Average handle time",
        "(talk, hold included + after-call work) / conversations of known length",
        "Amazon Connect",
        derived.average_handle_time,
        undefined_when=_NO_TALK,
        interval=_MIXED,
    ),
    _row(
        "transfer_ratio",
        "Transfer rate",
        "transferred / answered",
        "Genesys Cloud",
        derived.transfer_ratio,
        _RATIO,
        "nobody was answered",
        _ANSWER,
    ),
)

_SHARES = (
    _row(
        "occupancy",
        "Occupancy",
        "occupied / (occupied + idle)",
        "Amazon Connect",
        derived.occupancy,
        _RATIO,
        "the agent was not signed in, or paused all the time",
    ),
    _row(
        "occupancy_of_signed_in",
        "Occupancy (of all time signed in)",
        "occupied / signed in",
        "https://www.callcentrehelper.com/difference-occupancy-utilisation-132518.htm",
        derived.occupancy_of_signed_in,
        _RATIO,
        _NOT_THERE,
    ),
    _row(
        "occupancy_with_pauses",
        "Occupancy (pauses count as occupied)",
        "(signed in − idle) / signed in",
        "https://www.icmi.com/icmi-home/resources/2012/constructive-use-of-occupancy",
        derived.occupancy_with_pauses,
        _RATIO,
        _NOT_THERE,
    ),
    _row(
        "utilisation",
        "Utilisation (idle counts as used)",
        "(occupied + idle) / signed in",
        "https://www.icmi.com/icmi-home/resources/2012/constructive-use-of-occupancy",
        derived.utilisation,
        _RATIO,
        _NOT_THERE,
    ),
)

AGENT_METRICS: tuple[Row, ...] = (*_COUNTS, *_TIMES, *_CONVERSATIONS, *_SHARES)
