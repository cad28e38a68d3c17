"""Bring all that follows from the recorded events up to date, at once: for imports, replays and rebuilds."""

from callcenter.bootstrap.role import Role
from callcenter.domain.ids import PbxId
from callcenter.ports import Ledger
from callcenter.settings import Settings
from workers.corrections import Corrections
from workers.handle_time import ROWS_AT_ONCE, HandleTime
from workers.qa_sampling import QaSampling
from workers.queue_metrics import QueueMetrics
from workers.recordings import Recordings
from workers.recount import Recount
from workers.runner import Step

DERIVED = (Role.METRICS, Role.RECORDINGS, Role.QUALITY)
"""The roles that make something of what the recorder stored."""

_ROWS_AT_ONCE = 1000
"""Interval rows in one transaction where nobody else waits for a turn."""


def derived_steps(
    role: Role, pbx: PbxId, ledger: Ledger, settings: Settings, *, rows_at_once: int = ROWS_AT_ONCE
) -> list[Step]:
    """The steps of one of the derived roles; none for any other role."""
    policies = settings.policies()
    match role:
        case Role.METRICS:
            return [
                Recount(pbx, ledger, policies),
                Corrections(pbx, ledger, static_members_signed_in=policies.static_members_signed_in),
                HandleTime(pbx, ledger, policies, rows_at_once=rows_at_once),
                QueueMetrics(pbx, ledger, policies, rows_at_once=rows_at_once),
            ]
        case Role.RECORDINGS:
            return [Recordings(pbx, ledger)]
        case Role.QUALITY:
            drawn = settings.qa.visits_per_agent_and_day
            return [QaSampling(pbx, ledger, calendar=policies.calendar, seed=settings.qa.seed, per_agent_and_day=drawn)]
        case _:
            return []


async def settle(pbx: PbxId, ledger: Ledger, settings: Settings) -> None:
    """Repeat every step until none has anything left to do. What one makes may be work for another."""
    steps = [
        step for role in DERIVED for step in derived_steps(role, pbx, ledger, settings, rows_at_once=_ROWS_AT_ONCE)
    ]
    while any([await _repeated(step) for step in steps]):
        pass


async def _repeated(step: Step) -> bool:
    """Run a step until it has nothing left to do; returns whether it had anything."""
    runs = 0
    while await step.run_once():
        runs += 1
    return runs > 0
