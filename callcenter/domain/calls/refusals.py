"""Callers whom a queue did not let in. Asterisk itself says nothing of them: only the dialplan knows, by
QUEUESTATUS."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from callcenter.domain.calls import events as e
from callcenter.domain.calls.drafts import Draft
from callcenter.domain.calls.evidence import REORDERING, ROUNDING, Evidence
from callcenter.domain.calls.visits import Anomaly, Refusal
from callcenter.domain.ids import EventId, LegId, PbxId, QueueName

REFUSING = frozenset({"FULL", "JOINEMPTY", "JOINUNAVAIL"})


def refusals(pbx: PbxId, call: LegId, evidence: Evidence, drafts: Iterable[Draft]) -> tuple[Refusal, ...]:
    """Each refusal once, whether the dialplan's variable, its own event, or both told of it."""
    found: list[Refusal] = []
    for at, leg, queue, status, event_id in sorted(_told(evidence, list(drafts))):
        if not any(_same(one, leg, queue, at) for one in found):
            found.append(Refusal(pbx=pbx, call=call, leg=leg, queue=queue, at=at, status=status, evidence=(event_id,)))
    return tuple(found)


def unplaced(evidence: Evidence) -> Iterator[Anomaly]:
    """Refusals of which nobody told the queue: neither the dialplan's step nor its own event was heard."""
    for status in evidence.of(e.QueueStatusSet):
        if (
            status.status.upper() in REFUSING
            and not evidence.on(e.QueueAttempted, status.leg)
            and not evidence.on(e.CallRefused, status.leg)
        ):
            yield Anomaly(
                kind="refusal_without_queue",
                at=status.occurred_at,
                leg=status.leg,
                queue=None,
                event_id=status.event_id,
                detail=status.status,
            )


def _told(evidence: Evidence, drafts: list[Draft]) -> Iterator[tuple[datetime, LegId, QueueName, str, EventId]]:
    for refused in evidence.of(e.CallRefused):
        yield refused.occurred_at, refused.leg, refused.queue, refused.status.upper(), refused.event_id
    for status in evidence.of(e.QueueStatusSet):
        if status.status.upper() not in REFUSING:
            continue
        tried = [
            a for a in evidence.on(e.QueueAttempted, status.leg) if a.occurred_at <= status.occurred_at + REORDERING
        ]
        if tried and not _entered(drafts, tried[-1], status.occurred_at):
            yield status.occurred_at, status.leg, tried[-1].queue, status.status.upper(), status.event_id


def _entered(drafts: list[Draft], attempt: e.QueueAttempted, until: datetime) -> bool:
    return any(
        attempt.leg in draft.legs
        and draft.queue == attempt.queue
        and attempt.occurred_at - REORDERING <= draft.entered_at <= until
        for draft in drafts
    )


def _same(one: Refusal, leg: LegId, queue: QueueName, at: datetime) -> bool:
    return (one.leg, one.queue) == (leg, queue) and abs(one.at - at) <= ROUNDING
