"""Rules that a centre sets for itself. Each has a name and a version that stand beside every number made with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from hashlib import sha256

from callcenter.domain.calendar import Calendar


class ServiceLevelFormula(StrEnum):
    """Named service-level formulas; `metrics.service_level` defines them."""

    ASTERISK = "asterisk"
    ASTERISK_SL2 = "asterisk_sl2"
    ANSWERED_OF_OFFERED = "answered_of_offered"
    ABANDONS_IN_TIME_MET = "abandons_in_time_met"
    ABANDONS_IN_TIME_IGNORED = "abandons_in_time_ignored"
    REMOVED_IN_TIME = "removed_in_time"
    SHORT_ABANDONS_IGNORED = "short_abandons_ignored"
    GENESYS = "genesys"
    GENESYS_SHORT_ABANDONS_OUT = "genesys_short_abandons_out"
    GENESYS_ABANDONS_OUT = "genesys_abandons_out"
    GENESYS_FLOW_OUTS = "genesys_flow_outs"
    GENESYS_FLOW_OUTS_SHORT_ABANDONS_OUT = "genesys_flow_outs_short_abandons_out"
    GENESYS_FLOW_OUTS_ABANDONS_OUT = "genesys_flow_outs_abandons_out"
    ANSWERED_OF_CALLERS = "answered_of_callers"


class Boundary(StrEnum):
    """Whether a wait of exactly T seconds is within T."""

    AT_MOST = "at_most"
    BELOW = "below"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceLevelPolicy:
    """Which formula, with which threshold T and short-abandon limit S, both in whole seconds.

    ``boundary`` says whether exactly T is in time; exactly S is always short. ``preset`` names the vendor's rule that
    the values came from. ``version`` is that of the formula: it rises when the code counts differently.
    """

    formula: ServiceLevelFormula = ServiceLevelFormula.ANSWERED_OF_OFFERED
    version: int = 1
    threshold_seconds: int = 20
    short_abandon_seconds: int = 5
    boundary: Boundary = Boundary.AT_MOST
    preset: str | None = None
    valid_from: date | None = None

    @property
    def rule_id(self) -> str:
        """What tells this rule from every other one, by its content and the day on which it began."""
        told = (self.formula, self.version, self.threshold_seconds, self.short_abandon_seconds, self.boundary)
        return sha256(repr((*map(str, told), str(self.valid_from))).encode()).hexdigest()[:8]


class AfterCallRule(StrEnum):
    """How after-call work is known: not at all, a fixed time after each call, or the pause with a certain reason."""

    NONE = "none"
    FIXED = "fixed"
    PAUSE_REASON = "pause_reason"


@dataclass(frozen=True, slots=True, kw_only=True)
class AfterCallPolicy:
    """The rule for after-call work in a queue. ``cap_seconds`` bounds what one call can claim."""

    rule: AfterCallRule = AfterCallRule.NONE
    version: int = 1
    fixed_seconds: int = 0
    pause_reasons: tuple[str, ...] = ("wrapup", "acw")
    cap_seconds: int = 600
    valid_from: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuePolicy:
    """All rules of one queue from a day of the site on; without ``valid_from``, from the beginning.

    With ``threshold_from_pbx`` the PBX's own threshold for the queue wins over the policy's.
    """

    service_level: ServiceLevelPolicy = ServiceLevelPolicy()
    threshold_from_pbx: bool = True
    after_call: AfterCallPolicy = AfterCallPolicy()
    valid_from: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SitePolicies:
    """All rules of a site: its calendar, the rules of queues, exceptions by name, and what counts as signed in.

    ``names`` are what the site calls queues that are numbers to the PBX.

    ``default`` and ``queues`` hold from the beginning; ``default_later`` and ``later`` are what came in their place, in
    order of time. A queue that has an exception has its later rules of its own, too.
    """

    calendar: Calendar = field(default_factory=Calendar)
    default: QueuePolicy = QueuePolicy()
    queues: Mapping[str, QueuePolicy] = field(default_factory=dict)
    default_later: tuple[QueuePolicy, ...] = ()
    later: Mapping[str, tuple[QueuePolicy, ...]] = field(default_factory=dict)
    static_members_signed_in: bool = False
    names: Mapping[str, str] = field(default_factory=dict)

    def name_of(self, queue: str) -> str | None:
        """What the site calls a queue, if anything."""
        return self.names.get(queue)

    def of(self, queue: str, at: datetime) -> QueuePolicy:
        """The rules of a queue on the day that holds an instant."""
        later = self.later.get(queue, ()) if queue in self.queues else self.default_later
        if later:
            day = self.calendar.day_of(at)
            for rules in reversed(later):
                if rules.valid_from is not None and rules.valid_from <= day:
                    return rules
        return self.queues.get(queue, self.default)

    def versions(self, queue: str | None = None) -> tuple[QueuePolicy, ...]:
        """All rules that a queue ever had, the first from the beginning; of None, those of queues without exception."""
        if queue is None or queue not in self.queues:
            return self.default, *self.default_later
        return self.queues[queue], *self.later.get(queue, ())
