"""The stream: a short memory between adapters and workers, and the journal in front of it."""

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from callcenter.domain.ids import PbxId


class Journal(Protocol):
    """What an adapter heard, on disk before it is published: numbered without a hole, over all restarts."""

    def next_seq(self) -> int:
        """The next number; each is given once."""
        ...

    def append(self, entries: Sequence[tuple[int, bytes]]) -> None:
        """Keep (seq, encoded batch) pairs; returns when they are durable."""
        ...

    def after(self, seq: int) -> Iterator[tuple[int, bytes]]:
        """What was kept after this number, in order."""
        ...

    def last(self) -> tuple[int, bytes] | None:
        """What was kept last, if it is still there."""
        ...

    def drop_below(self, seq: int, *, older_than: datetime) -> int:
        """Forget what is below this number and was kept before ``older_than``, as far as whole pieces of it are."""
        ...


@dataclass(frozen=True, slots=True)
class Delivery:
    """One entry of a stream as a reader got it. ``deliveries`` counts how often it was handed out."""

    entry_id: str
    seq: int
    adapter: str
    payload: bytes
    deliveries: int = 1


class EventStream(Protocol):
    """One ordered stream of encoded batches per PBX, at least once to every group.

    `read`, `claim` and `backlog` raise GroupLost when the group is not there (any more): `join` again from what the
    store has. Anything may raise StreamUnavailable after a long outage, and StreamRefused.
    """

    async def publish(self, pbx: PbxId, adapter: str, entries: Sequence[tuple[int, bytes]]) -> None:
        """Append (seq, encoded batch) pairs in one go; returns when they are durable."""
        ...

    async def last_entry(self, pbx: PbxId, adapter: str) -> Delivery | None:
        """The adapter's last entry that is still in the stream."""
        ...

    async def acknowledged_seq(self, pbx: PbxId, adapter: str, group: str) -> int:
        """Up to which of its numbers the group has acknowledged everything of an adapter that is in the stream; 0 where
        nothing tells: no group, no entry of the adapter below its first unacknowledged one."""
        ...

    async def join(self, pbx: PbxId, group: str, after: str = "0") -> None:
        """Make the group unless it exists, reading from after this entry id."""
        ...

    async def read(self, pbx: PbxId, group: str, consumer: str, *, limit: int, wait_seconds: float) -> list[Delivery]:
        """The consumer's own unacknowledged entries first (once after each start), then new ones; [] after the wait."""
        ...

    async def claim(self, pbx: PbxId, group: str, consumer: str, *, idle_seconds: float, limit: int) -> list[Delivery]:
        """Take over entries that a consumer of the group, this one included, has held for too long."""
        ...

    async def acknowledge(self, pbx: PbxId, group: str, entry_ids: Sequence[str]) -> None:
        """These are done with, for good."""
        ...

    async def bury(self, pbx: PbxId, group: str, delivery: Delivery, reason: str) -> None:
        """Put an entry that cannot be handled into the dead-letter stream, with the reason, and acknowledge it."""
        ...

    async def dead(self, pbx: PbxId, *, limit: int) -> list[tuple[str, str, bytes]]:
        """Dead letters, newest first: (id the entry had in the stream, reason, payload)."""
        ...

    async def backlog(self, pbx: PbxId, group: str) -> int:
        """How many entries the group has not acknowledged yet, delivered or not."""
        ...

    async def trim(self, pbx: PbxId, *, below: str, keep_seconds: float) -> int:
        """Drop entries below this id that every group has acknowledged and that are older than ``keep_seconds``."""
        ...

    def follow(self, pbx: PbxId, *, after: str, wait_seconds: float) -> AsyncIterator[list[Delivery]]:
        """Every entry after this id ("0": all that is left), without a group; yields [] when the wait passes."""
        ...


class RecordedSeq(Protocol):
    """Who knows up to where the batches of an adapter are in the store, and so need not be kept before it."""

    async def recorded_seq(self, pbx: PbxId, adapter: str) -> int:
        """Up to which number all batches of an adapter are recorded; 0 if none is known to be."""
        ...


class LiveFeed(Protocol):
    """The way of the floor's picture from the live worker to every API process: snapshots and deltas, as JSON text."""

    async def publish(self, pbx: PbxId, kind: str, body: bytes) -> str:
        """Append a ``snapshot`` or ``delta``; returns its id. Old entries are dropped by length when a snapshot comes.

        After a broken connection an entry may be there twice.
        """
        ...

    async def latest(self, pbx: PbxId) -> list[tuple[str, str, bytes]]:
        """The last snapshot and all deltas after it, as (id, kind, body); [] when there is none."""
        ...

    def follow(self, pbx: PbxId, *, after: str, wait_seconds: float) -> AsyncIterator[list[tuple[str, str, bytes]]]:
        """What comes after this id, or the last snapshot and on if some was dropped; yields [] after the wait."""
        ...
