"""Which facts about the end of a wait belong to which visit.

Ids alone do not tell: an id visits the same queue twice, a waiting visit changes its id, a row bears the id of another
visit. But nearly every fact states the wait, and so implies the entry. So: first by id *and* entry; then what is left
over
to visits that are still open, by entry and position; then by id alone; and what fits nowhere is a visit nobody saw
begin.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from callcenter.domain.calls import events as e
from callcenter.domain.calls.drafts import Draft, WaitFact, implied_entry
from callcenter.domain.calls.evidence import REORDERING, ROUNDING, Evidence
from callcenter.domain.calls.visits import LooseEnd, LooseKind
from callcenter.domain.ids import LegId, QueueName, Source


@dataclass(slots=True)
class Stray:
    """Facts of one id in one queue that imply the same entry, which no visit of that id has."""

    leg: LegId
    queue: QueueName
    entered_at: datetime
    facts: list[WaitFact]

    @property
    def until(self) -> datetime:
        return max(fact.occurred_at for fact in self.facts)


def settle_waits(drafts: list[Draft], evidence: Evidence) -> list[LooseEnd]:
    """Give every fact about a wait to its visit, adding visits that nobody saw begin. Returns what ids alone left
    loose."""
    strays, undated = _by_id_and_entry(drafts, _wait_facts(evidence))
    for fact in undated:
        draft = _latest_of(drafts, fact)
        if draft is not None:
            draft.take(fact)
    loose = [
        LooseEnd(kind=LooseKind.OPEN_WAIT, queue=draft.queue, at=draft.entered_at, leg=draft.leg)
        for draft in drafts
        if not draft.wait_ended
    ]
    loose += [
        LooseEnd(kind=LooseKind.STRAY_WAIT_END, queue=stray.queue, at=stray.entered_at, leg=stray.leg)
        for stray in strays
    ]
    for stray in _to_open_visits(drafts, strays, evidence):
        _by_id_alone(drafts, stray)
    return loose


def _wait_facts(evidence: Evidence) -> list[WaitFact]:
    facts: list[WaitFact] = []
    for kind in (e.CallAnswered, e.CallExited, e.CallUnanswered, e.CallSeenWaiting, e.CallLeftQueue):
        facts += evidence.of(kind)
    return facts


def _by_id_and_entry(drafts: list[Draft], facts: Iterable[WaitFact]) -> tuple[list[Stray], list[WaitFact]]:
    """First pass. Returns what no visit of its id can have, and what states no wait."""
    strays: list[Stray] = []
    undated: list[WaitFact] = []
    for fact in facts:
        entry = implied_entry(fact)
        if entry is None:
            undated.append(fact)
            continue
        fitting = [draft for draft in _known_as(drafts, fact) if draft.fits(entry)]
        if fitting:
            min(fitting, key=lambda draft: (abs(draft.entered_at - entry), draft.entered_at)).take(fact)
        else:
            _gather(strays, fact, entry)
    return strays, undated


def _gather(strays: list[Stray], fact: WaitFact, entry: datetime) -> None:
    for stray in strays:
        if (stray.leg, stray.queue) == (fact.leg, fact.queue) and abs(stray.entered_at - entry) <= ROUNDING:
            stray.facts.append(fact)
            return
    strays.append(Stray(fact.leg, fact.queue, entry, [fact]))


def _to_open_visits(drafts: list[Draft], strays: list[Stray], evidence: Evidence) -> list[Stray]:
    """Second pass: visits that are still open, best fit first. Returns the strays that found none."""
    pairs = [
        (_misfit(draft, stray, evidence), i, j)
        for i, stray in enumerate(strays)
        for j, draft in enumerate(drafts)
        if draft.queue == stray.queue and not draft.wait_ended and draft.fits(stray.entered_at)
    ]
    housed: set[int] = set()
    taken: set[int] = set()
    for _, i, j in sorted(pairs):
        if i not in housed and j not in taken:
            housed.add(i)
            taken.add(j)
            for fact in strays[i].facts:
                drafts[j].take(fact)
    return [stray for i, stray in enumerate(strays) if i not in housed]


def _misfit(draft: Draft, stray: Stray, evidence: Evidence) -> tuple[bool, bool, float]:
    """How badly a stray fits an open visit: another position, not the transferring agent's own leg, seconds apart."""
    position = _position_of(stray, evidence)
    other_position = None not in (position, draft.position) and position != draft.position
    return other_position, not _brought_by_agent(draft, stray, evidence), _apart(draft, stray)


def _apart(draft: Draft, stray: Stray) -> float:
    return abs((draft.entered_at - stray.entered_at).total_seconds())


def _position_of(stray: Stray, evidence: Evidence) -> int | None:
    """The original position that a stray states itself, or that the end of its conversation states."""
    for fact in stray.facts:
        if isinstance(fact, e.CallExited | e.CallUnanswered) and fact.original_position is not None:
            return fact.original_position
    answers = [fact for fact in stray.facts if isinstance(fact, e.CallAnswered)]
    for end in evidence.on(e.ConversationEnded, stray.leg):
        if end.queue == stray.queue and end.position is not None and any(_ends(end, answer) for answer in answers):
            return end.position
    return None


def _ends(end: e.ConversationEnded, answer: e.CallAnswered) -> bool:
    return end.wait_seconds == answer.wait_seconds and end.occurred_at >= answer.occurred_at - ROUNDING


def _brought_by_agent(draft: Draft, stray: Stray, evidence: Evidence) -> bool:
    """Whether an agent who transferred the stray's caller into a queue is the one who entered as this visit."""
    names = {offer.caller.name for offer in draft.offers if offer.caller and offer.caller.name}
    return any(
        end.end.is_transfer
        and draft.entered_at - ROUNDING <= end.occurred_at <= stray.until
        and end.member.name in names
        for end in evidence.on(e.ConversationEnded, stray.leg)
    )


def _by_id_alone(drafts: list[Draft], stray: Stray) -> None:
    """Third pass: an open visit of the same id; else a visit of its own, whose beginning nobody told of."""
    for fact in stray.facts:
        known = [draft for draft in _known_as(drafts, fact) if not draft.wait_ended or draft.inferred]
        draft = next((d for d in known if d.inferred and d.fits(stray.entered_at)), None)
        draft = draft or next((d for d in known if not d.inferred and d.entered_at <= fact.occurred_at), None)
        if draft is None:
            draft = Draft(
                queue=stray.queue, leg=stray.leg, legs=[stray.leg], entered_at=stray.entered_at, inferred=True
            )
            drafts.append(draft)
        draft.take(fact)


def _known_as(drafts: list[Draft], fact: WaitFact) -> list[Draft]:
    return [draft for draft in drafts if draft.queue == fact.queue and fact.leg in draft.legs]


def _latest_of(drafts: list[Draft], fact: WaitFact) -> Draft | None:
    """The visit that a fact without a wait is about: the last that its id had entered by then."""
    slack = REORDERING if fact.source is Source.AMI else ROUNDING
    known = [draft for draft in _known_as(drafts, fact) if draft.entered_at <= fact.occurred_at + slack]
    return max(known, key=lambda draft: (draft.entered_at <= fact.occurred_at, draft.entered_at), default=None)
