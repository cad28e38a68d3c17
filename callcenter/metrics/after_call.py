"""After-call work: what an agent does for a call once the caller is gone.

Asterisk does not measure it. A rule per queue says how it is known: not at all, a fixed time after each conversation,
or the pauses with certain reasons. What one call can claim begins with the end of its conversation and ends with the
agent's next one, at the latest after `cap_seconds`.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from callcenter.domain.agents.spells import AgentSpell, SpellKind
from callcenter.domain.calls.visits import QueueVisit
from callcenter.domain.periods import Period
from callcenter.domain.policies import AfterCallPolicy, AfterCallRule
from callcenter.metrics.timeline import within


def after_call_work(
    visit: QueueVisit,
    policy: AfterCallPolicy,
    others: Iterable[QueueVisit],
    spells: Iterable[AgentSpell],
    until: datetime,
) -> list[Period]:
    """The stretches of after-call work that belong to a visit, [] if its conversation has no known end.

    ``others`` are the same agent's conversations (the visit may be among them), ``spells`` the agent's spells. An open
    pause lasts ``until`` then.
    """
    claim = None if policy.rule is AfterCallRule.NONE else _claim(visit, policy, others)
    if claim is None:
        return []
    if policy.rule is AfterCallRule.FIXED:
        return within(claim, [Period(claim.start, claim.start + timedelta(seconds=policy.fixed_seconds))])
    return within(claim, _pauses(spells, policy, until))


def _claim(visit: QueueVisit, policy: AfterCallPolicy, others: Iterable[QueueVisit]) -> Period | None:
    if visit.ended_at is None or visit.answered_at is None:
        return None
    latest = visit.ended_at + timedelta(seconds=policy.cap_seconds)
    return Period(visit.ended_at, min([latest, *_later_starts(visit, visit.answered_at, others)]))


def _later_starts(visit: QueueVisit, answered_at: datetime, others: Iterable[QueueVisit]) -> Sequence[datetime]:
    own = visit.pbx, visit.visit_id
    return [
        other.answered_at
        for other in others
        if other.answered_at is not None
        and (other.pbx, other.visit_id) != own
        and (other.answered_at, other.visit_id) > (answered_at, visit.visit_id)
    ]


def _pauses(spells: Iterable[AgentSpell], policy: AfterCallPolicy, until: datetime) -> list[Period]:
    reasons = {reason.casefold() for reason in policy.pause_reasons}
    return [
        Period(spell.started_at, until if spell.ended_at is None else spell.ended_at)
        for spell in spells
        if spell.kind is SpellKind.PAUSED and (spell.reason or "").casefold() in reasons
    ]
