"""The quarter-hour rows of agents: talk, hold, after-call work, sign-ins and pauses, cut at the quarter's edges."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from callcenter.domain.calls.visits import QueueVisit
from callcenter.domain.ids import AgentId, PbxId
from callcenter.domain.periods import QUARTER, Period, quarter_of
from callcenter.domain.policies import AfterCallRule, SitePolicies
from callcenter.metrics.agents import agent_summary
from callcenter.metrics.marks import MarkKind, StaleMark
from callcenter.ports import IntervalLedger, IntervalWriting
from workers.growing import Counted, Growing
from workers.stale import Run, runs

ROWS_AT_ONCE = 50
"""Rows in one transaction: few, so that the recorder never waits long for its turn."""

REFRESH_SECONDS = 5.0
"""How far the PBX's time moves before the rows of open spells are computed again; at a standstill they always are."""


class HandleTime:
    """The agent rows of one PBX. Computing a row twice gives the same row."""

    def __init__(
        self, pbx: PbxId, ledger: IntervalLedger, policies: SitePolicies, *, refresh_seconds: float = REFRESH_SECONDS
    ) -> None:
        self.name = f"handle_time:{pbx}"
        self._pbx = pbx
        self._ledger = ledger
        self._policies = policies
        self._growing = Growing(timedelta(seconds=refresh_seconds))

    async def run_once(self) -> int:
        """Compute some stale rows, and mark those that grew once there are no others; returns how many of both."""
        counted: Counted | None = None
        grown: set[StaleMark] = set()
        async with self._ledger.intervals(self._pbx) as work:
            horizon = await work.horizon()
            taken = await work.take(MarkKind.AGENT, ROWS_AT_ONCE)
            for run in runs(taken):
                await self._compute(work, run, horizon)
            await work.settle(taken)
            if horizon is not None and len(taken.marks) < ROWS_AT_ONCE and self._growing.due(horizon):
                grown, counted = await self._growing.marks(work, horizon)
                await work.mark_stale(grown)
        if counted is not None:
            self._growing.note(counted)
        return len(taken.marks) + len(grown)

    async def _compute(self, work: IntervalWriting, run: Run, horizon: datetime | None) -> None:
        agent = AgentId(run.subject)
        visits = await work.visits_of_agent(agent, run.period)
        rings = await work.rings(MarkKind.AGENT, agent, run.period)
        spells = await work.spells(agent, run.period)
        for quarter in run.quarters:
            period = Period(quarter, quarter + QUARTER)
            await work.put_agent(agent, quarter, agent_summary(period, visits, rings, spells, self._policies, horizon))
        await work.mark_stale(self._claiming(visits, run.period))

    def _claiming(self, visits: Iterable[QueueVisit], period: Period) -> set[StaleMark]:
        """Queue rows of visits whose after-call work may lie in the period: what the agent does there decides it."""
        marks: set[StaleMark] = set()
        for visit in visits:
            policy = self._policies.of(visit.queue).after_call
            if policy.rule is AfterCallRule.NONE or visit.ended_at is None:
                continue
            if visit.ended_at < period.end and visit.ended_at + timedelta(seconds=policy.cap_seconds) > period.start:
                marks.add(StaleMark(MarkKind.QUEUE, visit.queue, quarter_of(visit.entered_at)))
        return marks
