"""Events in, visits and spells out: the one place where an event can be new.

One transaction stores the events of a few batches once each, folds the calls and agents they touch again, and marks the
intervals that no longer hold. Commit first, acknowledge after: a crash anywhere repeats work and never counts it twice.
"""

from collections.abc import Sequence

import structlog

from callcenter.codec import decode_batch
from callcenter.domain.batches import Batch
from callcenter.domain.errors import CallCenterError, EventError
from callcenter.domain.ids import PbxId
from callcenter.ports import Delivery, EventStream, Ledger
from workers.agents import AgentBook
from workers.calls import CallBook

log = structlog.get_logger(__name__)

GROUP = "recorder"
BATCHES_AT_ONCE = 64
"""Stream entries in one transaction: enough to make its fixed cost small, few enough to stay fresh."""

MOST_DELIVERIES = 5
"""An entry that failed this often is looked at alone, and buried if it fails again."""

KEEP_SECONDS = 3600.0
"""What every reader has passed stays this long all the same: the live picture is rebuilt from it."""

TRIM_EVERY = 200
"""Runs between two trims."""


class Recorder:
    """The recorder of one PBX. One is active at a time; any number of times over the same entries gives the same
    rows."""

    def __init__(
        self,
        pbx: PbxId,
        stream: EventStream,
        ledger: Ledger,
        *,
        consumer: str = "recorder",
        wait_seconds: float = 1.0,
        static_members_signed_in: bool = False,
    ) -> None:
        self.name = f"recorder:{pbx}"
        self._pbx = pbx
        self._stream = stream
        self._ledger = ledger
        self._consumer = consumer
        self._wait_seconds = wait_seconds
        self._calls = CallBook(pbx)
        self._agents = AgentBook(pbx, static_members_signed_in=static_members_signed_in)
        self._joined = False
        self._runs = 0

    async def run_once(self) -> int:
        """Record what has arrived; returns the number of stream entries."""
        if not self._joined:
            await self._stream.join(self._pbx, GROUP)
            self._joined = True
        deliveries = await self._stream.read(
            self._pbx, GROUP, self._consumer, limit=BATCHES_AT_ONCE, wait_seconds=self._wait_seconds
        )
        if deliveries:
            await self._take(deliveries)
        self._runs += 1
        if self._runs % TRIM_EVERY == 0 and deliveries:
            await self._stream.trim(self._pbx, below=deliveries[0].entry_id, keep_seconds=KEEP_SECONDS)
        return len(deliveries)

    async def _take(self, deliveries: Sequence[Delivery]) -> None:
        suspects = [delivery for delivery in deliveries if delivery.deliveries > MOST_DELIVERIES]
        for delivery in suspects:
            await self._take_alone(delivery)
        rest = [delivery for delivery in deliveries if delivery.deliveries <= MOST_DELIVERIES]
        batches = [batch for delivery in rest if (batch := await self._decoded(delivery)) is not None]
        await self.record(batches)
        await self._stream.acknowledge(self._pbx, GROUP, [delivery.entry_id for delivery in rest])

    async def _take_alone(self, delivery: Delivery) -> None:
        """A poison entry stops itself, not the centre."""
        batch = await self._decoded(delivery)
        if batch is None:
            return
        try:
            await self.record([batch])
        except CallCenterError as error:
            log.error("entry buried", pbx=self._pbx, entry=delivery.entry_id, error=str(error))
            await self._stream.bury(self._pbx, GROUP, delivery, str(error))
        else:
            await self._stream.acknowledge(self._pbx, GROUP, [delivery.entry_id])

    async def _decoded(self, delivery: Delivery) -> Batch | None:
        try:
            return decode_batch(delivery.payload)
        except EventError as error:
            log.error("entry unreadable", pbx=self._pbx, entry=delivery.entry_id, error=str(error))
            await self._stream.bury(self._pbx, GROUP, delivery, str(error))
            return None

    async def record(self, batches: Sequence[Batch]) -> None:
        """Store batches and everything that follows from them, in one transaction."""
        if not batches:
            return
        try:
            async with self._ledger.recording(self._pbx) as recording:
                new = await recording.add(batches)
                directory, moved = await self._agents.directory(recording, new)
                marks = await self._calls.record(recording, new, directory)
                marks |= await self._agents.record(recording, new, directory, moved)
                if marks:
                    await recording.mark_stale(marks)
        except BaseException:
            self._calls.forget()
            self._agents.forget()
            raise
