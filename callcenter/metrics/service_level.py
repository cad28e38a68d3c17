"""Service level: the same hour is 22 % or 67 %, depending on the formula. So each has a name, and none is ever unnamed.

Waits are whole seconds and thresholds are inclusive: a call answered after exactly T seconds is within T. All formulas
give a `Ratio`, so that hours add up to days. What is still waiting is offered, and counts against the level until it is
answered in time.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from callcenter.domain.policies import QueuePolicy, ServiceLevelFormula, ServiceLevelPolicy
from callcenter.metrics.summaries import QueueSummary, Ratio


def asterisk(summary: QueueSummary, policy: ServiceLevelPolicy) -> Ratio:
    """Answered within T, of those answered: what Asterisk calls ServicelevelPerf. Who gave up does not hurt.

    >>> from callcenter.metrics.summaries import Waits
    >>> hour = QueueSummary(offered=9, answered=3, answered_waits=Waits.of([5, 20, 30]))
    >>> asterisk(hour, ServiceLevelPolicy(threshold_seconds=20))
    Ratio(part=2, whole=3)
    """
    return Ratio(summary.answered_waits.within(policy.threshold_seconds), summary.answered)


def answered_of_offered(summary: QueueSummary, policy: ServiceLevelPolicy) -> Ratio:
    """Answered within T, of all who entered: whoever gave up, timed out or left otherwise hurts (Cisco: "negative").

    >>> from callcenter.metrics.summaries import Waits
    >>> hour = QueueSummary(offered=9, answered=3, answered_waits=Waits.of([5, 20, 30]))
    >>> answered_of_offered(hour, ServiceLevelPolicy(threshold_seconds=20))
    Ratio(part=2, whole=9)
    """
    return Ratio(summary.answered_waits.within(policy.threshold_seconds), summary.offered)


def short_abandons_ignored(summary: QueueSummary, policy: ServiceLevelPolicy) -> Ratio:
    """Answered within T, of all who entered but those who gave up within S (Talkdesk; Cisco "ignore" where S is T).

    >>> from callcenter.metrics.summaries import Waits
    >>> waits = {"answered_waits": Waits.of([5, 20, 30]), "abandoned_waits": Waits.of([2, 40])}
    >>> hour = QueueSummary(offered=9, answered=3, abandoned=2, **waits)
    >>> short_abandons_ignored(hour, ServiceLevelPolicy(threshold_seconds=20, short_abandon_seconds=5))
    Ratio(part=2, whole=8)
    """
    short = summary.abandoned_waits.within(policy.short_abandon_seconds)
    return Ratio(summary.answered_waits.within(policy.threshold_seconds), summary.offered - short)


FORMULAS: Mapping[ServiceLevelFormula, Callable[[QueueSummary, ServiceLevelPolicy], Ratio]] = {
    ServiceLevelFormula.ASTERISK: asterisk,
    ServiceLevelFormula.ANSWERED_OF_OFFERED: answered_of_offered,
    ServiceLevelFormula.SHORT_ABANDONS_IGNORED: short_abandons_ignored,
}


def service_level(summary: QueueSummary, policy: ServiceLevelPolicy) -> Ratio:
    """The service level by the formula that the policy names."""
    return FORMULAS[policy.formula](summary, policy)


def policy_in_force(policy: QueuePolicy, pbx_threshold_seconds: int | None) -> ServiceLevelPolicy:
    """A queue's rule with the threshold that counts: the PBX's own, if it has one and the policy leaves it to it."""
    if not policy.threshold_from_pbx or pbx_threshold_seconds is None:
        return policy.service_level
    return replace(policy.service_level, threshold_seconds=pbx_threshold_seconds)
