"""Which batches of an adapter are missing: it counts them without a hole, so a hole is a loss on the way to us.

What is known is one stretch of numbers and the holes in it. A hole that is filled later (from the journal) shrinks and
goes. What is kept follows from the set of batches alone, whatever their order and however often they come.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, delete, select

from adapters.store.bulk import Row, insert, replace
from adapters.store.tables import feed_adapters, feed_holes
from adapters.store.text import key
from adapters.store.turns import pbx_number
from callcenter.codec import to_microseconds
from callcenter.domain.batches import Batch
from callcenter.domain.ids import PbxId, Source


@dataclass(frozen=True, slots=True)
class Hole:
    """Batches ``first`` to ``last`` are missing; those beside them came at these instants (microseconds)."""

    first: int
    last: int
    started_at: int
    ended_at: int


@dataclass(slots=True)
class Sequence:
    """The numbers of one adapter's batches: ``first`` to ``last`` but for the holes, each end with its time."""

    source: Source
    first: int
    first_at: int
    last: int
    last_at: int
    holes: list[Hole]

    def add(self, seq: int, at: int) -> None:
        """A batch came; at which place in the sequence does not matter, nor whether it had come before."""
        if seq > self.last:
            self._note_hole(self.last + 1, seq - 1, self.last_at, at)
            self.last, self.last_at = seq, at
        elif seq < self.first:
            self._note_hole(seq + 1, self.first - 1, at, self.first_at)
            self.first, self.first_at = seq, at
        else:
            self._fill(seq, at)

    def _fill(self, seq: int, at: int) -> None:
        for hole in self.holes:
            if hole.first <= seq <= hole.last:
                self.holes.remove(hole)
                self._note_hole(hole.first, seq - 1, hole.started_at, at)
                self._note_hole(seq + 1, hole.last, at, hole.ended_at)
                return

    def _note_hole(self, first: int, last: int, started_at: int, ended_at: int) -> None:
        if first <= last:
            self.holes.append(Hole(first, last, started_at, ended_at))


def note_sequence(connection: Connection, number: int, batches: Iterable[Batch]) -> None:
    """Keep which numbers of each adapter have come."""
    came: dict[str, list[Batch]] = defaultdict(list)
    for batch in batches:
        came[key(batch.adapter)].append(batch)
    for adapter, its in came.items():
        sequence = stored_sequence(connection, number, adapter)
        known = set(sequence.holes) if sequence else set()
        for batch in its:
            at = to_microseconds(batch.received_at)
            if sequence is None:
                sequence = Sequence(batch.progress.source, batch.seq, at, batch.seq, at, [])
            sequence.add(batch.seq, at)
        if sequence is not None:
            _store(connection, number, adapter, sequence, known)


def stored_sequence(connection: Connection, number: int, adapter: str) -> Sequence | None:
    """What is known about the batches of one adapter."""
    asked = {"pbx": number, "adapter": adapter}
    row = connection.execute(_ADAPTER, asked).one_or_none()
    if row is None:
        return None
    holes = [Hole(*hole) for hole in connection.execute(_HOLES, asked)]
    return Sequence(Source(row.source), row.first_seq, row.first_received_at, row.last_seq, row.last_received_at, holes)


def recorded_seq(connection: Connection, pbx: PbxId, adapter: str) -> int:
    """Up to which number nothing is missing since the first that came; 0 if nothing came."""
    sequence = stored_sequence(connection, pbx_number(connection, pbx), key(adapter))
    if sequence is None:
        return 0
    return min((hole.first - 1 for hole in sequence.holes), default=sequence.last)


def _store(connection: Connection, number: int, adapter: str, sequence: Sequence, known: set[Hole]) -> None:
    row: Row = (
        number,
        adapter,
        sequence.source.value,
        sequence.first,
        sequence.first_at,
        sequence.last,
        sequence.last_at,
    )
    replace(connection, feed_adapters, [row])
    holes = set(sequence.holes)
    if holes != known:
        connection.execute(_FORGET_HOLES, {"pbx": number, "adapter": adapter})
        rows = [(number, adapter, hole.first, hole.last, hole.started_at, hole.ended_at) for hole in sequence.holes]
        insert(connection, feed_holes, rows)


_ADAPTER = select(feed_adapters).where(
    feed_adapters.c.pbx_id == bindparam("pbx"), feed_adapters.c.adapter == bindparam("adapter")
)
_HERE = feed_holes.c.pbx_id == bindparam("pbx"), feed_holes.c.adapter == bindparam("adapter")
_HOLES = select(feed_holes.c.first_seq, feed_holes.c.last_seq, feed_holes.c.started_at, feed_holes.c.ended_at).where(
    *_HERE
)
_FORGET_HOLES = delete(feed_holes).where(*_HERE)
