"""Forgets the PBX's own words after a while. The facts made of them, and their ids, stay."""

from datetime import datetime, timedelta

from callcenter.domain.ids import PbxId
from callcenter.ports import Clock, Ledger

EVERY = timedelta(hours=1)


class Retention:
    """Keeps the wordings of one PBX for so many days: long enough for a mended translator to read them again."""

    def __init__(self, pbx: PbxId, ledger: Ledger, clock: Clock, *, keep_days: int) -> None:
        self.name = f"retention:{pbx}"
        self._pbx = pbx
        self._ledger = ledger
        self._clock = clock
        self._keep = timedelta(days=keep_days)
        self._next: datetime | None = None

    async def run_once(self) -> int:
        """Once an hour, forget what is too old; returns of how many batches, 0 in between."""
        now = self._clock.now()
        if self._next is not None and now < self._next:
            return 0
        forgotten = await self._ledger.forget_wordings(self._pbx, now - self._keep)
        self._next = now + EVERY
        return forgotten
