"""What the store has, as told by the stream: for a feed on another machine, which reaches no database.

The recorder commits before it acknowledges, so what it acknowledged is in the store. The reverse does not hold, and
where the stream tells nothing, everything is kept.
"""

from callcenter.domain.ids import PbxId
from callcenter.ports import EventStream
from workers.recorder import GROUP


class Acknowledged:
    """Implements RecordedSeq."""

    def __init__(self, stream: EventStream) -> None:
        self._stream = stream

    async def recorded_seq(self, pbx: PbxId, adapter: str) -> int:
        """Up to which number the recorder has acknowledged all batches of an adapter."""
        return await self._stream.acknowledged_seq(pbx, adapter, GROUP)
