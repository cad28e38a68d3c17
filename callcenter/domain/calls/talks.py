"""Conversations: which closing facts are whose, when the talk ended, who ended it.

Talk lasts from the connection until the first of the two legs leaves the bridge: the agent's, or the one that bears the
call's own id. A leg that a transfer swaps in does not carry the conversation on; a leg that Local optimization takes
out does not end it (`source_leg` goes on in its place); a leg that leaves and comes back to the same bridge was
consulting.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from callcenter.domain.calls import events as e
from callcenter.domain.calls.drafts import Draft, same_queue
from callcenter.domain.calls.evidence import REORDERING, ROUNDING, Evidence
from callcenter.domain.calls.outcomes import last_answer
from callcenter.domain.calls.visits import EndedBy, LooseEnd, LooseKind
from callcenter.domain.ids import LegId, MemberRef, Source

_ANOTHER = timedelta(seconds=10)
"""A conversation of the same leg this near is the same one, closed twice with other figures."""


@dataclass(frozen=True, slots=True)
class Talk:
    """What is known of a conversation. ``ended_at`` None: it lasts, or nobody knows (the caller of this decides)."""

    ended_at: datetime | None
    seconds: float | None
    stated_seconds: int | None
    hold_seconds: float
    ended_by: EndedBy | None
    transfer: e.ConversationEnd | None
    target: str | None


def settle_ends(drafts: list[Draft], evidence: Evidence) -> tuple[list[LooseEnd], list[e.ConversationEnded]]:
    """Give closing facts to conversations. Returns what ids alone left loose, and what closes nothing known.

    Who fits wins over who has the id: Asterisk can write the id of another open visit of the same agent.
    """
    strays, homeless = [], []
    for end in evidence.of(e.ConversationEnded):
        draft = _by_agent_leg(drafts, end) or _by_fit([d for d in drafts if end.leg in d.legs], end)
        if draft is None:
            strays.append(end)
        else:
            draft.ends.append(end)
    loose = [
        LooseEnd(kind=LooseKind.OPEN_TALK, queue=draft.queue, at=last_answer(draft).occurred_at, leg=draft.leg)
        for draft in drafts
        if draft.answers and not draft.ends
    ]
    for end in strays:
        connected_at = _connected_at(end)
        if connected_at is not None:
            loose.append(LooseEnd(kind=LooseKind.STRAY_TALK_END, queue=end.queue, at=connected_at, leg=end.leg))
        draft = _by_fit(drafts, end) or _by_id(drafts, end) or _unheard(drafts, end)
        if draft is None:
            homeless.append(end)
        else:
            draft.ends.append(end)
    return loose, homeless


def _by_agent_leg(drafts: Iterable[Draft], end: e.ConversationEnded) -> Draft | None:
    if end.agent_leg is None:
        return None
    return next((d for d in drafts if any(a.agent_leg == end.agent_leg for a in d.answers)), None)


def _by_fit(drafts: Iterable[Draft], end: e.ConversationEnded) -> Draft | None:
    """The conversation with the same queue, agent and wait that began when the stated talk says it did."""
    connected_at = _connected_at(end)
    if connected_at is None:
        return None
    known = list(drafts)
    fitting = [
        (end.leg not in draft.legs, abs(answer.occurred_at - connected_at), i)
        for i, draft in enumerate(known)
        for answer in draft.answers
        if same_queue(draft.queue, end.queue) and same_member(answer.member, end.member)
        if end.wait_seconds is None or abs(answer.wait_seconds - end.wait_seconds) <= 1
        if abs(answer.occurred_at - connected_at) <= ROUNDING
    ]
    return known[min(fitting)[2]] if fitting else None


def _by_id(drafts: Iterable[Draft], end: e.ConversationEnded) -> Draft | None:
    """An answered visit of this id that nothing has closed; or, if AMI says so, one whose answer was not heard."""
    known = [
        d for d in drafts if end.leg in d.legs and same_queue(d.queue, end.queue) and d.entered_at <= end.occurred_at
    ]
    open_talks = [d for d in known if d.answers and not d.ends and same_member(d.answers[-1].member, end.member)]
    if open_talks:
        return open_talks[-1]
    if end.source is not Source.AMI or end.wait_seconds is None or end.talk_seconds is None:
        return None
    spent = timedelta(seconds=end.talk_seconds + end.wait_seconds)
    entered_at = end.occurred_at.replace(microsecond=0) - spent
    return next((d for d in known if not d.answers and not d.exits and d.fits(entered_at, end.source)), None)


def _unheard(drafts: list[Draft], end: e.ConversationEnded) -> Draft | None:
    """A visit of which AMI told nothing but the end of its conversation: that states when it entered and was answered.

    A row of the log does not make one: the log tells everything, so a closing row by itself is forged or torn off.
    """
    connected_at = _connected_at(end)
    if end.source is not Source.AMI or end.leg is None or connected_at is None or end.wait_seconds is None:
        return None
    known = [d for d in drafts if end.leg in d.legs and same_queue(d.queue, end.queue)]
    if any(abs(a.occurred_at - connected_at) <= _ANOTHER for d in known for a in d.answers):
        return None
    entered_at = connected_at - timedelta(seconds=end.wait_seconds)
    draft = Draft(queue=end.queue, leg=end.leg, legs=[end.leg], entered_at=entered_at, inferred=True)
    drafts.append(draft)
    return draft


def same_member(one: MemberRef, other: MemberRef) -> bool:
    """Whether two sources can mean the same member: nothing that both know differs."""
    if one.name and other.name:
        return one.name == other.name
    if one.interface and other.interface:
        return one.interface == other.interface
    return True


def _connected_at(end: e.ConversationEnded) -> datetime | None:
    return None if end.talk_seconds is None else end.occurred_at - timedelta(seconds=end.talk_seconds)


def talk_of(draft: Draft, connected_at: datetime, evidence: Evidence) -> Talk:
    """The conversation of an answered visit, measured where AMI was heard, else as stated."""
    agent_leg = agent_leg_of(draft)
    caller_leg = draft.answers[-1].leg if draft.answers else draft.last_leg
    parties = _Parties(evidence, connected_at)
    agent, caller = parties.voices(agent_leg), parties.voices(caller_leg)
    measured = parties.first_to_leave((agent_leg, caller_leg))
    closing = _closing(draft)
    stated = closing.talk_seconds if closing else None
    if measured is not None and stated is not None and measured > connected_at + _stated_at_most(stated):
        # The queue notices the first leg that leaves: who left later is not the one, whose leaving was not heard.
        measured = None
    ended_at = measured
    if ended_at is None and closing is not None:
        ended_at = closing.occurred_at if stated is None else connected_at + timedelta(seconds=stated)
    seconds = stated if measured is None and stated is not None else _between(connected_at, ended_at)
    transfer, target = _transfer(draft, {*agent, *caller}, measured, evidence)
    return Talk(
        ended_at=ended_at,
        seconds=seconds,
        stated_seconds=stated,
        hold_seconds=_held(evidence, (*agent, *parties.devices(agent_leg)), connected_at, ended_at),
        ended_by=_ended_by(draft, agent, caller, transfer, ended_at, evidence),
        transfer=transfer,
        target=target,
    )


def _stated_at_most(stated_seconds: int) -> timedelta:
    return timedelta(seconds=stated_seconds) + ROUNDING


def agent_leg_of(draft: Draft) -> LegId | None:
    """The agent's leg of the conversation, by whichever source named it."""
    legs = [answer.agent_leg for answer in reversed(draft.answers)] + [end.agent_leg for end in draft.ends]
    return next((leg for leg in legs if leg), None)


