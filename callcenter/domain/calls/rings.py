"""Ring attempts: how often whose phone rang for whom, and how that ended. A failed ring never ends a visit."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from callcenter.domain.calls import events as e
from callcenter.domain.calls.drafts import by_source, pair_sources, same_queue
from callcenter.domain.calls.evidence import REORDERING, ROUNDING, WHOLE_SECOND, Evidence
from callcenter.domain.calls.visits import QueueVisit, RingAttempt, RingResult
from callcenter.domain.event import Event
from callcenter.domain.ids import LegId, MemberRef, PbxId, QueueName, Source

RingEnd = e.RingNotAnswered | e.RingCanceled | e.AgentDumped

_RESULTS: dict[type[Event], RingResult] = {
    e.RingNotAnswered: RingResult.NOT_ANSWERED,
    e.RingCanceled: RingResult.CANCELED,
    e.AgentDumped: RingResult.DUMPED,
}

_ANSWERED_ELSEWHERE = 26
"""The hang-up cause of a phone that stopped ringing because another one answered."""


def ring_attempts(pbx: PbxId, call: LegId, evidence: Evidence, visits: Iterable[QueueVisit]) -> tuple[RingAttempt, ...]:
    """All ring attempts of a call, told twins once, in time order. ``at`` is the end, or the beginning where no end
    was told."""
    answered = {visit.agent_leg for visit in visits if visit.agent_leg}
    started = {ring.agent_leg: ring for ring in evidence.of(e.RingStarted) if ring.agent_leg}
    attempts = []
    names = _names(evidence)
    for kind, result in _RESULTS.items():
        for twins in _twins(evidence.of(kind), names):
            start = _take_start(started, twins, names)
            attempts.append(_ended(pbx, call, twins, result, start))
    attempts += [_not_told(pbx, call, ring, evidence, ring.agent_leg in answered) for ring in started.values()]
    return tuple(sorted(attempts, key=lambda ring: (ring.at, ring.leg, ring.member.agent, ring.agent_leg or "")))


def rings_of(visit: QueueVisit, rings: Iterable[RingAttempt]) -> tuple[RingAttempt, ...]:
    """Of the rings of a call those for one visit: a call may pass through several queues, or through one twice.

    A ring known from the log alone may seem to be up to a second earlier than it was.
    """
    return tuple(
        ring
        for ring in rings
        if ring.leg in visit.legs and same_queue(ring.queue, visit.queue)
        if visit.entered_at - WHOLE_SECOND < ring.at
        and (visit.left_at is None or ring.at <= visit.left_at + REORDERING)
    )


def _names(evidence: Evidence) -> dict[str, str]:
    """Interface → member name, where one fact told both: a log may name members by their interface alone."""
    told = [ring.member for ring in evidence.of(e.RingStarted)]
    told += [ring.member for ring in evidence.of(e.RingNotAnswered)]
    return {member.interface: member.name for member in told if member.interface and member.name}


def _twins(ends: Iterable[Event], names: Mapping[str, str]) -> Iterator[list[RingEnd]]:
    """The same ring end as told by one source or by two."""
    told: dict[tuple[LegId, QueueName, str], list[Event]] = defaultdict(list)
    for end in ends:
        if isinstance(end, RingEnd):
            told[end.leg, end.queue, names.get(end.member.agent, end.member.agent)].append(end)
    for events in told.values():
        for twins in pair_sources(*by_source(events)):
            yield [end for end in twins if isinstance(end, RingEnd)]


def _take_start(
    started: dict[LegId, e.RingStarted], twins: list[RingEnd], names: Mapping[str, str]
) -> e.RingStarted | None:
    """The beginning of a ring whose end was told: by the agent's leg; a row has none, so by caller, queue and
    member."""
    leg = _agent_leg(twins)
    if leg is not None:
        return started.pop(leg, None)
    end = twins[0]
    agent = names.get(end.member.agent, end.member.agent)
    begun = [
        ring
        for ring in started.values()
        if (ring.leg, ring.queue, ring.member.agent) == (end.leg, end.queue, agent)
        and ring.occurred_at <= end.occurred_at + ROUNDING
    ]
    latest = max(begun, key=lambda ring: ring.occurred_at, default=None)
    return started.pop(latest.agent_leg) if latest and latest.agent_leg else None


def _agent_leg(twins: list[RingEnd]) -> LegId | None:
    legs = (end.agent_leg for end in twins if not isinstance(end, e.RingCanceled))
    return next((leg for leg in legs if leg), None)


def _ended(
    pbx: PbxId, call: LegId, twins: list[RingEnd], result: RingResult, start: e.RingStarted | None
) -> RingAttempt:
    first = twins[0]
    member: MemberRef = first.member
    for other in (*twins[1:], start):
        member = member.known_with(other.member if other else None)
    stated = [end.ring_seconds for end in twins if not isinstance(end, e.AgentDumped) and end.ring_seconds is not None]
    measured = (first.occurred_at - start.occurred_at).total_seconds() if start else None
    return RingAttempt(
        pbx=pbx,
        call=call,
        leg=first.leg,
        queue=first.queue,
        member=member,
        agent_leg=_agent_leg(twins),
        at=first.occurred_at,
        result=result,
        ring_seconds=stated[0] if stated else measured,
        evidence=tuple(event.event_id for event in (*twins, start) if event),
    )


def _not_told(pbx: PbxId, call: LegId, ring: e.RingStarted, evidence: Evidence, answered: bool) -> RingAttempt:
    """A ring whose end nobody told of: answered, or stopped because another phone answered or the caller left."""
    ended = evidence.first_on(e.LegEnded, ring.agent_leg, ring.occurred_at)
    answers = [answer for answer in evidence.of(e.CallAnswered) if answer.agent_leg == ring.agent_leg]
    answer = min(answers, key=lambda answer: answer.source is not Source.AMI, default=None)
    if answered or answer is not None:
        result, end = RingResult.ANSWERED, answer
    elif ended is not None:
        result = RingResult.ELSEWHERE if ended.cause == _ANSWERED_ELSEWHERE else RingResult.CANCELED
        end = None
    else:
        result, end = RingResult.UNKNOWN, None
    last = end or ended
    return RingAttempt(
        pbx=pbx,
        call=call,
        leg=ring.leg,
        queue=ring.queue,
        member=ring.member,
        agent_leg=ring.agent_leg,
        at=last.occurred_at if last else ring.occurred_at,
        result=result,
        ring_seconds=(last.occurred_at - ring.occurred_at).total_seconds() if last else None,
        evidence=(ring.event_id,),
    )
