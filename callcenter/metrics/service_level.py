"""Service level: the same hour is 22 % or 67 %, depending on the formula. So each has a name, and none is ever unnamed.

A formula is which visits are met, of which visits, less which: named sets, so that the table below is all there is to
read. Waits are whole seconds, and a call answered after exactly T seconds is within T unless the rule says "below". All
formulas give a `Ratio`, so that hours add up to days. What is still waiting is offered, and counts against the level
until it is answered in time.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from callcenter.domain.policies import Boundary, QueuePolicy, ServiceLevelPolicy
from callcenter.domain.policies import ServiceLevelFormula as Name
from callcenter.metrics.summaries import QueueSummary, Ratio, Waits


class Visits(StrEnum):
    """The sets of visits (and callers) that formulas are made of, in the words in which a formula is written."""

    OFFERED = "offered"
    REFUSED = "refused"
    ANSWERED = "answered"
    ANSWERED_IN_TIME = "answered within T"
    ABANDONED = "abandoned"
    ABANDONED_IN_TIME = "abandoned within T"
    SHORT_ABANDONS = "abandoned within S"
    FLOW_OUTS = "timed out + left by key + left empty queue + withdrawn"


def _in_time(waits: Waits, rule: ServiceLevelPolicy) -> int:
    inclusive = rule.boundary is Boundary.AT_MOST
    return waits.within(rule.threshold_seconds) if inclusive else waits.below(rule.threshold_seconds)


_COUNTS: Mapping[Visits, Callable[[QueueSummary, ServiceLevelPolicy], int]] = {
    Visits.OFFERED: lambda summary, _: summary.offered,
    Visits.REFUSED: lambda summary, _: summary.refused,
    Visits.ANSWERED: lambda summary, _: summary.answered,
    Visits.ANSWERED_IN_TIME: lambda summary, rule: _in_time(summary.answered_waits, rule),
    Visits.ABANDONED: lambda summary, _: summary.abandoned,
    Visits.ABANDONED_IN_TIME: lambda summary, rule: _in_time(summary.abandoned_waits, rule),
    Visits.SHORT_ABANDONS: lambda summary, rule: summary.abandoned_waits.within(rule.short_abandon_seconds),
    Visits.FLOW_OUTS: lambda summary, _: summary.flow_outs,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Formula:
    """(all of ``met``) / (all of ``of`` − all of ``less``). A changed one raises its ``version``."""

    title: str
    met: tuple[Visits, ...] = (Visits.ANSWERED_IN_TIME,)
    of: tuple[Visits, ...]
    less: tuple[Visits, ...] = ()
    undefined_when: str = "nobody entered"
    source: str
    version: int = 1

    def ratio(self, summary: QueueSummary, rule: ServiceLevelPolicy) -> Ratio:
        """The counts, by a rule's T, S and boundary."""
        met, of, less = (
            sum(_COUNTS[visits](summary, rule) for visits in sets) for sets in (self.met, self.of, self.less)
        )
        return Ratio(met, of - less)

    @property
    def text(self) -> str:
        """The formula as people write it.

        >>> FORMULAS[Name.ABANDONS_IN_TIME_IGNORED].text
        'answered within T / (offered − abandoned within T)'
        """
        return f"{_sum(self.met)} / {_sum(self.of, self.less)}"


def _sum(added: tuple[Visits, ...], taken: tuple[Visits, ...] = ()) -> str:
    text = " − ".join([" + ".join(added), *taken])
    return f"({text})" if len(added) + len(taken) > 1 else text


def _genesys(title: str, *, abandons: bool = True, short: bool = True, flow_outs: bool = False) -> Formula:
    """Answered in time, of answered and what three switches of a Genesys administrator count besides."""
    of = [Visits.ANSWERED]
    of += [Visits.ABANDONED] if abandons else []
    of += [Visits.FLOW_OUTS] if flow_outs else []
    return Formula(
        title=f"Service level (Genesys{title})",
        of=tuple(of),
        less=() if short else (Visits.SHORT_ABANDONS,),
        undefined_when="nobody was counted",
        source="Genesys Cloud, configure the service level calculation (applied retroactively there)",
    )


