"""What an agent did in an interval: counts by the moment of the answer, times cut at the interval's edges.

So the times of an interval are those that were lived in it, and the pieces of every stretch add up to the whole,
however it is cut. What is still open lasts until the horizon: the PBX's time up to which its sources were read.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from callcenter.domain.agents.spells import AgentSpell, SpellKind
from callcenter.domain.calls.visits import QueueVisit, RingAttempt, RingResult
from callcenter.domain.periods import Period
from callcenter.domain.policies import SitePolicies
from callcenter.metrics.after_call import after_call_work
from callcenter.metrics.queues import known_talk
from callcenter.metrics.summaries import AgentSummary, Durations, ReasonSeconds
from callcenter.metrics.timeline import seconds, seconds_outside, within


@dataclass(frozen=True, slots=True)
class Conversation:
    """One answered visit as time of its agent: from the answer to the end, with as much talk as the visit tells.

    The stated talk is counted from the answer on and is complete at the end: whole seconds of queue_log may differ from
    the difference of the two instants by one, and the pieces must still add up to what was stated.
    """

    visit: QueueVisit
    start: datetime
    end: datetime
    talk_seconds: float

    def talk_until(self, at: datetime) -> float:
        """Seconds of talk before an instant."""
        if at <= self.start:
            return 0.0
        if at >= self.end:
            return self.talk_seconds
        return min(self.talk_seconds, (at - self.start).total_seconds())

    def talk_within(self, period: Period) -> float:
        """Seconds of talk in a period."""
        return self.talk_until(period.end) - self.talk_until(period.start)

    def hold_within(self, period: Period) -> float:
        """Seconds on hold in a period: spread evenly over the conversation, for when in it they were is not kept."""
        if not self.talk_seconds:
            return 0.0
        return self.visit.hold_seconds * self.talk_within(period) / self.talk_seconds


def agent_summary(
    period: Period,
    visits: Iterable[QueueVisit],
    rings: Iterable[RingAttempt],
    spells: Iterable[AgentSpell],
    policies: SitePolicies,
    horizon: datetime | None,
) -> AgentSummary:
    """One agent's summary of a period, from all that touches it.

    ``visits`` are the agent's answered ones that touch the period, those before it included whose after-call work may
    reach into it (and those between: the next conversation ends the work for the one before).
    """
    answered = [visit for visit in visits if visit.answered_at is not None]
    stretches, held = list(spells), [c for visit in answered if (c := _conversation(visit, horizon)) is not None]
    answered_within = [visit for visit in answered if visit.answered_at is not None and visit.answered_at in period]
    work = within(period, _after_call(answered, stretches, policies, horizon or period.start))
    signed_in = within(period, _lasting(stretches, SpellKind.SIGNED_IN, horizon))
    paused = within(period, _lasting(stretches, SpellKind.PAUSED, horizon))
    handling = [*within(period, [Period(conversation.start, conversation.end) for conversation in held]), *work]
    return AgentSummary(
        answered=len(answered_within),
        transferred=sum(visit.transferred for visit in answered_within),
        ring_no_answer=sum(ring.result is RingResult.NOT_ANSWERED and ring.at in period for ring in rings),
        talk=Durations.of(talk for visit in answered_within if (talk := known_talk(visit)) is not None),
        talk_seconds=sum((conversation.talk_within(period) for conversation in held), 0.0),
        hold_seconds=sum((conversation.hold_within(period) for conversation in held), 0.0),
        acw_seconds=seconds(work),
        signed_in_seconds=seconds(signed_in),
        paused_seconds=seconds(paused),
        occupied_seconds=seconds_outside(signed_in, []) - seconds_outside(signed_in, handling),
        idle_seconds=seconds_outside(signed_in, [*paused, *handling]),
        paused_by_reason=_by_reason(period, stretches, horizon),
    )


def _conversation(visit: QueueVisit, horizon: datetime | None) -> Conversation | None:
    """None where nobody knows how long it was."""
    start, talk = visit.answered_at, known_talk(visit)
    if start is None:
        return None
    if talk is not None:
        return Conversation(visit, start, max(start, visit.ended_at or start + timedelta(seconds=talk)), talk)
    if visit.talking and horizon is not None and horizon > start:
        return Conversation(visit, start, horizon, (horizon - start).total_seconds())
    return None


def _after_call(
    visits: Sequence[QueueVisit], spells: Sequence[AgentSpell], policies: SitePolicies, until: datetime
) -> list[Period]:
    return [
        stretch
        for visit in visits
        for stretch in after_call_work(
            visit, policies.of(visit.queue, visit.entered_at).after_call, visits, spells, until
        )
    ]


def _lasting(spells: Iterable[AgentSpell], kind: SpellKind, horizon: datetime | None) -> list[Period]:
    return [_period(spell, horizon) for spell in spells if spell.kind is kind]


def _period(spell: AgentSpell, horizon: datetime | None) -> Period:
    end = spell.ended_at or max(spell.started_at, horizon or spell.started_at)
    return Period(spell.started_at, end)


def _by_reason(period: Period, spells: Iterable[AgentSpell], horizon: datetime | None) -> ReasonSeconds:
    total = ReasonSeconds()
    for spell in spells:
        if spell.kind is SpellKind.PAUSED and (length := seconds(within(period, [_period(spell, horizon)]))):
            total += ReasonSeconds({spell.reason or "": length})
    return total
