"""From the bytes of a frame source to batches of facts: splitting, translating, counting.

Beginnings and ends of connections become facts too: what happened between them was not heard.

All is told in the PBX's time. The first things that a connection says (FullyBooted, by which the start of the PBX is
dated) come before anything that tells its clock, so they wait for that: usually for milliseconds, never for long.
"""

from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from contextlib import aclosing
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256

from adapters.ami.frame import Frame, FrameKind
from adapters.ami.lateness import Lateness
from adapters.ami.pbx_clock import FAR, PbxClock, moved
from adapters.ami.reader import FrameReader
from adapters.ami.report import HeardOn
from adapters.ami.snapshots import SNAPSHOT_FRAMES, SnapshotAssembler
from adapters.ami.source import ConnectionBegan, ConnectionEnded, FrameSource, Received
from adapters.ami.translate import IGNORED, WANTED, translate
from callcenter.batching import LIVE_EVENTS, Batcher, Tally
from callcenter.domain.agents.events import MemberSeen
from callcenter.domain.batches import Batch
from callcenter.domain.errors import BadHeader, MissingHeader
from callcenter.domain.event import Event
from callcenter.domain.feed import FeedLost, FeedRestored, PbxStarted
from callcenter.domain.ids import EventId, PbxId, Source

IMPLAUSIBLE_TIME = "implausible_time"

_MICROSECOND = timedelta(microseconds=1)

_OF_THE_START = frozenset({"FullyBooted", "QueueMember"})
_UPTIME_ROUNDING = timedelta(seconds=5)
"""Uptime is in whole seconds, and comes with a delay."""

_HOLD_SECONDS = 5.0
_MOST_HELD = 1000
"""What begins a connection waits so long, or until there is so much of it, for a word of the PBX's clock."""

_HEARTBEAT_SECONDS = 5.0
"""A batch without events tells this often how far the feed has been read."""


