"""The service level of one stretch of time by every vendor's rule, side by side, and the answer times behind it.

A vendor's rule takes the centre's own T and S where it leaves them open; days with different rules are each counted by
their own. So whoever comes from another system finds its number here, and sees why ours is another one.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from pydantic import ConfigDict, Field

from callcenter.api.figures import ServiceLevelShown, level_of, rules_of
from callcenter.api.models import Asked, Count, Id, Instant, Shown
from callcenter.api.ops import Op, Permission
from callcenter.api.periods import cut_period
from callcenter.api.site import Site
from callcenter.domain.ids import PbxId
from callcenter.domain.periods import QUARTER, Interval, Period, quarter_of
from callcenter.domain.policies import Boundary, ServiceLevelPolicy
from callcenter.metrics.bands import ANSWER_BANDS_SECONDS, banded
from callcenter.metrics.presets import PRESETS, Preset
from callcenter.metrics.ruled import RuledSummary, RulesInForce, ruled
from callcenter.ports import QueueRow


class ComparisonAsked(Asked):
    """Which calls to compare by. Without a period, those of the site's day, as today's figures have them."""

    pbx: Id | None = None
    queue: Id | None = Field(default=None, description="One queue; all of them if left out")
    since: Instant | None = Field(default=None, alias="from", description="Start; widened to a quarter hour")
    until: Instant | None = Field(default=None, alias="to", description="End, not included; widened to a quarter hour")
    threshold_seconds: int | None = Field(default=None, ge=0, le=86400, description="T in place of the rules' own")
    short_abandon_seconds: int | None = Field(default=None, ge=0, le=3600, description="S in place of the rules' own")

    def chosen(self, site: Site) -> Period:
        """The stretch in whole quarters. Raises BadRequest if it is empty or too long."""
        calendar, now = site.calendar, site.clock.now()
        since = self.since or calendar.day_start(self.until or now)
        # To the end of the day: a PBX's clock may be ahead of ours.
        until = self.until or calendar.next_day(calendar.day_start(max(now, since)))
        period = cut_period(since, until, Interval.DAY)
        start, end = quarter_of(period.start), quarter_of(period.end)
        return Period(start, end if end == period.end else end + QUARTER)


class PresetLevel(Shown):
    """What one vendor's rule makes of these calls. T and S are null where days or queues have different ones."""

    preset: str
    version: int
    vendor: str
    definition: str
    formula: str
    threshold_seconds: int | None
    short_abandon_seconds: int | None
    boundary: Boundary
    attribution: str = Field(description="In which interval the vendor counts; here it is always that of entry")
    source: str
    part: float
    whole: float
    ratio: float | None


class Band(Shown):
    """How many were answered after more than ``over_seconds`` and at most ``at_most_seconds``; null has no end."""

    over_seconds: int | None
    at_most_seconds: int | None
    answered: Count


class ServiceLevels(Shown):
    """One stretch of time by the rules in force, and by every vendor's."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True)

    since: datetime = Field(alias="from")
    until: datetime = Field(alias="to")
    timezone: str
    offered: Count
    answered: Count
    abandoned: Count
    flow_outs: Count
    refused: Count
    in_force: ServiceLevelShown
    presets: tuple[PresetLevel, ...]
    answer_times: tuple[Band, ...]


async def compare(site: Site, asked: ComparisonAsked) -> ServiceLevels:
    """The service level of some calls by all rules."""
    period = asked.chosen(site)
    pbx = PbxId(asked.pbx) if asked.pbx else None
    rows, settings = await asyncio.gather(site.archive.queue_rows(pbx, period), site.archive.queue_settings(pbx))
    wanted = [row for row in rows if asked.queue in (None, row.queue)]
    rules = rules_of(site.policies, settings)
    figures = await asyncio.to_thread(_added, wanted, rules, site, period.start)
    compared = _overruled(figures, asked)
    summary = figures.summary
    return ServiceLevels(
        since=period.start.astimezone(site.calendar.zone),
        until=period.end.astimezone(site.calendar.zone),
        timezone=site.calendar.name,
        offered=summary.offered,
        answered=summary.answered,
        abandoned=summary.abandoned,
        flow_outs=summary.flow_outs,
        refused=summary.refused,
        in_force=level_of(figures),
        presets=tuple(_by(preset, compared) for preset in PRESETS.values()),
        answer_times=tuple(
            Band(over_seconds=over, at_most_seconds=at_most, answered=count)
            for over, at_most, count in banded(summary.answered_waits, ANSWER_BANDS_SECONDS)
        ),
    )


def _added(rows: Iterable[QueueRow], rules: RulesInForce, site: Site, start: datetime) -> RuledSummary:
    told = (("", row.quarter, rules.of(row.pbx, row.queue, row.quarter), row.summary) for row in rows)
    sums = ruled(told, Interval.WHOLE, site.calendar, start)
    return next(iter(sums.values()), RuledSummary({}))


def _overruled(figures: RuledSummary, asked: ComparisonAsked) -> RuledSummary:
    """The same calls, with the T and S that were asked for in place of the rules' own."""

    def own(rule: ServiceLevelPolicy) -> ServiceLevelPolicy:
        t, s = asked.threshold_seconds, asked.short_abandon_seconds
        return replace(
            rule,
            threshold_seconds=rule.threshold_seconds if t is None else t,
            short_abandon_seconds=rule.short_abandon_seconds if s is None else s,
        )

    return sum((RuledSummary({own(rule): part}) for rule, part in figures.parts.items()), RuledSummary({}))


def _by(preset: Preset, figures: RuledSummary) -> PresetLevel:
    by_vendor = sum((RuledSummary({preset.over(rule): part}) for rule, part in figures.parts.items()), RuledSummary({}))
    thresholds = {rule.threshold_seconds for rule in by_vendor.parts}
    limits = {rule.short_abandon_seconds for rule in by_vendor.parts}
    level = by_vendor.level
    return PresetLevel(
        preset=preset.name,
        version=preset.version,
        vendor=preset.vendor,
        definition=preset.formula.value,
        formula=preset.text,
        threshold_seconds=thresholds.pop() if len(thresholds) == 1 else None,
        short_abandon_seconds=limits.pop() if len(limits) == 1 else None,
        boundary=preset.boundary,
        attribution=preset.attribution,
        source=preset.source,
        part=level.part,
        whole=level.whole,
        ratio=level.value,
    )


OPS: tuple[Op[Site], ...] = (
    Op(
        path="/api/v1/queues/service-levels",
        name="compareServiceLevels",
        summary="The same calls by every vendor's service level",
        tag="queues",
        permission=Permission.METRICS,
        query=ComparisonAsked,
        returns=ServiceLevels,
        run=compare,
        description="Each rule is named, with its formula, its T and S and its counts. Where a vendor leaves T or S to "
        "the centre, the rules in force of each queue and day give them, or the parameters of the request.",
    ),
)
