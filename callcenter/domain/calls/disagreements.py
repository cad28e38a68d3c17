"""Where AMI and queue_log told the same fact with different values. What is kept is in the visit; both stay visible."""

from collections.abc import Iterator

from callcenter.domain.calls.drafts import Draft
from callcenter.domain.calls.visits import Disagreement, Outcome, QueueVisit
from callcenter.domain.ids import Source

TALK_TOLERANCE_SECONDS = 1.5
"""A cut second on either side, and the time it takes to leave a bridge: beyond it somebody measured something else."""


def disagreements(visit: QueueVisit, draft: Draft, ami_alone: Outcome | None) -> Iterator[Disagreement]:
    """``ami_alone`` is the outcome that AMI would have given without the log; None where AMI cannot tell."""
    for name, ami, log in (*_told_twice(draft), *_sources(draft)):
        if ami != log:
            yield _row(visit, name, str(ami), str(log))
    if ami_alone is not None and draft.exits and ami_alone is not visit.outcome:
        yield _row(visit, "outcome", ami_alone.value, visit.outcome.value)
    measured, stated = visit.talk_seconds, visit.stated_talk_seconds
    if measured is not None and stated is not None and abs(measured - stated) > TALK_TOLERANCE_SECONDS:
        yield _row(visit, "talk_seconds", f"{measured:.3f}", str(stated))


def _told_twice(draft: Draft) -> Iterator[tuple[str, object, object]]:
    ami = [answer for answer in draft.answers if answer.source is Source.AMI]
    log = [answer for answer in draft.answers if answer.source is Source.QUEUE_LOG]
    if ami and log:
        yield "wait_seconds", ami[-1].wait_seconds, log[-1].wait_seconds
        if ami[-1].ring_seconds is not None and log[-1].ring_seconds is not None:
            yield "ring_seconds", ami[-1].ring_seconds, log[-1].ring_seconds
    waits = [row.wait_seconds for row in draft.exits if row.wait_seconds is not None]
    heard = [fact.wait_seconds for fact in draft.unanswered if fact.wait_seconds is not None]
    if waits and heard:
        yield "wait_seconds", heard[0], waits[0]


def _sources(draft: Draft) -> Iterator[tuple[str, object, object]]:
    """Positions at entry, and how the conversation ended, transfer or not."""
    ami = [offer.position for offer in draft.offers if offer.source is Source.AMI and offer.position is not None]
    log = [offer.position for offer in draft.offers if offer.source is Source.QUEUE_LOG and offer.position is not None]
    if ami and log:
        yield "position", ami[0], log[0]
    heard = {end.end.is_transfer for end in draft.ends if end.source is Source.AMI}
    rows = {end.end.is_transfer for end in draft.ends if end.source is Source.QUEUE_LOG}
    if heard and rows:
        yield "transferred", True in heard, True in rows


def _row(visit: QueueVisit, name: str, ami: str, log: str) -> Disagreement:
    return Disagreement(
        visit_id=visit.visit_id, queue=visit.queue, at=visit.entered_at, field=name, ami=ami, queue_log=log
    )
