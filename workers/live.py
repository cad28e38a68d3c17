"""The floor as it is now, from the stream to every API process: a snapshot first, then deltas.

It reads without a group and acknowledges nothing: after a start it folds what is left in the stream (an hour at least)
in silence, and shows the result.
"""

from collections import deque
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta

import msgspec

from callcenter.codec import decode_batch
from callcenter.domain.agents.assignments import Assignment, Assignments, Person
from callcenter.domain.agents.events import MemberSeen
from callcenter.domain.calls.events import CallSeenWaiting
from callcenter.domain.errors import EventError
from callcenter.domain.feed import FeedLost, FeedRestored, LegsSeen, PbxStarted, QueueSeen, WaitingSeen
from callcenter.domain.ids import PbxId
from callcenter.domain.policies import SitePolicies
from callcenter.live import Json, LiveState, Seating
from callcenter.ports import Clock, Delivery, EventStream, LiveFeed, People

SNAPSHOT_EVERY = 200
"""Deltas between two snapshots: what a late reader has to catch up with at most."""

PULSE_SECONDS = 5.0
"""While a PBX is heard its part is told this often, changed or not: silence then means that nobody is listening."""

_ASK_EVERY = timedelta(seconds=2)
"""How old the directory may be."""

_OF_LATE = timedelta(minutes=1)
"""For so long a difference between the clocks is believed."""

_DATED_BY_US = (FeedLost, FeedRestored, PbxStarted, QueueSeen, MemberSeen, CallSeenWaiting, WaitingSeen, LegsSeen)
"""Notes of our own, and rows of snapshots, for which Asterisk states no time: they say nothing of its clock."""

_encode = msgspec.json.Encoder().encode


class LiveFloor:
    """Keeps the picture of one PBX and publishes what changes in it."""

    def __init__(
        self,
        pbx: PbxId,
        stream: EventStream,
        feed: LiveFeed,
        clock: Clock,
        policies: SitePolicies,
        people: People | None = None,
        *,
        wait_seconds: float = 0.5,
    ) -> None:
        self.name = f"live:{pbx}"
        self._pbx = pbx
        self._policies = policies
        self._people = people
        self._said: tuple[list[Assignment], list[Person]] = ([], [])
        self._asked_at: datetime | None = None
        self._seating = Seating()
        self._feed = feed
        self._clock = clock
        self._state = LiveState(pbx, policies)
        self._stream = stream
        self._wait_seconds = wait_seconds
        self._after = "0"
        self._arrivals: AsyncIterator[list[Delivery]] | None = None
        self._caught_up = False
        self._deltas = 0
        self._untold = False
        self._offset = timedelta()
        self._differences: deque[tuple[datetime, timedelta]] = deque()
        self._arrived_at: datetime | None = None
        self._heard = False
        self._told_at: datetime | None = None

    async def run_once(self) -> int:
        """Fold what has arrived and publish the difference; returns the number of stream entries."""
        await self._ask_people(self._clock.now())
        arrived = await self._next()
        self._apply(arrived)
        now = self._clock.now()
        self._state.tick(now - self._offset)
        if not self._caught_up:
            self._caught_up = not arrived or self._is_fresh(now)
            if self._caught_up:
                await self._publish_snapshot(now)
        elif self._untold or self._deltas >= SNAPSHOT_EVERY:
            await self._publish_snapshot(now)
        elif (delta := self._state.delta(now) or self._pulse(now)) is not None:
            await self._publish("delta", delta, now)
            self._deltas += 1
        return len(arrived)

    async def _ask_people(self, now: datetime) -> None:
        """Ask now and then who is behind which phone; another answer, or another hour, and the floor is folded anew."""
        asked_at, until = self._asked_at, self._seating.until
        turned = until is not None and now - self._offset >= until
        if self._people is None or not (turned or asked_at is None or now - asked_at >= _ASK_EVERY):
            return
        said = [one for one in await self._people.assignments() if one.pbx == self._pbx]
        names, self._asked_at = await self._people.people(), now
        if not turned and (said, names) == self._said:
            return
        self._said = said, names
        called = {person.person: person.name for person in names}
        self._seating = Seating(Assignments(said), called, now - self._offset)
        self._begin_anew()

    def _begin_anew(self) -> None:
        """Fold what is left in the stream once more, and show the result when it is."""
        self._state = LiveState(self._pbx, self._policies, self._seating)
        self._after, self._arrivals, self._caught_up = "0", None, False

    async def _next(self) -> list[Delivery]:
        """What comes after the last entry; a reader that failed is replaced by a new one."""
        if self._arrivals is None:
            self._arrivals = self._stream.follow(self._pbx, after=self._after, wait_seconds=self._wait_seconds)
        try:
            arrived = await anext(self._arrivals)
        except BaseException:
            self._arrivals = None
            raise
        if arrived:
            self._after = arrived[-1].entry_id
        return arrived

    async def _publish_snapshot(self, now: datetime) -> None:
        await self._publish("snapshot", self._state.snapshot(now), now)
        self._deltas = 0

    async def _publish(self, kind: str, body: Json, now: datetime) -> None:
        # The state takes for told what it gave; if that fails, only a snapshot mends it.
        self._untold = True
        await self._feed.publish(self._pbx, kind, _encode(body))
        self._untold = False
        self._heard, self._told_at = False, now

    def _pulse(self, now: datetime) -> Json | None:
        """The PBX's own part, if something arrived (be it an empty batch) and nothing was told for a while."""
        quiet_since = self._told_at or now
        due = self._heard and (now - quiet_since).total_seconds() >= PULSE_SECONDS
        return self._state.pulse(now) if due else None

    def _apply(self, arrived: Sequence[Delivery]) -> None:
        for delivery in arrived:
            try:
                batch = decode_batch(delivery.payload)
            except EventError:
                continue  # the recorder buries it, with the reason
            for event in batch.events:
                self._state.apply(event)
            dated = [event.occurred_at for event in batch.events if not isinstance(event, _DATED_BY_US)]
            if dated:
                self._measure(batch.received_at, max(dated))
            self._arrived_at = batch.received_at
            self._heard = True

    def _measure(self, received_at: datetime, occurred_at: datetime) -> None:
        """How far our clock is ahead of the PBX's: the smallest difference of late, since delay only adds to it.

        Only of late, since either clock may be set.
        """
        seen = received_at - occurred_at
        # Kept rising, so that the first is the smallest: a smaller one outlasts all larger ones before it.
        while self._differences and self._differences[-1][1] >= seen:
            self._differences.pop()
        self._differences.append((received_at, seen))
        while received_at - self._differences[0][0] > _OF_LATE:
            self._differences.popleft()
        self._offset = self._differences[0][1]
        self._state.clock_offset_seconds = -self._offset.total_seconds()

    def _is_fresh(self, now: datetime) -> bool:
        """Whether what is read now arrived just now: the past is folded."""
        return self._arrived_at is not None and now - self._arrived_at < timedelta(seconds=2)
