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


def derived_steps(pbx: PbxId, ledger: Ledger, settings: Settings) -> Sequence[Step]:
    """Everything that is made of what the recorder stored."""
    policies = settings.policies()
    return [
        HandleTime(pbx, ledger, policies),
        QueueMetrics(pbx, ledger, policies),
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
    """Repeat every step until none has anything left to do."""
    steps = derived_steps(pbx, ledger, settings)
    while sum([await step.run_once() for step in steps]):
        pass
