"""Who entered which queue when, and under which further ids the visit goes on."""

from collections import defaultdict
from datetime import datetime

from callcenter.domain.calls import events as e
from callcenter.domain.calls.drafts import Draft, by_source, pair_sources
from callcenter.domain.calls.evidence import REORDERING, Evidence
from callcenter.domain.ids import LegId


def entered(evidence: Evidence) -> list[Draft]:
    """One draft for each entry that any source told of, in order of entry."""
    offers: dict[tuple[LegId, str], list[e.CallOffered]] = defaultdict(list)
    for offer in evidence.of(e.CallOffered):
        offers[offer.leg, offer.queue.casefold()].append(offer)
    drafts = []
    for (leg, _), told in offers.items():
        for twins in pair_sources(*by_source(told)):
            heard = [offer for offer in twins if isinstance(offer, e.CallOffered)]
            first = heard[0]
            drafts.append(Draft(queue=first.queue, leg=leg, legs=[leg], entered_at=first.occurred_at, offers=heard))
    return sorted(drafts, key=lambda draft: (draft.entered_at, draft.leg, draft.queue))


def follow_transfers(drafts: list[Draft], evidence: Evidence) -> None:
    """An agent's consultation into a queue became a transfer: the visit goes on under the customer's id."""
    for transfer in evidence.of(e.CallTransferredAttended):
        if transfer.leg is None or not _into_queue(transfer):
            continue
        draft = _waiting_at(drafts, transfer.second_leg, transfer.occurred_at)
        if draft is not None:
            draft.legs.append(transfer.leg)
            draft.transfers.append(transfer)


def _into_queue(transfer: e.CallTransferredAttended) -> bool:
    return transfer.destination == "App" and (transfer.application or "").lower() == "queue"


def _waiting_at(drafts: list[Draft], leg: LegId, at: datetime) -> Draft | None:
    """The visit that a leg was in at an instant: the last one it had entered by then."""
    inside = [draft for draft in drafts if draft.last_leg == leg and draft.entered_at <= at + REORDERING]
    return inside[-1] if inside else None
