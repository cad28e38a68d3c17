"""Keeps a journal short: what the store has, and is a day old, is not needed for anything any more."""

from datetime import timedelta

from callcenter.domain.ids import PbxId
from callcenter.ports import Clock, Journal, RecordedSeq

KEPT = timedelta(hours=24)
"""Beyond what the store has: for an operator who has to put back an older copy of the database."""


class JournalUpkeep:
    """Drops what is done with from the journal of one adapter for one PBX."""

    def __init__(self, pbx: PbxId, adapter: str, journal: Journal, recorded: RecordedSeq, clock: Clock) -> None:
        self.name = f"journal:{pbx}:{adapter}"
        self._pbx = pbx
        self._adapter = adapter
        self._journal = journal
        self._recorded = recorded
        self._clock = clock

    async def run_once(self) -> int:
        """Drop what can go; returns of how many segments."""
        recorded = await self._recorded.recorded_seq(self._pbx, self._adapter)
        return self._journal.drop_below(recorded + 1, older_than=self._clock.now() - KEPT)