class Intake:
    """One PBX's AMI traffic as batches.

    ``eager`` closes a batch when nothing more has been read, so that what was heard is shown at once, and whoever falls
    behind catches up in large batches; else they are as large as ``limit``, which is quicker over recorded traffic.
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
        self._clock = PbxClock()

    async def batches(self) -> AsyncGenerator[Batch]:
        """Everything that the source gives, in order; the last batch of a connection tells its counts."""
        connection: _Connection | None = None
        async with aclosing(self._source.items()) as items:
            async for item in items:
                match item:
                    case ConnectionBegan():
                        connection = _Connection(self._pbx, item, self._batcher, self._clock)
                    case Received() if connection is not None:
                        for batch in self._take(connection, item):
                            yield batch
                    case ConnectionEnded() if connection is not None:
                        for batch in self._end(connection, item):
                            yield batch
                        connection = None

    def _take(self, connection: "_Connection", received: Received) -> Iterator[Batch]:
        yield from self._tell(connection, connection.feed(received), received.at)
        if self._eager and not received.more and (len(self._batcher) or connection.is_silent_since(received.at)):
            yield self._close(connection, received.at)

    def _tell(self, connection: "_Connection", frames: Iterable[Frame], at: datetime) -> Iterator[Batch]:
        for frame in frames:
            connection.tell(frame)
            if self._batcher.full:
                yield self._close(connection, at)

    def _end(self, connection: "_Connection", ended: ConnectionEnded) -> Iterator[Batch]:
        connection.reader.end()
        yield from self._tell(connection, connection.release(), ended.at)
        if ended.error is not None:
            note = b"(our own note) connection ended: " + ended.reason.encode()
            self._batcher.add((connection.lost(ended),), note)
        yield self._close(connection, ended.at)

    def _close(self, connection: "_Connection", at: datetime) -> Batch:
        connection.told_at = at
        return self._batcher.close(connection.tally().progress(), at)


class _Connection:
    """What is known of one connection while it lasts."""

    def __init__(self, pbx: PbxId, began: ConnectionBegan, batcher: Batcher, clock: PbxClock) -> None:
        self.reader = FrameReader({**WANTED, **SNAPSHOT_FRAMES}, IGNORED)
        self.told_at = began.at
        self._batcher = batcher
        self._clock = clock
        self._heard_on = HeardOn(pbx, began.connection)
        self._snapshots = SnapshotAssembler(self._heard_on)
        self._tally = Tally(Source.AMI, began.connection)
        self._began_at = self._heard_at = began.at
        self._held: list[Frame] | None = []
        self._read_at, self._in_read = began.at, 0
        self._lateness = Lateness()
        self._earliest: datetime | None = None
        clock.begin()

    def feed(self, received: Received) -> list[Frame]:
        """The frames that can be told now: all, once the PBX's clock is known or was waited for long enough."""
        self._heard_at = received.at
        frames = self.reader.feed(received.data, received.at)
        if self._held is None:
            return frames
        self._held += frames
        if any(map(self._clock.learn, frames)):
            return self._release(self._held)
        waited = (received.at - self._began_at).total_seconds() >= _HOLD_SECONDS or len(self._held) >= _MOST_HELD
        return self.release() if waited else []

    def release(self) -> list[Frame]:
        """Wait no longer for the clock: what these frames say of it, which are now to be told, has to do."""
        if self._held is None:
            return []
        any(self._clock.learn(frame, if_far=True) for frame in self._held)
        return self._release(self._held)

    def _release(self, frames: list[Frame]) -> list[Frame]:
        self._held = None
        self._batcher.add((self._restored(),), b"(our own note) connection began")
        return frames

    def tell(self, frame: Frame) -> None:
        """The facts of one frame; one that cannot be read is counted by what is wrong with it."""
        received_at = frame.received_at
        if frame.kind is not FrameKind.EVENT:
            told = self._clock.learn_from_answer(frame)
            if told:
                self._lateness.forget()
            now = received_at + self._clock.ahead
            frame.received_at = now - self._lateness.at(received_at)
            if told and self._tally.read_until is not None and self._tally.read_until > now + FAR:
                self._tally.read_only_to(now)
            self._snapshots.begin(frame)
            return
        # Frames of one read come at one instant: a microsecond each keeps them in order where they state no time.
        self._in_read = self._in_read + 1 if received_at == self._read_at else 0
        self._read_at = received_at
        late = self._lateness.at(received_at)
        frame.received_at = here = received_at + self._clock.ahead - late + self._in_read * _MICROSECOND
        try:
            events = self._dated(translate(frame, self._heard_on), received_at, here)
            events += self._snapshots.watch(frame)
            if frame.name in _OF_THE_START:
                events = tuple(map(self._since_the_start, events))
        except (MissingHeader, BadHeader) as error:
            self._tally.count_error(error)
            return
        if events:
            self._batcher.add(events, frame.raw)
            self._tally.read_to(events[-1].occurred_at)

    def _dated(self, events: tuple[Event, ...], received_at: datetime, here: datetime) -> tuple[Event, ...]:
        """These facts of one frame, by the time that it states if that can be, else by its receipt."""
        if not events or (stated := events[0].occurred_at) == here:
            return events
        if self._clock.learn_from_event(stated, received_at):
            self._lateness.note(received_at, received_at + self._clock.ahead - stated)
            return events
        self._tally.count_problem(IMPLAUSIBLE_TIME)
        return tuple(moved(event, here - stated) for event in events)

    def _since_the_start(self, event: Event) -> Event:
        """Asterisk keeps no member over its restart: what lasts since before was dated by a clock that was wrong."""
        if isinstance(event, PbxStarted):
            self._earliest = event.started_at - _UPTIME_ROUNDING
        elif isinstance(event, MemberSeen) and self._earliest is not None:
            return replace(
                event,
                signed_in_at=_not_before(self._earliest, event.signed_in_at),
                paused_at=_not_before(self._earliest, event.paused_at),
            )
        return event

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

    def _restored(self) -> FeedRestored:
        return FeedRestored(
            event_id=self._event_id("began"),
            occurred_at=self._began_at + self._clock.ahead,
            pbx=self._heard_on.pbx,
            source=Source.AMI,
            connection=self._tally.connection,
        )

    def lost(self, ended: ConnectionEnded) -> FeedLost:
        """Nothing was heard from the last byte on, which may be seconds before the socket closed."""
        return FeedLost(
            event_id=self._event_id("ended"),
            occurred_at=min(self._heard_at, ended.at) + self._clock.ahead,
            pbx=self._heard_on.pbx,
            source=Source.AMI,
            connection=self._tally.connection,
            reason=ended.reason,
        )

    def _event_id(self, what: str) -> EventId:
        said = f"{what}\0{self._heard_on.pbx}\0{self._tally.connection}"
        return EventId(sha256(said.encode()).digest()[:16])


def _not_before(earliest: datetime, at: datetime | None) -> datetime | None:
    return None if at is None or at < earliest else at
