"""The rules of the site: how its time is cut, and by which rules each queue was counted, from which day on."""

from collections.abc import Iterable
from datetime import date

from pydantic import Field

from callcenter.api.models import Count, Nothing, Shown
from callcenter.api.ops import Op, Permission
from callcenter.api.site import Site
from callcenter.domain.calendar import Weekday
from callcenter.domain.policies import AfterCallPolicy, AfterCallRule, Boundary, QueuePolicy, ServiceLevelPolicy
from callcenter.metrics.presets import PRESETS
from callcenter.metrics.service_level import FORMULAS


class ServiceLevelRuleShown(Shown):
    """A rule for the service level. ``valid_from`` is the day of its last change; null from the beginning."""

    definition: str
    version: int
    formula: str
    preset: str | None
    threshold_seconds: Count
    threshold_from_pbx: bool = Field(description="Whether the PBX's own threshold for the queue wins")
    short_abandon_seconds: Count
    boundary: Boundary
    valid_from: date | None


class AfterCallRuleShown(Shown):
    """A rule for after-call work. ``valid_from`` is the day of its last change; null from the beginning."""

    rule: AfterCallRule
    version: int
    fixed_seconds: Count
    pause_reasons: tuple[str, ...]
    cap_seconds: Count
    valid_from: date | None


class RulesShown(Shown):
    """All rules of a queue from a day of the site on; null: from the beginning."""

    valid_from: date | None
    service_level: ServiceLevelRuleShown
    after_call: AfterCallRuleShown


class SiteRules(Shown):
    """The site's calendar and its rules, oldest first: those of queues with rules of their own, and of all others."""

    timezone: str
    day_starts_at_hour: Count
    week_starts_on: Weekday
    static_members_signed_in: bool
    default: tuple[RulesShown, ...]
    queues: dict[str, tuple[RulesShown, ...]]


async def list_rules(site: Site, asked: Nothing) -> SiteRules:
    """All rules, with the days from which they hold."""
    policies, calendar = site.policies, site.calendar
    return SiteRules(
        timezone=calendar.name,
        day_starts_at_hour=calendar.day_starts_at_hour,
        week_starts_on=calendar.week_starts_on,
        static_members_signed_in=policies.static_members_signed_in,
        default=_versions(policies.versions()),
        queues={queue: _versions(policies.versions(queue)) for queue in sorted(policies.queues)},
    )


def _versions(versions: Iterable[QueuePolicy]) -> tuple[RulesShown, ...]:
    return tuple(
        RulesShown(
            valid_from=rules.valid_from,
            service_level=_level(rules.service_level, from_pbx=rules.threshold_from_pbx),
            after_call=_after_call(rules.after_call),
        )
        for rules in versions
    )


def _level(rule: ServiceLevelPolicy, *, from_pbx: bool) -> ServiceLevelRuleShown:
    formula = FORMULAS[rule.formula].text if rule.preset is None else PRESETS[rule.preset].text
    return ServiceLevelRuleShown(
        definition=rule.formula.value,
        version=rule.version,
        formula=formula,
        preset=rule.preset,
        threshold_seconds=rule.threshold_seconds,
        threshold_from_pbx=from_pbx,
        short_abandon_seconds=rule.short_abandon_seconds,
        boundary=rule.boundary,
        valid_from=rule.valid_from,
    )


def _after_call(rule: AfterCallPolicy) -> AfterCallRuleShown:
    return AfterCallRuleShown(
        rule=rule.rule,
        version=rule.version,
        fixed_seconds=rule.fixed_seconds,
        pause_reasons=rule.pause_reasons,
        cap_seconds=rule.cap_seconds,
        valid_from=rule.valid_from,
    )


OPS: tuple[Op[Site], ...] = (
    Op(
        path="/api/v1/rules",
        name="listRules",
        summary="The rules that figures are counted by",
        tag="definitions",
        permission=Permission.METRICS,
        returns=SiteRules,
        run=list_rules,
        description="Each day is counted by its own rules. A change of a day in the past counts that day again.",
    ),
)
