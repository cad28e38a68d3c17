"""The metrics of queues."""

from collections.abc import Callable, Iterator
from operator import attrgetter

from callcenter.domain.policies import ServiceLevelPolicy
from callcenter.metrics import derived
from callcenter.metrics.definitions.row import NEVER, Attribution, Definition, Measure, Unit
from callcenter.metrics.service_level import FORMULAS, service_level
from callcenter.metrics.summaries import QueueSummary

Row = Definition[QueueSummary]

_OWN = Attribution.OWN
_CALLERS, _ATTEMPTS, _SECONDS, _RATIO = Unit.CALLERS, Unit.ATTEMPTS, Unit.SECONDS, Unit.RATIO
_NOBODY_ENTERED = "nobody entered"
_NOBODY_ANSWERED = "nobody was answered"
_NO_TALK = "no conversation of known length"


def _row(
    name: str,
    title: str,
    formula: str,
    source: str,
    value: Callable[[QueueSummary], Measure] | None = None,
    unit: Unit = Unit.VISITS,
    undefined_when: str = NEVER,
    interval: Attribution = Attribution.ENTRY,
) -> Row:
    """A row that needs no rule; without ``value`` it is the summary's field of that name."""
    own: Callable[[QueueSummary], Measure] = value or attrgetter(name)
    return _ruled(name, title, formula, source, lambda summary, _: own(summary), unit, undefined_when, interval)


def _ruled(
    name: str,
    title: str,
    formula: str,
    source: str,
    value: Callable[[QueueSummary, ServiceLevelPolicy], Measure],
    unit: Unit = Unit.RATIO,
    undefined_when: str = NEVER,
    interval: Attribution = Attribution.ENTRY,
    version: int = 1,
) -> Row:
    """A row that depends on the rule in force: on its T or S."""
    return Definition(
        name=name,
        version=version,
        title=title,
        formula=formula,
        source=source,
        value=value,
        unit=unit,
        undefined_when=undefined_when,
        interval=interval,
    )


def _service_levels() -> Iterator[Row]:
    """One row for each formula, and one for the formula that the queue's rule names."""
    for name, formula in FORMULAS.items():
        yield _ruled(
            f"service_level_{name}",
            formula.title,
            formula.text,
            formula.source,
            formula.ratio,
            undefined_when=formula.undefined_when,
            version=formula.version,
        )
    yield _ruled(
        "service_level",
        "Service level",
        "the formula that the queue's rule names",
        "the queue's rule",
        service_level,
        undefined_when="as that formula says",
    )


_COUNTS = (
    _row("offered", "Offered", "visits that entered the queue", "ENTERQUEUE, QueueCallerJoin"),
    _row("answered", "Answered", "visits that an agent answered", "CONNECT, AgentConnect"),
    _row("abandoned", "Abandoned", "visits whose caller hung up while waiting", "ABANDON; not QueueCallerAbandon"),
    _row("timed_out", "Timed out", "visits that left when their time in the queue was over", "EXITWITHTIMEOUT"),
    _row("exited_by_key", "Left by key", "visits whose caller pressed a key to leave", "EXITWITHKEY"),
    _row("exited_empty", "Left an empty queue", "visits that left because no agent was there", "EXITEMPTY"),
    _row("withdrawn", "Withdrawn", "visits that were taken out of the queue", "WITHDRAW"),
    _row("still_waiting", "Still waiting", "visits that have not ended their wait", "neither CONNECT nor an exit"),
    _row("unknown", "Unknown", "visits whose end was lost; their reason says why", "restart, gap or codec failure"),
    _row(
        "refused_full",
        "Refused, full",
        "callers not let in because of maxlen",
        "QUEUESTATUS FULL",
        unit=_CALLERS,
        interval=_OWN,
    ),
    _row(
        "refused_empty",
        "Refused, no agent",
        "callers not let in because no agent was there",
        "QUEUESTATUS JOINEMPTY, JOINUNAVAIL",
        unit=_CALLERS,
        interval=_OWN,
    ),
    _row(
        "received",
        "Received",
        "offered + refused",
        "Wazo (received: full and join-empty count, too)",
        lambda summary: summary.offered + summary.refused,
        _CALLERS,
    ),
    _row(
        "flow_outs",
        "Flow-outs",
        "timed out + left by key + left empty queue + withdrawn",
        "Genesys Cloud (offered = answered + abandoned + flow-outs)",
    ),
    _row("transferred", "Transferred", "answered visits that ended in a transfer", "BLINDTRANSFER, ATTENDEDTRANSFER"),
    _row(
        "contacts_handled",
        "Contacts handled",
        "connections to an agent: a caller who is transferred into another queue counts in each",
        "Amazon Connect 'Contacts handled'",
        lambda summary: summary.answered,
    ),
    _row(
        "ring_no_answer",
        "Rang without answer",
        "ring attempts that no agent took: no answer, busy or rejected",
        "RINGNOANSWER, AgentRingNoAnswer",
        unit=_ATTEMPTS,
        interval=_OWN,
    ),
)