FORMULAS: Mapping[Name, Formula] = {
    Name.ASTERISK: Formula(
        title="Service level (Asterisk)",
        of=(Visits.ANSWERED,),
        undefined_when="nobody was answered",
        source="Asterisk ServicelevelPerf; Wazo qos; VICIdial TMR; Cisco UCCX 'Only Handled'",
    ),
    Name.ASTERISK_SL2: Formula(
        title="Service level (Asterisk, second)",
        met=(Visits.ANSWERED_IN_TIME, Visits.ABANDONED_IN_TIME),
        of=(Visits.ANSWERED, Visits.ABANDONED),
        undefined_when="nobody was answered or gave up",
        source="Asterisk ServicelevelPerf2",
    ),
    Name.ANSWERED_OF_OFFERED: Formula(
        title="Service level (of offered)",
        of=(Visits.OFFERED,),
        source="Cisco 'Negative'; Genesys with flow-outs; QueueMetrics inclusive SLA",
    ),
    Name.ABANDONS_IN_TIME_MET: Formula(
        title="Service level (abandoned in time is met)",
        met=(Visits.ANSWERED_IN_TIME, Visits.ABANDONED_IN_TIME),
        of=(Visits.OFFERED,),
        source="Cisco 'Positive'",
    ),
    Name.ABANDONS_IN_TIME_IGNORED: Formula(
        title="Service level (abandoned in time is ignored)",
        of=(Visits.OFFERED,),
        less=(Visits.ABANDONED_IN_TIME,),
        undefined_when="nobody entered, who gave up in time aside",
        source="Cisco 'Ignore'",
    ),
    # Amazon counts callbacks that are asked for in time as met, too; Asterisk's queues know none.
    Name.REMOVED_IN_TIME: Formula(
        title="Service level (removed from the queue in time)",
        met=(Visits.ANSWERED_IN_TIME, Visits.ABANDONED_IN_TIME),
        of=(Visits.OFFERED,),
        source="Amazon Connect 'Service level X'",
    ),
    Name.SHORT_ABANDONS_IGNORED: Formula(
        title="Service level (short abandons ignored)",
        of=(Visits.OFFERED,),
        less=(Visits.SHORT_ABANDONS,),
        undefined_when="nobody entered, short abandons aside",
        source="Talkdesk; CxEngage 'ignore abandons'; Cisco 'Ignore' where S = T",
    ),
    Name.GENESYS: _genesys(""),
    Name.GENESYS_SHORT_ABANDONS_OUT: _genesys(", short abandons out", short=False),
    Name.GENESYS_ABANDONS_OUT: _genesys(", abandons out", abandons=False),
    Name.GENESYS_FLOW_OUTS: _genesys(", flow-outs in", flow_outs=True),
    Name.GENESYS_FLOW_OUTS_SHORT_ABANDONS_OUT: _genesys(
        ", flow-outs in, short abandons out", short=False, flow_outs=True
    ),
    Name.GENESYS_FLOW_OUTS_ABANDONS_OUT: _genesys(", flow-outs in, abandons out", abandons=False, flow_outs=True),
    Name.ANSWERED_OF_CALLERS: Formula(
        title="Service level (of all callers)",
        of=(Visits.OFFERED, Visits.REFUSED),
        undefined_when="nobody called",
        source="NethVoice performance_good",
    ),
}


def service_level(summary: QueueSummary, rule: ServiceLevelPolicy) -> Ratio:
    """The service level by the formula that the rule names.

    >>> hour = QueueSummary(offered=9, answered=3, answered_waits=Waits.of([5, 20, 30]))
    >>> service_level(hour, ServiceLevelPolicy(threshold_seconds=20))
    Ratio(part=2, whole=9)
    >>> service_level(hour, ServiceLevelPolicy(threshold_seconds=20, boundary=Boundary.BELOW))
    Ratio(part=1, whole=9)
    """
    return FORMULAS[rule.formula].ratio(summary, rule)


def policy_in_force(policy: QueuePolicy, pbx_threshold_seconds: int | None) -> ServiceLevelPolicy:
    """A queue's rule with the threshold that counts: the PBX's own, if it has one and the policy leaves it to it."""
    if not policy.threshold_from_pbx or pbx_threshold_seconds is None:
        return policy.service_level
    return replace(policy.service_level, threshold_seconds=pbx_threshold_seconds)
