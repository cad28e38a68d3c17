"""How a wait ended, by the best evidence there is, and what it counts as.

Order of precedence: an answer (a connect row or frame; else the frame of a conversation's end); the reason in a
queue_log row; then, with AMI alone, what the dialplan learnt (QUEUESTATUS) or who asked for the hang-up. AMI's
QueueCallerAbandon alone never tells why, and leaving without it and without an answer is a key that was pressed.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from callcenter.domain.calls import events as e
from callcenter.domain.calls.drafts import Draft
from callcenter.domain.calls.evidence import REORDERING, ROUNDING, Evidence, whole_seconds
from callcenter.domain.calls.surroundings import Surroundings
from callcenter.domain.calls.visits import Outcome
from callcenter.domain.ids import Source

_OF_REASON = {
    e.ExitReason.ABANDONED: Outcome.ABANDONED,
    e.ExitReason.TIMED_OUT: Outcome.TIMED_OUT,
    e.ExitReason.EXITED_BY_KEY: Outcome.EXITED_BY_KEY,
    e.ExitReason.EXITED_EMPTY: Outcome.EXITED_EMPTY,
    e.ExitReason.WITHDRAWN: Outcome.WITHDRAWN,
    e.ExitReason.INCOMPATIBLE_CODECS: Outcome.UNKNOWN,
}

_OF_STATUS = {
    "TIMEOUT": Outcome.TIMED_OUT,
    "LEAVEEMPTY": Outcome.EXITED_EMPTY,
    "LEAVEUNAVAIL": Outcome.EXITED_EMPTY,
    "WITHDRAW": Outcome.WITHDRAWN,
}

CUT = "cut_by_restart"
NOT_HEARD = "end_not_heard"
"""Why nobody knows how something ended."""

_SOON = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class WaitEnd:
    """How and when a wait ended; ``left_at`` and ``wait_seconds`` are None while it lasts or where nobody knows."""

    outcome: Outcome
    left_at: datetime | None = None
    wait_seconds: int | None = None
    reason: str | None = None
    key: str | None = None


def end_of_wait(draft: Draft, evidence: Evidence, surroundings: Surroundings) -> WaitEnd:
    """The outcome of a visit."""
    if draft.answers:
        return _answered(draft)
    if draft.ends:
        return _answered_by_its_end(draft)
    if draft.exits:
        return _by_row(draft)
    if draft.unanswered:
        return _by_status(draft, evidence)
    if draft.lefts:
        left_at = draft.lefts[0].occurred_at
        return WaitEnd(Outcome.EXITED_BY_KEY, left_at, whole_seconds(draft.entered_at, left_at))
    return _not_ended(draft, evidence, surroundings)


def _answered(draft: Draft) -> WaitEnd:
    answer = last_answer(draft)
    heard = [a.occurred_at for a in draft.answers if a.source is Source.AMI and same_answer(a, answer)]
    return WaitEnd(Outcome.ANSWERED, heard[0] if heard else answer.occurred_at, answer.wait_seconds)


def last_answer(draft: Draft) -> e.CallAnswered:
    """The answer that counts: of several agents the last, in the PBX's log's own words where there are any."""
    last = draft.answers[-1]
    return next((a for a in draft.answers if a.source is Source.QUEUE_LOG and same_answer(a, last)), last)


def same_answer(one: e.CallAnswered, other: e.CallAnswered) -> bool:
    """Whether two facts tell of the same answer."""
    if one.agent_leg and other.agent_leg:
        return one.agent_leg == other.agent_leg
    return abs(one.occurred_at - other.occurred_at) <= ROUNDING


def _answered_by_its_end(draft: Draft) -> WaitEnd:
    """The connect was not heard, the end was: it states wait and talk, and so when the answer was."""
    end = draft.ends[0]
    left_at = end.occurred_at - timedelta(seconds=end.talk_seconds or 0)
    return WaitEnd(Outcome.ANSWERED, left_at, end.wait_seconds)


def _by_row(draft: Draft) -> WaitEnd:
    incompatible = [row for row in draft.exits if row.reason is e.ExitReason.INCOMPATIBLE_CODECS]
    row = (incompatible or draft.exits)[0]
    stated = next((r.wait_seconds for r in draft.exits if r.wait_seconds is not None), None)
    heard = [fact.occurred_at for fact in (*draft.unanswered, *draft.lefts)]
    reason = row.reason.value if incompatible else None
    return WaitEnd(_OF_REASON[row.reason], min(heard, default=row.occurred_at), stated, reason, row.key)


def _by_status(draft: Draft, evidence: Evidence) -> WaitEnd:
    left = draft.unanswered[0]
    status = _status_after(draft, left.occurred_at, evidence)
    outcome = _OF_STATUS.get(status or "")
    if outcome is None and (status is not None or _caller_hung_up(draft, left.occurred_at, evidence)):
        outcome = Outcome.ABANDONED
    if outcome is None:
        return WaitEnd(Outcome.UNKNOWN, left.occurred_at, left.wait_seconds, "reason_not_told")
    return WaitEnd(outcome, left.occurred_at, left.wait_seconds)


def _status_after(draft: Draft, left_at: datetime, evidence: Evidence) -> str | None:
    """QUEUESTATUS belongs to the visit just left: the first value after it, and before the leg's next queue."""
    status = evidence.first_on(e.QueueStatusSet, draft.last_leg, left_at - REORDERING)
    if status is None:
        return None
    for kind in (e.QueueAttempted, e.CallOffered):
        following = evidence.first_on(kind, draft.last_leg, left_at + REORDERING)
        if following is not None and following.occurred_at < status.occurred_at:
            return None
    return status.status


def _caller_hung_up(draft: Draft, left_at: datetime, evidence: Evidence) -> bool:
    """The far end asked for the hang-up before the wait ended, or the leg was gone at once."""
    requests = evidence.on(e.HangupRequested, draft.last_leg)
    if any(draft.entered_at <= request.occurred_at <= left_at + REORDERING for request in requests):
        return True
    ended = evidence.first_on(e.LegEnded, draft.last_leg, draft.entered_at)
    return ended is not None and ended.occurred_at <= left_at + _SOON


def _not_ended(draft: Draft, evidence: Evidence, surroundings: Surroundings) -> WaitEnd:
    if surroundings.restarted_after(draft.entered_at):
        return WaitEnd(Outcome.UNKNOWN, reason=CUT)
    ended = evidence.first_on(e.LegEnded, draft.last_leg, draft.entered_at) is not None
    seen_at = max([draft.entered_at, *(seen.occurred_at for seen in draft.seen)])
    if ended or surroundings.is_gone_from(draft.queue, draft.legs, seen_at):
        return WaitEnd(Outcome.UNKNOWN, reason=NOT_HEARD)
    return WaitEnd(Outcome.STILL_WAITING)
