"""Which recorded files hold a visit: 0 to n, and one file may hold several.

A recording belongs to the leg it was begun on and goes on with it. Named while a visit lasts, on one of its legs, it
is the visit's; a visit that was answered while an older recording of its leg still ran is in that one.
"""

from datetime import datetime

from callcenter.domain.calls import events as e
from callcenter.domain.calls.drafts import Draft
from callcenter.domain.calls.evidence import ROUNDING, Evidence
from callcenter.domain.ids import LegId


def recordings_of(
    draft: Draft, agent_leg: LegId | None, until: datetime | None, answered: bool, evidence: Evidence
) -> tuple[str, ...]:
    """Paths as the PBX named them, in order of beginning; ``until`` None while the visit lasts."""
    legs = [*draft.legs, *([agent_leg] if agent_leg else [])]
    named = sorted(
        (name for leg in dict.fromkeys(legs) for name in evidence.on(e.RecordingNamed, leg)),
        key=lambda name: (name.occurred_at, name.path),
    )
    own = [
        n for n in named if draft.entered_at <= n.occurred_at and (until is None or n.occurred_at <= until + ROUNDING)
    ]
    if not own and answered:
        own = [n for n in named if n.occurred_at < draft.entered_at and not _stopped(n, draft.entered_at, evidence)]
    return tuple(dict.fromkeys(name.path for name in own))


def _stopped(name: e.RecordingNamed, by: datetime, evidence: Evidence) -> bool:
    stop = evidence.first_on(e.RecordingStopped, name.leg, name.occurred_at)
    return stop is not None and stop.occurred_at <= by
