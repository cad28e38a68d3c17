"""A call is the set of its events; this turns the set into visits.

`fold_call` is total (no input raises), deterministic, and indifferent to the order and repetition of its input. Two
calls folded together give what they give apart, unless loose ends of the one fit the other: then one visit had two ids.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime

from callcenter.domain.calls import events as e
from callcenter.domain.calls.disagreements import disagreements
from callcenter.domain.calls.drafts import Draft
from callcenter.domain.calls.entries import entered, follow_transfers
from callcenter.domain.calls.evidence import Evidence
from callcenter.domain.calls.expectations import unexpected
from callcenter.domain.calls.outcomes import CUT, NOT_HEARD, WaitEnd, end_of_wait, last_answer
from callcenter.domain.calls.recordings import recordings_of
from callcenter.domain.calls.refusals import refusals, unplaced
from callcenter.domain.calls.rings import ring_attempts
from callcenter.domain.calls.surroundings import NOWHERE, Surroundings
from callcenter.domain.calls.talks import Talk, agent_leg_of, settle_ends, talk_of
from callcenter.domain.calls.visits import Anomaly, Disagreement, FoldedCall, Outcome, QueueVisit
from callcenter.domain.calls.waits import settle_waits
from callcenter.domain.event import Event
from callcenter.domain.ids import CallerRef, LegId, MemberRef, PbxId, QueueName


def fold_call(pbx: PbxId, call: LegId, events: Iterable[Event], surroundings: Surroundings = NOWHERE) -> FoldedCall:
    """All that follows from the events of one call.

    ``call`` is the name under which the result is kept; ``surroundings`` tell what became of what nobody heard end.
    """
    evidence = Evidence(events)
    drafts = entered(evidence)
    follow_transfers(drafts, evidence)
    loose_waits = settle_waits(drafts, evidence)
    loose_talks, homeless = settle_ends(drafts, evidence)
    visits: list[QueueVisit] = []
    differing: list[Disagreement] = []
    ordinals: Counter[tuple[LegId, QueueName]] = Counter()
    for draft in sorted(drafts, key=lambda draft: (draft.entered_at, draft.leg, draft.queue)):
        ordinals[draft.leg, draft.queue] += 1
        visit = _visit(pbx, call, draft, ordinals[draft.leg, draft.queue], evidence, surroundings)
        visits.append(visit)
        differing += disagreements(visit, draft, _by_ami_alone(draft, evidence))
    anomalies = [anomaly for draft in drafts for anomaly in unexpected(draft)]
    anomalies += [_closing_without_visit(end) for end in homeless]
    anomalies += unplaced(evidence)
    return FoldedCall(
        visits=tuple(visits),
        rings=ring_attempts(pbx, call, evidence, visits),
        refusals=refusals(pbx, call, evidence, drafts),
        loose_ends=tuple(sorted((*loose_waits, *loose_talks), key=lambda end: (end.at, end.kind, end.leg or ""))),
        anomalies=tuple(sorted(anomalies, key=lambda anomaly: (anomaly.at, anomaly.kind, anomaly.event_id))),
        disagreements=tuple(differing),
    )


def _visit(
    pbx: PbxId, call: LegId, draft: Draft, ordinal: int, evidence: Evidence, surroundings: Surroundings
) -> QueueVisit:
    end = end_of_wait(draft, evidence, surroundings)
    visit = QueueVisit(
        pbx=pbx,
        call=call,
        leg=draft.leg,
        queue=draft.queue,
        ordinal=ordinal,
        legs=tuple(draft.legs),
        caller=_caller(draft),
        entered_at=draft.entered_at,
        position=draft.position,
        outcome=end.outcome,
        reason=end.reason,
        exit_key=end.key,
        wait_seconds=end.wait_seconds,
        left_at=end.left_at,
        recordings=recordings_of(draft, None, end.left_at, False, evidence),
        sources=tuple(sorted({fact.source for fact in draft.facts()})),
        evidence=tuple(dict.fromkeys(fact.event_id for fact in draft.facts())),
    )
    if end.outcome is Outcome.ANSWERED and end.left_at is not None:
        visit = _with_talk(visit, draft, end.left_at, evidence, surroundings)
    return visit


def _with_talk(
    visit: QueueVisit, draft: Draft, connected_at: datetime, evidence: Evidence, surroundings: Surroundings
) -> QueueVisit:
    talk = talk_of(draft, connected_at, evidence)
    agent_leg = agent_leg_of(draft)
    return replace(
        visit,
        member=_member(draft),
        agent_leg=agent_leg,
        ring_seconds=last_answer(draft).ring_seconds if draft.answers else None,
        ended_at=talk.ended_at,
        talk_seconds=talk.seconds,
        stated_talk_seconds=talk.stated_seconds,
        hold_seconds=talk.hold_seconds,
        ended_by=talk.ended_by,
        transfer=talk.transfer,
        transfer_target=talk.target,
        reason=_end_unknown([*draft.legs, *([agent_leg] if agent_leg else [])], talk, connected_at, surroundings),
        recordings=recordings_of(draft, agent_leg, talk.ended_at, True, evidence),
    )


def _end_unknown(legs: Collection[LegId], talk: Talk, connected_at: datetime, surroundings: Surroundings) -> str | None:
    """Why nobody knows when an answered visit ended, if it is not going on."""
    if talk.ended_at is not None:
        return None
    if surroundings.restarted_after(connected_at):
        return CUT
    return NOT_HEARD if surroundings.are_gone(legs, connected_at) else None


def _caller(draft: Draft) -> CallerRef | None:
    told = [offer.caller for offer in draft.offers] + [seen.caller for seen in draft.seen]
    return next((caller for caller in told if caller is not None), None)


def _member(draft: Draft) -> MemberRef | None:
    members = [answer.member for answer in reversed(draft.answers)] + [end.member for end in draft.ends]
    if not members:
        return None
    member = members[0]
    for other in members[1:]:
        member = member.known_with(other)
    return member


def _by_ami_alone(draft: Draft, evidence: Evidence) -> Outcome | None:
    """What AMI alone makes of an unanswered visit; None if it heard nothing of its end, or cannot tell."""
    if not draft.exits or draft.answers or not (draft.unanswered or draft.lefts):
        return None
    end: WaitEnd = end_of_wait(replace(draft, exits=[]), evidence, NOWHERE)
    return None if end.outcome is Outcome.UNKNOWN else end.outcome


def _closing_without_visit(end: e.ConversationEnded) -> Anomaly:
    return Anomaly(
        kind="closing_without_visit", at=end.occurred_at, leg=end.leg, queue=end.queue, event_id=end.event_id
    )
