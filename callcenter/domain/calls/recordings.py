"""Which recorded files hold a visit: 0 to n, and one file may hold several.

A recording belongs to the leg it was begun on and goes on with it. Named while a visit lasts, on one of its legs, it
is the visit's; a visit that was answered while older recordings of its legs still ran is in those.
"""

from datetime import datetime

from callcenter.domain.calls import events as e
from callcenter.domain.calls.drafts import Draft
from callcenter.domain.calls.evidence import ROUNDING, Evidence
from callcenter.domain.calls.outcomes import last_answer
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
        talking_at = last_answer(draft).occurred_at if draft.answers else draft.entered_at
        own = [n for n in named if n.occurred_at < draft.entered_at and not _over(n, talking_at, evidence)]
    return tuple(dict.fromkeys(name.path for name in own))


def _over(name: e.RecordingNamed, by: datetime, evidence: Evidence) -> bool:
    """Stopped, or its leg is gone: a leg that asked a queue and handed its place on is recorded no more."""
    ends = (evidence.first_on(kind, name.leg, name.occurred_at) for kind in (e.RecordingStopped, e.LegEnded))
    return any(end is not None and end.occurred_at <= by for end in ends)
