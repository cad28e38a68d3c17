"""Corrections of the directory take effect: whatever they touch is folded again, a piece at a time.

Who was put behind an interface or a name, or taken from it, is stored first and waits here. Facts that arrive meanwhile
are resolved by the new word already; folding those again gives the same. So a stop at any point loses nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from callcenter.domain.ids import AgentId, LegId, PbxId
from callcenter.domain.periods import Period
from callcenter.metrics.marks import MarkKind, StaleMark
from callcenter.ports import CorrectionLedger, PendingCorrection, Recording
from workers.agents import AgentBook
from workers.calls import CallBook

CALLS_AT_ONCE = 200
"""Calls in one transaction: the recorder waits no longer than that takes."""

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_END = datetime(2200, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class _Work:
    """One correction under way: whom it concerns, and the calls that are still to be folded."""

    pending: PendingCorrection
    agents: set[AgentId]
    period: Period
    calls: list[LegId] = field(default_factory=list)


class Corrections:
    """The corrections of one PBX. Doing one twice changes nothing."""

    def __init__(self, pbx: PbxId, ledger: CorrectionLedger, *, static_members_signed_in: bool = False) -> None:
        self.name = f"corrections:{pbx}"
        self._pbx = pbx
        self._ledger = ledger
        self._calls = CallBook(pbx)
        self._agents = AgentBook(pbx, static_members_signed_in=static_members_signed_in)
        self._work: _Work | None = None

    async def run_once(self) -> int:
        """Fold some calls, in the end the agents, of the oldest correction; returns how many calls and corrections."""
        waiting = await self._ledger.pending_corrections(self._pbx) if self._work is None else ()
        if self._work is None and not waiting:
            return 0
        # The recorder may have written since: nothing in memory holds from one transaction to the next.
        self._calls.forget()
        self._agents.forget()
        try:
            async with self._ledger.recording(self._pbx) as recording:
                self._work = self._work or await self._begin(recording, waiting)
                return await self._go_on(recording, self._work)
        except BaseException:
            self._work = None
            raise

    async def _begin(self, recording: Recording, waiting: Sequence[PendingCorrection]) -> _Work:
        first = min(waiting, key=lambda one: one.number)
        period = Period(first.assignment.since or _BEGINNING, first.assignment.until or _END)
        agents = await self._agents.concerned(recording, [first.assignment])
        calls = await recording.calls_of(agents, period)
        return _Work(first, agents, period, sorted(calls))

    async def _go_on(self, recording: Recording, work: _Work) -> int:
        directory, _ = await self._agents.directory(recording, ())
        now, work.calls = work.calls[:CALLS_AT_ONCE], work.calls[CALLS_AT_ONCE:]
        marks = await self._calls.refold(recording, now, directory) if now else set()
        marks |= _samples(marks)
        if not work.calls:
            day = work.period.start.astimezone(UTC).date()
            marks |= await self._agents.refold_since(recording, sorted(work.agents), day, directory)
            await recording.settle_correction(work.pending.number)
            self._work = None
        await recording.mark_stale(marks)
        return len(now) + 1


def _samples(marks: set[StaleMark]) -> set[StaleMark]:
    """What is drawn for an agent follows, long after its day was over, too."""
    return {StaleMark(MarkKind.SAMPLE, "", mark.quarter) for mark in marks if mark.kind is MarkKind.AGENT}
