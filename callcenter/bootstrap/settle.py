"""Bring all that follows from the recorded events up to date, at once: for imports, replays and rebuilds."""

from collections.abc import Sequence

from callcenter.domain.ids import PbxId
from callcenter.ports import Ledger
from callcenter.settings import Settings
from workers.handle_time import HandleTime
from workers.qa_sampling import QaSampling
from workers.queue_metrics import QueueMetrics
from workers.recordings import Recordings
from workers.runner import Step

_ROWS_AT_ONCE = 1000
"""Interval rows in one transaction: many, since nobody else waits for a turn."""


def derived_steps(pbx: PbxId, ledger: Ledger, settings: Settings) -> Sequence[Step]:
    """Everything that is made of what the recorder stored."""
    policies = settings.policies()
    return [
        HandleTime(pbx, ledger, policies, rows_at_once=_ROWS_AT_ONCE),
        QueueMetrics(pbx, ledger, policies, rows_at_once=_ROWS_AT_ONCE),
        Recordings(pbx, ledger),
        QaSampling(
            pbx,
            ledger,
            zone=settings.zone,
            seed=settings.qa.seed,
            per_agent_and_day=settings.qa.visits_per_agent_and_day,
        ),
    ]


async def settle(pbx: PbxId, ledger: Ledger, settings: Settings) -> None:
    """Repeat every step until none has anything left to do. What one makes may be work for another."""
    steps = derived_steps(pbx, ledger, settings)
    while any([await _repeated(step) for step in steps]):
        pass


async def _repeated(step: Step) -> bool:
    """Run a step until it has nothing left to do; returns whether it had anything."""
    runs = 0
    while await step.run_once():
        runs += 1
    return runs > 0
