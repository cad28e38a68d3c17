"""From the bytes of a frame source to batches of facts: splitting, translating, counting.

Beginnings and ends of connections become facts too: what happened between them was not heard.
"""

import re
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from adapters.ami.frame import Frame, FrameKind
from adapters.ami.reader import FrameReader
from adapters.ami.report import HeardOn
from adapters.ami.snapshots import SNAPSHOT_FRAMES, SnapshotAssembler
from adapters.ami.source import ConnectionBegan, ConnectionEnded, FrameSource, Received
from adapters.ami.translate import IGNORED, WANTED, translate
from callcenter.batching import LIVE_EVENTS, Batcher, Tally
from callcenter.domain.batches import Batch
from callcenter.domain.errors import BadHeader, MissingHeader
from callcenter.domain.feed import FeedLost, FeedRestored
from callcenter.domain.ids import EventId, PbxId, Source

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_INSTANT = re.compile(r"\d{1,10}\.\d{1,6}")

_HEARTBEAT_SECONDS = 5.0
"""A batch without events tells this often how far the feed has been read."""


class Intake:
    """One PBX's AMI traffic as batches.

    ``eager`` closes a batch after each read of the socket, so that what was heard is shown at once; else batches are as
    large as ``limit``, which is quicker over recorded traffic.
    """

    def __init__(
        self,
        pbx: PbxId,
        source: FrameSource,
        *,
        adapter: str,
        next_seq: Callable[[], int],
        limit: int = LIVE_EVENTS,
        eager: bool = True,
    ) -> None:
        self._pbx = pbx
        self._source = source
        self._eager = eager
        self._batcher = Batcher(pbx=pbx, adapter=adapter, next_seq=next_seq, limit=limit)

    async def batches(self) -> AsyncGenerator[Batch]:
        """Everything that the source gives, in order; the last batch of a connection tells its counts."""
        connection: _Connection | None = None
        async with aclosing(self._source.items()) as items:
            async for item in items:
                match item:
                    case ConnectionBegan():
                        connection = _Connection(self._pbx, item)
                        self._batcher.add((connection.restored(item.at),), b"(our own note) connection began")
                    case Received() if connection is not None:
                        for batch in self._take(connection, item):
                            yield batch
                    case ConnectionEnded() if connection is not None:
                        yield self._end(connection, item)
                        connection = None

    def _take(self, connection: "_Connection", received: Received) -> Iterator[Batch]:
        for frame in connection.feed(received):
            connection.tell(frame, self._batcher)
            if self._batcher.full:
                yield self._close(connection, received.at)
        if self._eager and (len(self._batcher) or connection.is_silent_since(received.at)):
            yield self._close(connection, received.at)

    def _end(self, connection: "_Connection", ended: ConnectionEnded) -> Batch:
        connection.reader.end()
        if ended.error is not None:
            note = b"(our own note) connection ended: " + ended.reason.encode()
            self._batcher.add((connection.lost(ended),), note)
        return self._close(connection, ended.at)

    def _close(self, connection: "_Connection", at: datetime) -> Batch:
        connection.told_at = at
        return self._batcher.close(connection.tally().progress(), at)


class _Connection:
    """What is known of one connection while it lasts."""

    def __init__(self, pbx: PbxId, began: ConnectionBegan) -> None:
        self.reader = FrameReader({**WANTED, **SNAPSHOT_FRAMES}, IGNORED)
        self.told_at = began.at
        self._heard_on = HeardOn(pbx, began.connection)
        self._snapshots = SnapshotAssembler(self._heard_on)
        self._tally = Tally(Source.AMI, began.connection)
        self._heard_at = began.at
        self._read_at, self._in_read = began.at, 0
        self._ahead, self._pinged = timedelta(), False
        """How far the PBX's clock is ahead of ours: what bears no time of its own happened at receipt, by its clock."""

    def feed(self, received: Received) -> list[Frame]:
        self._heard_at = received.at
        return self.reader.feed(received.data, received.at)

    def tell(self, frame: Frame, batcher: Batcher) -> None:
        """The facts of one frame; one that cannot be read is counted by what is wrong with it."""
        received_at = frame.received_at
        if frame.kind is not FrameKind.EVENT:
            self._read_clock(frame.get("Timestamp"), received_at)
            frame.received_at = received_at + self._ahead
            self._snapshots.begin(frame)
            return
        # Frames of one read come at one instant: a microsecond each keeps them in order where they state no time.
        self._in_read = self._in_read + 1 if received_at == self._read_at else 0
        self._read_at = received_at
        frame.received_at = here = received_at + self._ahead + self._in_read * _MICROSECOND
        try:
            events = translate(frame, self._heard_on)
            if not self._pinged and events and events[0].occurred_at != here:
                self._ahead = events[0].occurred_at - received_at
            events += self._snapshots.watch(frame)
        except (MissingHeader, BadHeader) as error:
            self._tally.count_error(error)
            return
        if events:
            batcher.add(events, frame.raw)
            self._tally.read_to(events[-1].occurred_at)

    def _read_clock(self, stated: str | None, received_at: datetime) -> None:
        """The answer to a ping tells the PBX's time, also where its events do not, or come late."""
        if stated is not None and _INSTANT.fullmatch(stated):
            self._ahead = _EPOCH + timedelta(seconds=float(stated)) - received_at
            self._pinged = True

    def tally(self) -> Tally:
        """All counts so far: those of the reader, and what could not be translated."""
        counts = self.reader.counts
        tally = Tally(Source.AMI, self._tally.connection, self.reader.position, counts.frames, self._tally.read_until)
        tally.unknown = dict(counts.unknown)
        tally.problems = dict(counts.problems)
        for kind, count in self._tally.problems.items():
            tally.problems[kind] = tally.problems.get(kind, 0) + count
        return tally

    def is_silent_since(self, at: datetime) -> bool:
        return (at - self.told_at).total_seconds() >= _HEARTBEAT_SECONDS

    def restored(self, at: datetime) -> FeedRestored:
        connection = self._tally.connection
        return FeedRestored(
            event_id=self._event_id("began"),
            occurred_at=at,
            pbx=self._heard_on.pbx,
            source=Source.AMI,
            connection=connection,
        )

    def lost(self, ended: ConnectionEnded) -> FeedLost:
        """Nothing was heard from the last byte on, which may be seconds before the socket closed."""
        return FeedLost(
            event_id=self._event_id("ended"),
            occurred_at=min(self._heard_at, ended.at),
            pbx=self._heard_on.pbx,
            source=Source.AMI,
            connection=self._tally.connection,
            reason=ended.reason,
        )

    def _event_id(self, what: str) -> EventId:
        said = f"{what}\0{self._heard_on.pbx}\0{self._tally.connection}"
        return EventId(sha256(said.encode()).digest()[:16])