_ABANDONS = (
    _ruled(
        "short_abandons",
        "Short abandons",
        "abandoned within S",
        "Genesys Cloud, Cisco, Talkdesk (the limit is the centre's)",
        derived.short_abandons,
        Unit.VISITS,
    ),
    _row(
        "abandon_ratio",
        "Abandon rate",
        "abandoned / offered",
        "Genesys Cloud; Amazon Connect; VICIdial (drop / total)",
        derived.abandon_ratio,
        _RATIO,
        _NOBODY_ENTERED,
    ),
    _ruled(
        "abandon_ratio_without_short",
        "Abandon rate (short ones excluded)",
        "(abandoned − abandoned within S) / (offered − abandoned within S)",
        "Cisco (a short abandon is not offered)",
        derived.abandon_ratio_without_short,
        undefined_when="nobody entered, short abandons aside",
    ),
    _ruled(
        "abandon_ratio_of_handled",
        "Abandon rate (of handled and abandoned)",
        "(abandoned − abandoned within S) / (answered + abandoned − abandoned within S)",
        "Google Contact Center AI (short abandons are none)",
        derived.abandon_ratio_of_handled,
        undefined_when="nobody was answered or gave up, short abandons aside",
    ),
    _row(
        "abandoned_per_answered",
        "Abandoned per answered",
        "abandoned / answered",
        "VICIdial AST_CLOSERstats.php (ACR: dropped / answered)",
        derived.abandoned_per_answered,
        Unit.QUOTIENT,
        _NOBODY_ANSWERED,
    ),
)

_WAITS = (
    _row(
        "average_speed_of_answer",
        "Average speed of answer",
        "wait of answered visits / their number, in whole seconds",
        "Amazon Connect (from entering the queue)",
        derived.average_speed_of_answer,
        _SECONDS,
        _NOBODY_ANSWERED,
    ),
    _row(
        "average_wait_abandoned",
        "Average wait before giving up",
        "wait of abandoned visits / their number",
        "Amazon Connect 'Average queue abandon time'",
        lambda summary: summary.abandoned_waits.durations,
        _SECONDS,
        "nobody abandoned",
    ),
    _row(
        "longest_wait",
        "Longest wait",
        "longest wait of visits that ended it, in whatever way",
        "Amazon Connect 'Longest queue wait time' (abandoned ones included)",
        derived.longest_wait,
        _SECONDS,
        "nobody ended a wait",
    ),
    _row(
        "longest_wait_answered",
        "Longest wait (answered)",
        "longest wait of answered visits",
        "QueueMetrics (maximum wait, answered)",
        derived.longest_wait_answered,
        _SECONDS,
        _NOBODY_ANSWERED,
    ),
    _row(
        "longest_wait_lost",
        "Longest wait (lost)",
        "longest wait of visits that ended it unanswered",
        "QueueMetrics (maximum wait, lost)",
        derived.longest_wait_lost,
        _SECONDS,
        "nobody left unanswered",
    ),
    _row(
        "answer_times",
        "Answer times",
        "answered visits by whole seconds of wait; a band holds those above the band before, and at most its own end",
        "QueueMetrics (by steps of the wait)",
        lambda summary: summary.answered_waits,
    ),
)

_CONVERSATIONS = (
    _row("answer_ratio", "Answer rate", "answered / offered", "usual", derived.answer_ratio, _RATIO, _NOBODY_ENTERED),
    _row(
        "transfer_ratio",
        "Transfer rate",
        "transferred / answered",
        "Genesys Cloud",
        derived.transfer_ratio,
        _RATIO,
        _NOBODY_ANSWERED,
    ),
    _row(
        "average_talk",
        "Average talk",
        "talk, hold included / conversations of known length",
        "AT&T CMS (talk contains hold); Amazon Connect 'Average agent interaction and customer hold time'",
        lambda summary: summary.talk,
        _SECONDS,
        _NO_TALK,
    ),
    _row(
        "average_talk_without_hold",
        "Average talk (hold excluded)",
        "(talk, hold included − hold) / conversations of known length",
        "Amazon Connect 'Average agent interaction time'",
        derived.average_talk_without_hold,
        _SECONDS,
        _NO_TALK,
    ),
    _row(
        "average_hold",
        "Average hold",
        "hold / conversations that had one",
        "Amazon Connect 'Average customer hold time'",
        lambda summary: summary.hold,
        _SECONDS,
        "no conversation had one",
    ),
    _row(
        "average_hold_all",
        "Average hold (all conversations)",
        "hold / conversations of known length",
        "Amazon Connect 'Average customer hold time all contacts'",
        derived.average_hold_all,
        _SECONDS,
        _NO_TALK,
    ),
    _row(
        "average_after_call_work",
        "Average after-call work",
        "after-call work / conversations whose queue has a rule for it",
        "usual",
        lambda summary: summary.after_call,
        _SECONDS,
        "no rule measures it",
    ),
    _row(
        "average_handle_time",
        "Average handle time",
        "(talk, hold included + after-call work) / conversations of known length",
        "Amazon Connect",
        derived.average_handle_time,
        _SECONDS,
        _NO_TALK,
    ),
)

QUEUE_METRICS: tuple[Row, ...] = (*_COUNTS, *_service_levels(), *_ABANDONS, *_WAITS, *_CONVERSATIONS)
