"""By which rules stored rows were counted, and which of them another set of rules touches.

Most rules are applied when figures are shown, and change nothing that is stored. After-call work is counted into the
rows of queues and agents: whoever changes its rule, for the future or for the past, must have the rows of those days
counted again, and no others.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import pairwise

from callcenter.domain.ids import QueueName
from callcenter.domain.periods import Period
from callcenter.domain.policies import AfterCallPolicy, AfterCallRule, SitePolicies

WAY_OF_COUNTING = 2
"""Raised when a stored summary counts something new, or otherwise: then all rows are counted again."""

_FIRST = datetime(1970, 1, 1, tzinfo=UTC)
_LAST = datetime(2200, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class AfterCallVersion:
    """A rule for after-call work, and from which instant on it holds for visits that enter."""

    since: datetime
    rule: AfterCallPolicy


Versions = tuple[AfterCallVersion, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedBy:
    """All that stored rows depend on besides the facts: the rules of queues by name, and of all others."""

    way: int = WAY_OF_COUNTING
    default: Versions
    queues: dict[str, Versions] = field(default_factory=dict)

    def of(self, queue: str) -> Versions:
        """The rules of a queue, the first from the beginning."""
        return self.queues.get(queue, self.default)


def counted_by(policies: SitePolicies) -> CountedBy:
    """What rows are counted by under a site's rules."""
    return CountedBy(
        default=_versions(policies, None), queues={queue: _versions(policies, queue) for queue in policies.queues}
    )


def touched(before: CountedBy, after: CountedBy, queue: QueueName) -> Iterator[Period]:
    """The stretches of entry in which a queue's visits are counted otherwise than before."""
    old, new = before.of(queue), after.of(queue)
    edges = sorted({version.since for version in (*old, *new)} | {_LAST})
    for start, end in pairwise(edges):
        if _rule_at(old, start) != _rule_at(new, start):
            yield Period(start, end)


def _versions(policies: SitePolicies, queue: str | None) -> Versions:
    found: list[AfterCallVersion] = []
    for rules in policies.versions(queue):
        day, rule = rules.valid_from, _what_counts(rules.after_call)
        since = _FIRST if day is None else policies.calendar.start_of(day).astimezone(UTC)
        if not found or found[-1].rule != rule:
            found.append(AfterCallVersion(since, rule))
    return tuple(found)


def _what_counts(policy: AfterCallPolicy) -> AfterCallPolicy:
    """A rule without what does not change any number."""
    match policy.rule:
        case AfterCallRule.NONE:
            return AfterCallPolicy(version=policy.version)
        case AfterCallRule.FIXED:
            return replace(policy, pause_reasons=(), valid_from=None)
    reasons = tuple(sorted({reason.casefold() for reason in policy.pause_reasons}))
    return replace(policy, fixed_seconds=0, pause_reasons=reasons, valid_from=None)


def _rule_at(versions: Versions, at: datetime) -> AfterCallPolicy:
    return [version.rule for version in versions if version.since <= at][-1]
