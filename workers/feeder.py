"""From an adapter to the stream: into the journal first, durably, then published.

What was in the journal and not yet in the stream when the process died is published at the next start. Republishing
does no harm: the recorder stores every event once.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from callcenter.codec import encode_batch
from callcenter.domain.batches import Batch
from callcenter.domain.ids import PbxId
from callcenter.ports import EventStream, Journal

REPUBLISHED_AT_ONCE = 100


class Feeder:
    """Publishes the batches of one adapter for one PBX."""

    def __init__(self, pbx: PbxId, adapter: str, stream: EventStream, journal: Journal | None) -> None:
        self._pbx = pbx
        self._adapter = adapter
        self._stream = stream
        self._journal = journal

    async def catch_up(self, *, recorded_seq: int = 0) -> int:
        """Publish what the journal holds beyond the stream; returns the number of batches.

        What is in the store up to ``recorded_seq`` need not come again, even if the stream lost it.
        """
        if self._journal is None:
            return 0
        published = 0
        published_last = await self._stream.last_entry(self._pbx, self._adapter)
        last = max(published_last.seq if published_last else 0, recorded_seq)
        waiting: list[tuple[int, bytes]] = []
        for entry in self._journal.after(last):
            waiting.append(entry)
            if len(waiting) >= REPUBLISHED_AT_ONCE:
                published += await self._publish(waiting)
                waiting = []
        return published + await self._publish(waiting)

    async def feed(self, batches: AsyncGenerator[Batch]) -> None:
        """Publish batches until there are no more. Whatever ends it, their source is closed."""
        async with aclosing(batches):
            async for batch in batches:
                entry = batch.seq, encode_batch(batch)
                if self._journal is not None:
                    self._journal.append([entry])
                await self._publish([entry])

    async def _publish(self, entries: list[tuple[int, bytes]]) -> int:
        if entries:
            await self._stream.publish(self._pbx, self._adapter, entries)
        return len(entries)
