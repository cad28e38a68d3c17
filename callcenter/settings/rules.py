"""The rules of a site and of its queues: as a person writes them, and as the domain knows them."""

from typing import TypeVar

from pydantic import Field

from callcenter.domain.policies import (
    AfterCallPolicy,
    AfterCallRule,
    QueuePolicy,
    ServiceLevelFormula,
    ServiceLevelPolicy,
)
from callcenter.settings.strict import Strict

M = TypeVar("M", bound=Strict)


class ServiceLevelSettings(Strict):
    """Which share of calls counts as answered in time. Seconds are whole, and exactly the threshold is in time."""

    formula: ServiceLevelFormula = Field(ServiceLevelFormula.ANSWERED_OF_OFFERED, examples=["answered_of_offered"])
    threshold_seconds: int = Field(20, ge=0, le=86400, examples=[20])
    threshold_from_pbx: bool = Field(True, description="the queue's own servicelevel wins, where the PBX tells it")
    short_abandon_seconds: int = Field(5, ge=0, le=3600, examples=[5])

    def policy(self) -> ServiceLevelPolicy:
        return ServiceLevelPolicy(
            formula=self.formula,
            threshold_seconds=self.threshold_seconds,
            short_abandon_seconds=self.short_abandon_seconds,
        )


class AfterCallSettings(Strict):
    """How after-call work is known: `none`, `fixed` seconds after each call, or the pause with a certain reason."""

    rule: AfterCallRule = Field(AfterCallRule.NONE, examples=["pause_reason"])
    fixed_seconds: int = Field(0, ge=0, le=3600, examples=[15])
    pause_reasons: tuple[str, ...] = Field(("wrapup", "acw"), examples=[["wrapup", "acw"]])
    cap_seconds: int = Field(600, ge=0, le=3600, description="the most that one call can claim", examples=[600])

    def policy(self) -> AfterCallPolicy:
        return AfterCallPolicy(
            rule=self.rule,
            fixed_seconds=self.fixed_seconds,
            pause_reasons=self.pause_reasons,
            cap_seconds=self.cap_seconds,
        )


class QueueSettings(Strict):
    """Rules of one queue, where they differ from the site's; what is not set is as the site has it."""

    service_level: ServiceLevelSettings | None = None
    after_call: AfterCallSettings | None = None


def queue_policy(
    service_level: ServiceLevelSettings, after_call: AfterCallSettings, own: QueueSettings | None
) -> QueuePolicy:
    """The site's rules, but for what a queue sets for itself."""
    level = _overlaid(service_level, own.service_level if own else None)
    return QueuePolicy(
        service_level=level.policy(),
        threshold_from_pbx=level.threshold_from_pbx,
        after_call=_overlaid(after_call, own.after_call if own else None).policy(),
    )


def _overlaid(site: M, own: M | None) -> M:
    """The site's rule, but for what a queue sets for itself."""
    return site if own is None else site.model_copy(update={name: getattr(own, name) for name in own.model_fields_set})
