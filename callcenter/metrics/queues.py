"""What happened to the visits that entered a queue.

Everything about a visit belongs to the interval in which it entered, whenever it was answered or ended: so in every
interval offered is the sum of the outcomes. Ring attempts and refusals belong to their own time.
"""

from collections import Counter
from collections.abc import Iterable, Mapping

from callcenter.domain.calls.visits import Outcome, QueueVisit, Refusal, RingAttempt, RingResult
from callcenter.metrics.summaries import Durations, QueueSummary, Waits

_NO_WORK: Mapping[str, float] = {}
_LEFT = {Outcome.TIMED_OUT, Outcome.EXITED_BY_KEY, Outcome.EXITED_EMPTY, Outcome.WITHDRAWN}


def queue_summary(
    visits: Iterable[QueueVisit],
    rings: Iterable[RingAttempt] = (),
    refusals: Iterable[Refusal] = (),
    after_call_seconds: Mapping[str, float] = _NO_WORK,
) -> QueueSummary:
    """The summary of the visits that entered, of ring attempts and of refusals.

    ``after_call_seconds`` gives, by visit_id, the after-call work where a rule measures it. A conversation whose length
    nobody knows (cut by a restart) or whose clock ran backwards counts as answered, but in no duration.
    """
    entered = list(visits)
    answered = [visit for visit in entered if visit.answered]
    outcomes = Counter(visit.outcome for visit in entered)
    full = [refusal.is_full for refusal in refusals]
    return QueueSummary(
        offered=len(entered),
        **{outcome.value: outcomes[outcome] for outcome in Outcome},
        refused_full=sum(full),
        refused_empty=len(full) - sum(full),
        transferred=sum(visit.transferred for visit in answered),
        ring_no_answer=sum(ring.result is RingResult.NOT_ANSWERED for ring in rings),
        answered_waits=_waits(answered),
        abandoned_waits=_waits(visit for visit in entered if visit.outcome is Outcome.ABANDONED),
        left_waits=_waits(visit for visit in entered if visit.outcome in _LEFT),
        talk=Durations.of(talk for visit in answered if (talk := known_talk(visit)) is not None),
        hold=Durations.of(visit.hold_seconds for visit in answered if visit.hold_seconds > 0),
        after_call=Durations.of(after_call_seconds[v.visit_id] for v in answered if v.visit_id in after_call_seconds),
    )


def known_talk(visit: QueueVisit) -> float | None:
    """Seconds of talk, hold included; None while it lasts, if nobody knows, or if the PBX's clock was set back."""
    return None if visit.talk_seconds is None or visit.talk_seconds < 0 else visit.talk_seconds


def _waits(visits: Iterable[QueueVisit]) -> Waits:
    """A clock set back makes waits negative: nobody waited less than nothing."""
    return Waits.of(max(0, visit.wait_seconds) for visit in visits if visit.wait_seconds is not None)