def _between(connected_at: datetime, ended_at: datetime | None) -> float | None:
    return None if ended_at is None else max(0.0, (ended_at - connected_at).total_seconds())


def _closing(draft: Draft) -> e.ConversationEnded | None:
    """Of all closing facts the one that counts: a transfer wins over an end, the log over AMI."""
    return min(
        draft.ends,
        key=lambda end: (not end.end.is_transfer, end.source is not Source.QUEUE_LOG, end.occurred_at),
        default=None,
    )


class _Parties:
    """Who is in the conversation, and when the first of them leaves."""

    def __init__(self, evidence: Evidence, connected_at: datetime) -> None:
        self._evidence = evidence
        self._since = connected_at - REORDERING

    def first_to_leave(self, legs: Iterable[LegId | None]) -> datetime | None:
        left = [at for leg in legs if leg is not None and (at := self._leaves(leg)) is not None]
        return min(left, default=None)

    def voices(self, leg: LegId | None) -> tuple[LegId, ...]:
        """The legs that speak for a side, in turn: its own, and the one that goes on where that took itself out."""
        if leg is None:
            return ()
        optimized = self._optimized(leg)
        heir = optimized.source_leg if optimized else None
        return (leg, heir) if heir and heir != leg else (leg,)

    def devices(self, leg: LegId | None) -> tuple[LegId, ...]:
        """Who answered at the far half of a Local channel that stays; that may be a Local channel again."""
        return () if leg is None or self._optimized(leg) else tuple(self._devices(leg, {leg}))

    def _devices(self, leg: LegId, seen: set[LegId]) -> Iterator[LegId]:
        for far in (p.other_leg for p in self._evidence.on(e.LegsPaired, leg) if p.other_leg not in seen):
            bridges = self._bridges(far)
            for device in (rung.device_leg for rung in self._evidence.on(e.DeviceRung, far)):
                if device not in seen and bridges & self._bridges(device):
                    seen |= {far, device}
                    yield device
                    yield from self._devices(device, seen)

    def _bridges(self, leg: LegId) -> set[str]:
        return {joined.bridge for joined in self._evidence.on(e.LegJoinedBridge, leg)}

    def _leaves(self, leg: LegId) -> datetime | None:
        optimized = self._optimized(leg)
        if optimized is None:
            return self._leaves_bridge(leg, self._since)
        heir = optimized.source_leg
        if heir is None or heir == leg:
            return None
        shared = {j.bridge for j in self._evidence.on(e.LegJoinedBridge, leg) if j.occurred_at >= self._since}
        return self._leaves_bridge(heir, optimized.occurred_at, shared)

    def _optimized(self, leg: LegId) -> e.LegsOptimized | None:
        begun = (o for o in self._evidence.of(e.LegsOptimized) if leg in (o.leg, o.other_leg))
        return next((o for o in begun if o.occurred_at >= self._since), None)

    def _leaves_bridge(self, leg: LegId, since: datetime, bridges: Collection[str] = ()) -> datetime | None:
        """When a leg leaves for good; with ``bridges`` only one of these, which it has taken a place in."""
        ended = self._evidence.first_on(e.LegEnded, leg, since)
        left = next((leave for leave in self._for_good(leg, since) if not bridges or leave.bridge in bridges), None)
        times = [event.occurred_at for event in (left, ended) if event is not None]
        return min(times, default=None)

    def _for_good(self, leg: LegId, since: datetime) -> Iterator[e.LegLeftBridge]:
        joins = self._evidence.on(e.LegJoinedBridge, leg)
        for leave in self._evidence.on(e.LegLeftBridge, leg):
            if leave.occurred_at < since:
                continue
            came_back = any(j.bridge == leave.bridge and j.occurred_at > leave.occurred_at for j in joins)
            if not came_back:
                yield leave


