"""Which facts about the end of a wait belong to which visit.

Ids alone do not tell: an id visits the same queue twice, a waiting visit changes its id, a row bears the id of another
visit. But nearly every fact states the wait, and so implies the entry. So: first by id *and* entry; then what is left
over
to visits that are still open, by entry and position; then by id alone; and what fits nowhere is a visit nobody saw
begin.
"""

from dataclasses import dataclass
from datetime import datetime

from callcenter.domain.calls import events as e
from callcenter.domain.calls.drafts import Draft, WaitFact, implied_entry, same_queue
from callcenter.domain.calls.evidence import LATENESS, REORDERING, ROUNDING, Evidence
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
    def source(self) -> Source:
        return self.facts[0].source

    @property
    def until(self) -> datetime:
        return max(fact.occurred_at for fact in self.facts)


def settle_waits(drafts: list[Draft], evidence: Evidence) -> list[LooseEnd]:
    """Give every fact about a wait to its visit, adding visits that nobody saw begin.

    Returns what ids alone left loose.
    """
    strays = _by_id(drafts, evidence)
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


def _by_id(drafts: list[Draft], evidence: Evidence) -> list[Stray]:
    """First pass: visits of the fact's own id. Returns the facts that none of those can have."""
    ends: list[WaitFact] = []
    for kind in (e.CallAnswered, e.CallExited, e.CallUnanswered):
        ends += evidence.of(kind)
    dated = [(fact, entry) for fact in ends if (entry := implied_entry(fact)) is not None]
    left = [(fact, entry) for fact, entry in dated if not _taken_by_entry(drafts, fact, entry)]
    for undated in (*(fact for fact in ends if implied_entry(fact) is None), *evidence.of(e.CallLeftQueue)):
        draft = _latest_of(drafts, undated)
        if draft is not None:
            draft.take(undated)
    left = [(fact, entry) for fact, entry in left if not _taken_late(drafts, fact, entry)]
    seen = [(fact, entry) for fact in evidence.of(e.CallSeenWaiting) if (entry := implied_entry(fact)) is not None]
    unplaced = [(fact, entry) for fact, entry in seen if not _taken_while_waiting(drafts, fact, entry)]
    strays: list[Stray] = []
    for fact, entry in (*left, *unplaced):
        _gather(strays, fact, entry)
    return strays


def _taken_by_entry(drafts: list[Draft], fact: WaitFact, entry: datetime) -> bool:
    """By the visit of this id that began when the fact implies."""
    fitting = [draft for draft in _known_as(drafts, fact) if draft.fits(entry, fact.source)]
    if fitting:
        min(fitting, key=lambda draft: (draft.apart(entry, fact.source), draft.entered_at)).take(fact)
    return bool(fitting)


def _taken_late(drafts: list[Draft], fact: WaitFact, entry: datetime) -> bool:
    """By the visit that has the fact's twin from the other source; else by one that is open: its time may be late."""
    known = [draft for draft in _known_as(drafts, fact) if draft.apart(entry, fact.source) <= LATENESS]
    draft = next((draft for draft in known if _has_twin(draft, fact)), None)
    draft = draft or next((draft for draft in known if not draft.wait_ended), None)
    if draft is not None:
        draft.take(fact)
    return draft is not None


def _has_twin(draft: Draft, fact: WaitFact) -> bool:
    if isinstance(fact, e.CallAnswered):
        return any(answer.agent_leg == fact.agent_leg for answer in draft.answers if answer.agent_leg)
    others = draft.exits if isinstance(fact, e.CallUnanswered) else draft.unanswered
    return any(other.wait_seconds == fact.wait_seconds for other in others if not isinstance(fact, e.CallLeftQueue))


def _taken_while_waiting(drafts: list[Draft], fact: e.CallSeenWaiting, entry: datetime) -> bool:
    """A sighting is of the visit that was waiting at that time, however late the snapshot was read."""
    if _taken_by_entry(drafts, fact, entry):
        return True
    for draft in _known_as(drafts, fact):
        left_at = min((end.occurred_at for end in draft.wait_ends()), default=None)
        if draft.entered_at <= fact.occurred_at and (left_at is None or fact.occurred_at <= left_at + LATENESS):
            draft.take(fact)
            return True
    return False


def _gather(strays: list[Stray], fact: WaitFact, entry: datetime) -> None:
    for stray in strays:
        same = stray.leg == fact.leg and same_queue(stray.queue, fact.queue)
        if same and abs(stray.entered_at - entry) <= ROUNDING:
            stray.facts.append(fact)
            return
    strays.append(Stray(fact.leg, fact.queue, entry, [fact]))


def _to_open_visits(drafts: list[Draft], strays: list[Stray], evidence: Evidence) -> list[Stray]:
    """Second pass: visits that are still open, best fit first. Returns the strays that found none."""
    pairs = [
        (_misfit(draft, stray, evidence), i, j)
        for i, stray in enumerate(strays)
        for j, draft in enumerate(drafts)
        if not draft.wait_ended and same_queue(draft.queue, stray.queue) and draft.fits(stray.entered_at, stray.source)
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
    return draft.apart(stray.entered_at, stray.source).total_seconds()


def _position_of(stray: Stray, evidence: Evidence) -> int | None:
    """The original position that a stray states itself, or that the end of its conversation states."""
    for fact in stray.facts:
        if isinstance(fact, e.CallExited | e.CallUnanswered) and fact.original_position is not None:
            return fact.original_position
    answers = [fact for fact in stray.facts if isinstance(fact, e.CallAnswered)]
    for end in evidence.on(e.ConversationEnded, stray.leg):
        here = end.position is not None and same_queue(end.queue, stray.queue)
        if here and any(_ends(end, answer) for answer in answers):
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
        draft = next((d for d in known if d.inferred and d.fits(stray.entered_at, stray.source)), None)
        draft = draft or next((d for d in known if not d.inferred and d.entered_at <= fact.occurred_at), None)
        if draft is None:
            draft = Draft(
                queue=stray.queue, leg=stray.leg, legs=[stray.leg], entered_at=stray.entered_at, inferred=True
            )
            drafts.append(draft)
        draft.take(fact)


def _known_as(drafts: list[Draft], fact: WaitFact) -> list[Draft]:
    return [draft for draft in drafts if fact.leg in draft.legs and same_queue(draft.queue, fact.queue)]


def _latest_of(drafts: list[Draft], fact: WaitFact) -> Draft | None:
    """The visit that a fact without a wait is about: the last that its id had entered by then."""
    slack = REORDERING if fact.source is Source.AMI else ROUNDING
    known = [draft for draft in _known_as(drafts, fact) if draft.entered_at <= fact.occurred_at + slack]
    return max(known, key=lambda draft: (draft.entered_at <= fact.occurred_at, draft.entered_at), default=None)
