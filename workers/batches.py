"""Events in, visits and spells out: the one place where an event can be new.

One transaction stores the events of a few batches once each, folds the calls and agents they touch again, and marks the
intervals that no longer hold. Doing it again with the same batches changes nothing.
"""

from collections.abc import Sequence

from callcenter.domain.batches import Batch
from callcenter.domain.ids import PbxId
from callcenter.ports import Ledger
from workers.agents import AgentBook
from workers.calls import CallBook


class BatchRecorder:
    """Records the batches of one PBX, wherever they come from."""

    def __init__(self, pbx: PbxId, ledger: Ledger, *, static_members_signed_in: bool = False) -> None:
        self._pbx = pbx
        self._ledger = ledger
        self._calls = CallBook(pbx)
        self._agents = AgentBook(pbx, static_members_signed_in=static_members_signed_in)
        self._turn: int | None = None

    async def record(self, batches: Sequence[Batch]) -> None:
        """Store batches and everything that follows from them, in one transaction."""
        if not batches:
            return
        try:
            async with self._ledger.recording(self._pbx) as recording:
                self._forget_if_others_wrote(recording.turn)
                new = await recording.add(batches)
                directory, moved = await self._agents.directory(recording, new)
                marks = await self._calls.record(recording, new, directory, moved)
                marks |= await self._agents.record(recording, new, directory, moved)
                if marks:
                    await recording.mark_stale(marks)
        except BaseException:
            self._forget()
            raise
        self._turn = recording.turn

    def _forget_if_others_wrote(self, turn: int) -> None:
        """What is in memory holds only as long as nobody else records this PBX: an import, a rebuild, a second one."""
        if self._turn is not None and turn != self._turn + 1:
            self._forget()

    def _forget(self) -> None:
        self._turn = None
        self._calls.forget()
        self._agents.forget()
