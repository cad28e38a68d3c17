"""The rules of a site and of its queues: as a person writes them, and as the domain knows them."""

from dataclasses import replace
from datetime import date
from typing import Annotated

from pydantic import Field, field_validator, model_validator

from callcenter.domain.policies import (
    AfterCallRule,
    Boundary,
    QueuePolicy,
    ServiceLevelFormula,
)
from callcenter.metrics.presets import PRESETS
from callcenter.metrics.service_level import FORMULAS
from callcenter.settings.strict import ALSO_JSON, Strict


class ServiceLevelSettings(Strict):
    """Which share of calls counts as answered in time. Seconds are whole.

    A preset stands for all that a vendor's rule says; what is set beside it wins.
    """

    formula: ServiceLevelFormula = Field(ServiceLevelFormula.ANSWERED_OF_OFFERED, examples=["answered_of_offered"])
    preset: str | None = Field(None, description="a vendor's rule by name", examples=["cisco_negative"])
    threshold_seconds: int = Field(20, ge=0, le=86400, examples=[20])
    threshold_from_pbx: bool = Field(True, description="the queue's own servicelevel wins, where the PBX tells it")
    short_abandon_seconds: int = Field(5, ge=0, le=3600, examples=[5])
    boundary: Boundary = Field(
        Boundary.AT_MOST, description="whether exactly the threshold is in time", examples=["at_most"]
    )

    @field_validator("preset")
    @classmethod
    def _known(cls, name: str | None) -> str | None:
        if name is not None and name not in PRESETS:
            raise ValueError(f"is none of the presets: {', '.join(PRESETS)}")
        return name

    def over(self, below: QueuePolicy) -> QueuePolicy:
        """A rule with what is set here put in its place."""
        level, from_pbx = below.service_level, below.threshold_from_pbx
        if self.preset is not None:
            level, from_pbx = PRESETS[self.preset].over(level), not PRESETS[self.preset].fixed
        given = {name: getattr(self, name) for name in self.model_fields_set - {"preset", "threshold_from_pbx"}}
        if "formula" in given:
            given |= {"preset": None, "version": FORMULAS[self.formula].version}
        if "threshold_from_pbx" in self.model_fields_set:
            from_pbx = self.threshold_from_pbx
        return replace(below, service_level=replace(level, **given), threshold_from_pbx=from_pbx)


class AfterCallSettings(Strict):
    """How after-call work is known: `none`, `fixed` seconds after each call, or the pause with a certain reason."""

    rule: AfterCallRule = Field(AfterCallRule.NONE, examples=["pause_reason"])
    fixed_seconds: int = Field(0, ge=0, le=3600, examples=[15])
    pause_reasons: Annotated[tuple[str, ...], ALSO_JSON] = Field(("wrapup", "acw"), examples=[["wrapup", "acw"]])
    cap_seconds: int = Field(600, ge=0, le=3600, description="the most that one call can claim", examples=[600])

    def over(self, below: QueuePolicy) -> QueuePolicy:
        """A rule with what is set here put in its place."""
        given = {name: getattr(self, name) for name in self.model_fields_set}
        return replace(below, after_call=replace(below.after_call, **given))


class RuleSettings(Strict):
    """The rules that a table may set; what it leaves out is as it was below."""

    service_level: ServiceLevelSettings | None = None
    after_call: AfterCallSettings | None = None

    def over(self, below: QueuePolicy) -> QueuePolicy:
        """Rules with what is set here put in their place."""
        for own in (self.service_level, self.after_call):
            below = own.over(below) if own is not None else below
        return below


class DatedRules(RuleSettings):
    """What changes from the beginning of a day of the site on."""

    valid_from: date = Field(examples=["2026-12-01"])

    @model_validator(mode="after")
    def _changes(self) -> "DatedRules":
        if self.service_level is None and self.after_call is None:
            raise ValueError("changes nothing: service_level, after_call, or both are needed")
        return self


class QueueSettings(RuleSettings):
    """Rules of one queue, where they differ from the site's; those without a date hold from the beginning."""

    name: str | None = Field(
        None,
        min_length=1,
        max_length=200,
        description="what the site calls a queue that is a number to the PBX",
        examples=["Sales"],
    )
    rules: Annotated[tuple[DatedRules, ...], ALSO_JSON] = Field(
        (),
        description="what changes, and from which day on",
        examples=[[{"valid_from": "2026-12-01", "after_call": {"rule": "none"}}]],
    )

    @field_validator("rules")
    @classmethod
    def _in_order(cls, rules: tuple[DatedRules, ...]) -> tuple[DatedRules, ...]:
        return rising(rules)


def rising(rules: tuple[DatedRules, ...]) -> tuple[DatedRules, ...]:
    """Dated rules, if their dates rise. Raises ValueError."""
    days = [rule.valid_from for rule in rules]
    if days != sorted(set(days)):
        raise ValueError("the dates must rise from one to the next")
    return rules


def versions(site: RuleSettings, site_later: tuple[DatedRules, ...], own: QueueSettings) -> tuple[QueuePolicy, ...]:
    """All rules that a queue ever had, in order of time: the first from the beginning.

    What a queue sets for itself holds against the site, whichever is younger.
    """
    found = [_undated(_rules_on(None, site, site_later, own))]
    for day in sorted({rule.valid_from for rule in (*site_later, *own.rules)}):
        before, rules = found[-1], _rules_on(day, site, site_later, own)
        if rules != _undated(before):
            found.append(_dated(rules, day, before))
    return tuple(found)


def _rules_on(
    day: date | None, site: RuleSettings, site_later: tuple[DatedRules, ...], own: QueueSettings
) -> QueuePolicy:
    def begun(rules: tuple[DatedRules, ...]) -> list[DatedRules]:
        return [rule for rule in rules if day is not None and rule.valid_from <= day]

    policy = QueuePolicy()
    for layer in (site, *begun(site_later), own, *begun(own.rules)):
        policy = layer.over(policy)
    return policy


def _dated(rules: QueuePolicy, day: date, before: QueuePolicy) -> QueuePolicy:
    """Rules from a day on. One that goes on unchanged keeps the day on which it began."""
    known, level, after_call = _undated(before), rules.service_level, rules.after_call
    same_level = (level, rules.threshold_from_pbx) == (known.service_level, known.threshold_from_pbx)
    return replace(
        rules,
        valid_from=day,
        service_level=before.service_level if same_level else replace(level, valid_from=day),
        after_call=before.after_call if after_call == known.after_call else replace(after_call, valid_from=day),
    )


def _undated(rules: QueuePolicy) -> QueuePolicy:
    return replace(
        rules,
        valid_from=None,
        service_level=replace(rules.service_level, valid_from=None),
        after_call=replace(rules.after_call, valid_from=None),
    )
