"""Has rows counted again that were counted by other rules: once at each start, for that is when rules can change.

The rules that rows are counted by are stored beside them. What differs from the rules now in force names the queues and
the days; their rows are marked stale, together with what their agents did after those calls, and the other steps count
them. A process that still runs with the old rules should be stopped first: what it counts is by the old ones.
"""

from callcenter.domain.ids import PbxId
from callcenter.domain.policies import SitePolicies
from callcenter.metrics.counting import CountedBy, counted_by, touched
from callcenter.ports import IntervalLedger, IntervalWriting


class Recount:
    """Compares the rules of one PBX's rows with those in force, and marks what they touch."""

    def __init__(self, pbx: PbxId, ledger: IntervalLedger, policies: SitePolicies) -> None:
        self.name = f"recount:{pbx}"
        self._pbx = pbx
        self._ledger = ledger
        self._rules = counted_by(policies)
        self._compared = False

    async def run_once(self) -> int:
        """Mark what has to be counted again; returns in how many stretches, 0 once that is done."""
        if self._compared:
            return 0
        async with self._ledger.intervals(self._pbx) as work:
            before = await work.counted_by()
            marked = 0 if before == self._rules else await self._mark(work, before)
        self._compared = True
        return marked

    async def _mark(self, work: IntervalWriting, before: CountedBy | None) -> int:
        await work.note_counted_by(self._rules)
        if before is None or before.way != self._rules.way:
            await work.recount_all()
            return 1
        stretches = [(queue, period) for queue in await work.queues() for period in touched(before, self._rules, queue)]
        for queue, period in stretches:
            await work.recount(queue, period)
        return len(stretches)
