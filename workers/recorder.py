"""From the stream to the store. Commit first, acknowledge after: a crash repeats work, and counts nothing twice."""

from collections.abc import Sequence

import structlog

from callcenter.codec import decode_batch
from callcenter.domain.batches import Batch
from callcenter.domain.errors import EventError, StoreUnavailable
from callcenter.domain.ids import PbxId
from callcenter.ports import Delivery, EventStream, Ledger
from workers.batches import BatchRecorder

log = structlog.get_logger(__name__)

GROUP = "recorder"
BATCHES_AT_ONCE = 64
"""Stream entries in one transaction: enough to make its fixed cost small, few enough to stay fresh."""

MOST_DELIVERIES = 5
"""An entry that failed this often is looked at alone, and buried if it fails again."""

KEEP_SECONDS = 3600.0
"""What every reader has passed stays this long all the same, unless set: the live picture is rebuilt from it."""

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
        keep_seconds: float = KEEP_SECONDS,
        static_members_signed_in: bool = False,
    ) -> None:
        self.name = f"recorder:{pbx}"
        self._pbx = pbx
        self._stream = stream
        self._consumer = consumer
        self._wait_seconds = wait_seconds
        self._keep_seconds = keep_seconds
        self._record = BatchRecorder(pbx, ledger, static_members_signed_in=static_members_signed_in).record
        self._joined = False
        self._runs = 0

    async def run_once(self) -> int:
        """Record what has arrived; returns the number of stream entries.

        After a failure, and where the group was lost, it joins again: what it had and did not acknowledge comes first.
        """
        if not self._joined:
            await self._stream.join(self._pbx, GROUP)
            self._joined = True
        try:
            deliveries = await self._stream.read(
                self._pbx, GROUP, self._consumer, limit=BATCHES_AT_ONCE, wait_seconds=self._wait_seconds
            )
            if deliveries:
                await self._take(deliveries)
        except BaseException:
            self._joined = False
            raise
        self._runs += 1
        if self._runs % TRIM_EVERY == 0 and deliveries:
            await self._stream.trim(self._pbx, below=deliveries[0].entry_id, keep_seconds=self._keep_seconds)
        return len(deliveries)

    async def _take(self, deliveries: Sequence[Delivery]) -> None:
        suspects = [delivery for delivery in deliveries if delivery.deliveries > MOST_DELIVERIES]
        for delivery in suspects:
            await self._take_alone(delivery)
        rest = [delivery for delivery in deliveries if delivery.deliveries <= MOST_DELIVERIES]
        batches = [batch for delivery in rest if (batch := await self._decoded(delivery)) is not None]
        await self._record(batches)
        await self._stream.acknowledge(self._pbx, GROUP, [delivery.entry_id for delivery in rest])

    async def _take_alone(self, delivery: Delivery) -> None:
        """A poison entry stops itself, not the centre. A store that is away is no fault of the entry's."""
        batch = await self._decoded(delivery)
        if batch is None:
            return
        try:
            await self._record([batch])
        except (StoreUnavailable, OSError):
            raise
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            log.exception("entry buried", pbx=self._pbx, entry=delivery.entry_id)
            await self._stream.bury(self._pbx, GROUP, delivery, reason)
        else:
            await self._stream.acknowledge(self._pbx, GROUP, [delivery.entry_id])

    async def _decoded(self, delivery: Delivery) -> Batch | None:
        try:
            return decode_batch(delivery.payload)
        except EventError as error:
            log.error("entry unreadable", pbx=self._pbx, entry=delivery.entry_id, error=str(error))
            await self._stream.bury(self._pbx, GROUP, delivery, str(error))
            return None
