"""Rules that a centre sets for itself. Each has a name and a version that stand beside every number made with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from callcenter.domain.calendar import Calendar


class ServiceLevelFormula(StrEnum):
    """Named service-level formulas; `metrics.service_level` defines them."""

    ASTERISK = "asterisk"
    ANSWERED_OF_OFFERED = "answered_of_offered"
    SHORT_ABANDONS_IGNORED = "short_abandons_ignored"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceLevelPolicy:
    """Which formula, with which threshold T and short-abandon limit S, both in whole seconds and inclusive (<=)."""

    formula: ServiceLevelFormula = ServiceLevelFormula.ANSWERED_OF_OFFERED
    version: int = 1
    threshold_seconds: int = 20
    short_abandon_seconds: int = 5


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


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuePolicy:
    """All rules of one queue. With ``threshold_from_pbx`` the PBX's own threshold for the queue wins over the
    policy's."""

    service_level: ServiceLevelPolicy = ServiceLevelPolicy()
    threshold_from_pbx: bool = True
    after_call: AfterCallPolicy = AfterCallPolicy()


@dataclass(frozen=True, slots=True, kw_only=True)
class SitePolicies:
    """All rules of a site: its calendar, the rules of queues, exceptions by name, and what counts as signed in."""

    calendar: Calendar = field(default_factory=Calendar)
    default: QueuePolicy = QueuePolicy()
    queues: Mapping[str, QueuePolicy] = field(default_factory=dict)
    static_members_signed_in: bool = False

    def of(self, queue: str) -> QueuePolicy:
        """The rules of a queue."""
        return self.queues.get(queue, self.default)
