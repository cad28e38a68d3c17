"""Folds all calls and agents of a PBX again from their stored events, some at a time."""

from collections.abc import Sequence

from callcenter.domain.ids import LegId, PbxId
from callcenter.ports import Ledger
from workers.agents import AgentBook
from workers.calls import CallBook

CALLS_AT_ONCE = 500


class Rebuild:
    """One rebuild of one PBX: run until nothing is left. What a stop leaves half done, a new run mends."""

    def __init__(self, pbx: PbxId, ledger: Ledger, *, static_members_signed_in: bool = False) -> None:
        self.name = f"rebuild:{pbx}"
        self._pbx = pbx
        self._ledger = ledger
        self._calls = CallBook(pbx)
        self._agents = AgentBook(pbx, static_members_signed_in=static_members_signed_in)
        self._after: LegId | None = None
        self._agents_done = False

    async def size(self) -> int:
        """How many calls there are to fold, and one for all agents."""
        async with self._ledger.recording(self._pbx) as recording:
            return await recording.count_calls() + 1

    async def run_once(self) -> int:
        """Fold the next calls, in the end all agents; returns how many were done, 0 when all are."""
        async with self._ledger.recording(self._pbx) as recording:
            roots: Sequence[LegId] = await recording.calls(self._after, CALLS_AT_ONCE)
            directory, _ = await self._agents.directory(recording, ())
            if roots:
                marks = await self._calls.refold(recording, roots, directory)
                self._after = roots[-1]
            elif not self._agents_done:
                marks = await self._agents.refold(recording, directory)
                self._agents_done = True
            else:
                return 0
            if marks:
                await recording.mark_stale(marks)
        return max(1, len(roots))