def _held(evidence: Evidence, agent: Collection[LegId], start: datetime, end: datetime | None) -> float:
    """Seconds that the agent had the caller on hold within the talk; the two kinds of fact do not always pair."""
    if end is None:
        return 0.0
    total, since = 0.0, None
    turns = [turn for leg in agent for turn in (*evidence.on(e.LegHeld, leg), *evidence.on(e.LegResumed, leg))]
    for turn in sorted(turns, key=lambda turn: (turn.occurred_at, turn.event_id)):
        at = min(max(turn.occurred_at, start), end)
        if isinstance(turn, e.LegHeld):
            since = since or at
        elif since is not None:
            total += (at - since).total_seconds()
            since = None
    return total + ((end - since).total_seconds() if since is not None else 0.0)


def _transfer(
    draft: Draft, voices: Collection[LegId], measured: datetime | None, evidence: Evidence
) -> tuple[e.ConversationEnd | None, str | None]:
    """Whether and how the conversation ended in a transfer: as the queue says; else, if it said nothing, as the
    bridge says."""
    told = [end for end in draft.ends if end.end.is_transfer]
    if draft.ends and not told:
        return None, None
    made = _made_transfer(voices, measured, evidence)
    if told:
        exact = next((end for end in told if end.end is not e.ConversationEnd.TRANSFER), None)
        if exact is not None:
            return exact.end, exact.target
        return made if made is not None else (e.ConversationEnd.TRANSFER, None)
    return made if made is not None else (None, None)


def _made_transfer(
    voices: Collection[LegId], ended_at: datetime | None, evidence: Evidence
) -> tuple[e.ConversationEnd, str | None] | None:
    if ended_at is None:
        return None
    for blind in evidence.of(e.CallTransferredBlind):
        if blind.transferer_leg in voices and abs(blind.occurred_at - ended_at) <= ROUNDING:
            return e.ConversationEnd.BLIND_TRANSFER, blind.extension
    for attended in evidence.of(e.CallTransferredAttended):
        made = attended.transferer_leg in voices or attended.second_leg in voices
        if made and abs(attended.occurred_at - ended_at) <= ROUNDING:
            return e.ConversationEnd.ATTENDED_TRANSFER, attended.application or attended.destination
    return None


def _ended_by(
    draft: Draft,
    agent: Sequence[LegId],
    caller: Sequence[LegId],
    transfer: e.ConversationEnd | None,
    ended_at: datetime | None,
    evidence: Evidence,
) -> EndedBy | None:
    """The order of hang-up requests decides: of those to the leg that spoke last, since a leg that takes itself out is
    hung up too. Without AMI the log's word is all there is."""
    if ended_at is None:
        return None
    if transfer is not None:
        return EndedBy.TRANSFER
    requests = [
        (request.occurred_at, side)
        for legs, side in ((agent, EndedBy.AGENT), (caller, EndedBy.CALLER))
        for request in evidence.on(e.HangupRequested, legs[-1] if legs else None)
        if request.occurred_at <= ended_at + ROUNDING
    ]
    if requests:
        return min(requests)[1]
    if any(evidence.on(e.LegLeftBridge, leg) for leg in (*agent, *caller)):
        return EndedBy.UNKNOWN
    closing = _closing(draft)
    return EndedBy(closing.end.value) if closing else EndedBy.UNKNOWN
