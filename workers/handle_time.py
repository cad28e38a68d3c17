"""The quarter-hour rows of agents: talk, hold, after-call work, sign-ins and pauses, cut at the quarter's edges."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from callcenter.domain.calls.visits import QueueVisit
from callcenter.domain.ids import AgentId, PbxId
from callcenter.domain.periods import QUARTER, Period, quarter_of, quarters_of
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
        self,
        pbx: PbxId,
        ledger: IntervalLedger,
        policies: SitePolicies,
        *,
        refresh_seconds: float = REFRESH_SECONDS,
        rows_at_once: int = ROWS_AT_ONCE,
    ) -> None:
        self.name = f"handle_time:{pbx}"
        self._pbx = pbx
        self._ledger = ledger
        self._policies = policies
        self._rows_at_once = rows_at_once
        self._growing = Growing(timedelta(seconds=refresh_seconds))
        self._reach = _reach(policies)

    async def run_once(self) -> int:
        """Compute some stale rows, and mark those that grew once no others are left; returns how many of both."""
        counted: Counted | None = None
        async with self._ledger.intervals(self._pbx) as work:
            horizon = await work.horizon()
            taken = await work.take(MarkKind.AGENT, self._rows_at_once)
            self._growing.took(mark for mark, _ in taken.marks)
            for run in runs(taken):
                await self._compute(work, run, horizon)
            await work.settle(taken)
            if horizon is not None and self._growing.due(horizon, idle=len(taken.marks) < self._rows_at_once):
                counted = await self._growing.look(work, horizon)
                await work.mark_stale(counted.marks)
        if counted is None:
            return len(taken.marks)
        self._growing.note(counted)
        return len(taken.marks) + len(counted.marks)

    async def _compute(self, work: IntervalWriting, run: Run, horizon: datetime | None) -> None:
        agent = AgentId(run.subject)
        quarters = list(quarters_of(run.period.start, run.period.end + self._reach))
        whole = Period(quarters[0], quarters[-1] + QUARTER)
        visits = await work.visits_of_agent(agent, whole)
        rings = await work.rings(MarkKind.AGENT, agent, whole)
        spells = await work.spells(agent, whole)
        for quarter in quarters:
            period = Period(quarter, quarter + QUARTER)
            summary = agent_summary(period, visits, rings, spells, self._policies, horizon)
            await work.put_agent(agent, quarter, summary)
        await work.mark_stale(self._claiming(visits, run.period))

    def _claiming(self, visits: Iterable[QueueVisit], period: Period) -> set[StaleMark]:
        """Queue rows of visits whose after-call work may lie in the period: what the agent does there decides it."""
        marks: set[StaleMark] = set()
        for visit in visits:
            policy = self._policies.of(visit.queue, visit.entered_at).after_call
            if policy.rule is AfterCallRule.NONE or visit.ended_at is None:
                continue
            if visit.ended_at < period.end and visit.ended_at + timedelta(seconds=policy.cap_seconds) > period.start:
                marks.add(StaleMark(MarkKind.QUEUE, visit.queue, quarter_of(visit.entered_at)))
        return marks


def _reach(policies: SitePolicies) -> timedelta:
    """How long after its cause after-call work may change: so far beyond a stale quarter rows are computed too."""
    queues = (None, *policies.queues)
    rules = [version.after_call for queue in queues for version in policies.versions(queue)]
    caps = [rule.cap_seconds for rule in rules if rule.rule is not AfterCallRule.NONE]
    return timedelta(seconds=max(caps, default=0))
