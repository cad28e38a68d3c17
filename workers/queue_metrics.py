"""The quarter-hour rows of queues, computed from their visits whenever a mark says that they no longer hold."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta

from callcenter.domain.calls.visits import QueueVisit
from callcenter.domain.ids import AgentId, PbxId, QueueName
from callcenter.domain.periods import QUARTER, Period, quarter_of
from callcenter.domain.policies import AfterCallPolicy, AfterCallRule, SitePolicies
from callcenter.metrics.after_call import after_call_work
from callcenter.metrics.marks import MarkKind
from callcenter.metrics.queues import queue_summary
from callcenter.metrics.timeline import seconds
from callcenter.ports import IntervalLedger, IntervalWriting
from workers.stale import Run, runs

ROWS_AT_ONCE = 50
"""Rows in one transaction: few, so that the recorder never waits long for its turn."""


class QueueMetrics:
    """The queue rows of one PBX. Computing a row twice gives the same row."""

    def __init__(
        self, pbx: PbxId, ledger: IntervalLedger, policies: SitePolicies, *, rows_at_once: int = ROWS_AT_ONCE
    ) -> None:
        self.name = f"queue_metrics:{pbx}"
        self._pbx = pbx
        self._ledger = ledger
        self._policies = policies
        self._rows_at_once = rows_at_once

    async def run_once(self) -> int:
        """Compute some stale rows; returns how many."""
        async with self._ledger.intervals(self._pbx) as work:
            taken = await work.take(MarkKind.QUEUE, self._rows_at_once)
            for run in runs(taken):
                await self._compute(work, run)
            await work.settle(taken)
        return len(taken.marks)

    async def _compute(self, work: IntervalWriting, run: Run) -> None:
        queue = QueueName(run.subject)
        visits = await work.visits_entered(queue, run.period)
        rings = await work.rings(MarkKind.QUEUE, queue, run.period)
        refusals = await work.refusals(queue, run.period)
        after_call = await self._after_call(work, visits)
        for quarter in run.quarters:
            summary = queue_summary(
                [visit for visit in visits if quarter_of(visit.entered_at) == quarter],
                [ring for ring in rings if quarter_of(ring.at) == quarter],
                [refusal for refusal in refusals if quarter_of(refusal.at) == quarter],
                after_call,
            )
            await work.put_queue(queue, quarter, summary)

    async def _after_call(self, work: IntervalWriting, visits: Sequence[QueueVisit]) -> Mapping[str, float]:
        """Seconds of after-call work by visit_id. A pause that still lasts counts once it has ended."""
        by_agent: dict[AgentId, list[QueueVisit]] = defaultdict(list)
        for visit in visits:
            measured = self._rule(visit).rule is not AfterCallRule.NONE
            if measured and visit.member is not None and visit.ended_at is not None:
                by_agent[visit.member.agent].append(visit)
        found: dict[str, float] = {}
        for agent, ended in by_agent.items():
            found |= await self._after_call_of(work, agent, ended)
        return found

    async def _after_call_of(
        self, work: IntervalWriting, agent: AgentId, ended: Sequence[QueueVisit]
    ) -> Mapping[str, float]:
        ends = [visit.ended_at for visit in ended if visit.ended_at is not None]
        longest = max(self._rule(visit).cap_seconds for visit in ended)
        claims = Period(min(ends), max(ends) + timedelta(seconds=longest) + QUARTER)
        others = await work.visits_of_agent(agent, claims)
        spells = [spell for spell in await work.spells(agent, claims) if spell.ended_at is not None]
        return {
            visit.visit_id: seconds(after_call_work(visit, self._rule(visit), others, spells, claims.end))
            for visit in ended
        }

    def _rule(self, visit: QueueVisit) -> AfterCallPolicy:
        """A visit is worked on by the rule of the day on which it entered."""
        return self._policies.of(visit.queue, visit.entered_at).after_call
