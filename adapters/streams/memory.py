"""EventStream and LiveFeed without a server, for contract tests and simulation only: nothing survives the process.

`MemoryStreams` stands for the server; each event stream or feed made on it is like a process that talks to it.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import islice
from typing import TypeVar

from adapters.streams.entries import BEGINNING, id_order, too_young_to_drop
from adapters.streams.live_feed import KEEP_ENTRIES, SNAPSHOT, LiveEntry, last_snapshot
from callcenter.codec import to_microseconds
from callcenter.domain.errors import GroupLost
from callcenter.domain.ids import PbxId
from callcenter.ports import Clock, Delivery

T = TypeVar("T")
Found = TypeVar("Found")


@dataclass(slots=True)
class _Pending:
    consumer: str
    since: datetime
    deliveries: int


@dataclass(slots=True)
class _Group:
    delivered: str
    pending: dict[str, _Pending] = field(default_factory=dict)


class _Log(dict[str, T]):
    """Entries by id, in the order of their ids, and the last id ever given out."""

    last_id = BEGINNING

    def append(self, now: datetime, item: T) -> str:
        milliseconds = to_microseconds(now) // 1000
        last, ordinal = id_order(self.last_id)
        self.last_id = f"{milliseconds}-0" if milliseconds > last else f"{last}-{ordinal + 1}"
        self[self.last_id] = item
        return self.last_id

    def after(self, entry_id: str) -> Iterator[tuple[str, T]]:
        bound = id_order(entry_id)
        return ((found, item) for found, item in self.items() if id_order(found) > bound)

    def resume_after(self, entry_id: str) -> str:
        """This id; or the beginning where the log has never been as far."""
        return entry_id if id_order(entry_id) <= id_order(self.last_id) else BEGINNING


class MemoryStreams:
    """What a server would hold."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.events: dict[PbxId, _Log[tuple[int, str, bytes]]] = {}
        self.groups: dict[tuple[PbxId, str], _Group] = {}
        self.letters: dict[PbxId, list[tuple[str, str, bytes]]] = {}
        self.live: dict[PbxId, _Log[tuple[str, bytes]]] = {}
        self._news = asyncio.Event()

    def wipe(self) -> None:
        """Lose everything, as a server does that starts without its data."""
        self.events, self.groups, self.letters, self.live = {}, {}, {}, {}

    def tell(self) -> None:
        """Wake whoever waits for something new."""
        self._news.set()
        self._news = asyncio.Event()

    async def wait_for(self, look: Callable[[], Found], wait_seconds: float) -> Found:
        """What ``look`` finds: asked again at all news, until it is something or the wait is over."""
        if wait_seconds > 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_seconds):
                    while not (found := look()):
                        await self._news.wait()
                    return found
        return look()


class MemoryEventStream:
    """EventStream on memory."""

    def __init__(self, server: MemoryStreams) -> None:
        self._server = server
        self._own_after: dict[tuple[PbxId, str, str], str | None] = {}

    async def publish(self, pbx: PbxId, adapter: str, entries: Sequence[tuple[int, bytes]]) -> None:
        """Append (seq, encoded batch) pairs."""
        for seq, payload in entries:
            self._log(pbx).append(self._server.clock.now(), (seq, adapter, payload))
        self._server.tell()

    async def last_entry(self, pbx: PbxId, adapter: str) -> Delivery | None:
        """The adapter's last entry that is still in the stream."""
        return self._last(pbx, adapter, lambda entry_id: True)

    async def acknowledged_seq(self, pbx: PbxId, adapter: str, group: str) -> int:
        """Up to which of its numbers the group has acknowledged everything of an adapter that is in the stream."""
        known = self._server.groups.get((pbx, group))
        if known is None:
            return 0
        delivered, waiting = id_order(known.delivered), [id_order(entry_id) for entry_id in islice(known.pending, 1)]
        last = self._last(
            pbx, adapter, lambda one: id_order(one) <= delivered and all(id_order(one) < first for first in waiting)
        )
        return 0 if last is None else last.seq

    async def join(self, pbx: PbxId, group: str, after: str = "0") -> None:
        """Make the group unless it exists; its readers see their pending entries again."""
        self._server.groups.setdefault((pbx, group), _Group(self._log(pbx).resume_after(after)))
        for reader in [reader for reader in self._own_after if reader[:2] == (pbx, group)]:
            del self._own_after[reader]

    async def read(self, pbx: PbxId, group: str, consumer: str, *, limit: int, wait_seconds: float) -> list[Delivery]:
        """The consumer's own pending entries first (after each start and join), then new ones; [] after the wait."""
        return await self._server.wait_for(lambda: self._read(pbx, group, consumer, limit), wait_seconds)

    async def claim(self, pbx: PbxId, group: str, consumer: str, *, idle_seconds: float, limit: int) -> list[Delivery]:
        """Take over entries that any consumer of the group has held for this long."""
        now = self._server.clock.now()
        pending = self._group(pbx, group).pending
        idle = [found for found, held in pending.items() if (now - held.since).total_seconds() >= idle_seconds]
        return [self._hand_out(pbx, group, consumer, entry_id) for entry_id in idle[:limit]]

    async def acknowledge(self, pbx: PbxId, group: str, entry_ids: Sequence[str]) -> None:
        """These are done with."""
        if known := self._server.groups.get((pbx, group)):
            for entry_id in entry_ids:
                known.pending.pop(entry_id, None)

    async def bury(self, pbx: PbxId, group: str, delivery: Delivery, reason: str) -> None:
        """Put an entry among the dead letters, with the reason, and acknowledge it."""
        self._server.letters.setdefault(pbx, []).append((delivery.entry_id, reason, delivery.payload))
        await self.acknowledge(pbx, group, [delivery.entry_id])

    async def dead(self, pbx: PbxId, *, limit: int) -> list[tuple[str, str, bytes]]:
        """Dead letters, newest first."""
        return self._server.letters.get(pbx, [])[::-1][:limit]

    async def backlog(self, pbx: PbxId, group: str) -> int:
        """How many entries the group has not acknowledged yet, delivered or not."""
        known = self._group(pbx, group)
        return len(known.pending) + sum(1 for _ in self._log(pbx).after(known.delivered))

    async def trim(self, pbx: PbxId, *, below: str, keep_seconds: float) -> int:
        """Drop entries below this id that every group has acknowledged and that are older than ``keep_seconds``."""
        joined = [known for (of, _), known in self._server.groups.items() if of == pbx]
        if not joined:
            return 0
        now = to_microseconds(self._server.clock.now()) // 1000
        bounds = [below, too_young_to_drop(now, keep_seconds), *(known.delivered for known in joined)]
        bounds += [entry_id for known in joined for entry_id in islice(known.pending, 1)]
        lowest = min(map(id_order, bounds))
        log = self._log(pbx)
        done_with = [entry_id for entry_id in log if id_order(entry_id) < lowest]
        for entry_id in done_with:
            del log[entry_id]
        return len(done_with)

    async def follow(self, pbx: PbxId, *, after: str, wait_seconds: float) -> AsyncIterator[list[Delivery]]:
        """Every entry after this id, without a group; yields [] when the wait passes."""
        while True:
            found = await self._server.wait_for(partial(self._after, pbx, after), wait_seconds)
            after = found[-1][0] if found else self._log(pbx).resume_after(after)
            yield [Delivery(entry_id, seq, adapter, payload) for entry_id, (seq, adapter, payload) in found]

    def _read(self, pbx: PbxId, group: str, consumer: str, limit: int) -> list[Delivery]:
        known, reader = self._group(pbx, group), (pbx, group, consumer)
        if (after := self._own_after.get(reader, BEGINNING)) is not None:
            mine = [found for found, held in known.pending.items() if held.consumer == consumer]
            own = [found for found in mine if id_order(found) > id_order(after)][:limit]
            self._own_after[reader] = own[-1] if own else None
            if own:
                return [self._hand_out(pbx, group, consumer, entry_id) for entry_id in own]
        new = [entry_id for entry_id, _ in islice(self._log(pbx).after(known.delivered), limit)]
        if new:
            known.delivered = new[-1]
        return [self._hand_out(pbx, group, consumer, entry_id) for entry_id in new]

    def _hand_out(self, pbx: PbxId, group: str, consumer: str, entry_id: str) -> Delivery:
        pending = self._group(pbx, group).pending
        deliveries = pending[entry_id].deliveries + 1 if entry_id in pending else 1
        pending[entry_id] = _Pending(consumer, self._server.clock.now(), deliveries)
        seq, adapter, payload = self._log(pbx)[entry_id]
        return Delivery(entry_id, seq, adapter, payload, deliveries)

    def _last(self, pbx: PbxId, adapter: str, wanted: Callable[[str], bool]) -> Delivery | None:
        for entry_id, (seq, who, payload) in reversed(self._log(pbx).items()):
            if who == adapter and wanted(entry_id):
                return Delivery(entry_id, seq, who, payload)
        return None

    def _after(self, pbx: PbxId, entry_id: str) -> list[tuple[str, tuple[int, str, bytes]]]:
        return list(self._log(pbx).after(entry_id))

    def _log(self, pbx: PbxId) -> _Log[tuple[int, str, bytes]]:
        return self._server.events.setdefault(pbx, _Log())

    def _group(self, pbx: PbxId, group: str) -> _Group:
        try:
            return self._server.groups[pbx, group]
        except KeyError:
            raise GroupLost(pbx, group) from None


class MemoryLiveFeed:
    """LiveFeed on memory."""

    def __init__(self, server: MemoryStreams, *, keep_entries: int = KEEP_ENTRIES) -> None:
        self._server = server
        self._keep_entries = keep_entries

    async def publish(self, pbx: PbxId, kind: str, body: bytes) -> str:
        """Append a ``snapshot`` or ``delta``; returns its id. A snapshot drops all but the last ``keep_entries``."""
        log = self._log(pbx)
        entry_id = log.append(self._server.clock.now(), (kind, body))
        if kind == SNAPSHOT:
            for old in list(log)[: -self._keep_entries]:
                del log[old]
        self._server.tell()
        return entry_id

    async def latest(self, pbx: PbxId) -> list[LiveEntry]:
        """The last snapshot and all deltas after it; [] when there is none."""
        entries = self._after(pbx, BEGINNING)
        start = last_snapshot(entries)
        return [] if start is None else entries[start:]

    async def follow(self, pbx: PbxId, *, after: str, wait_seconds: float) -> AsyncIterator[list[LiveEntry]]:
        """What comes after this id, or the last snapshot on where some was cut away; [] when the wait passes."""
        while True:
            found = await self._server.wait_for(partial(self._after, pbx, after), wait_seconds)
            start = last_snapshot(found)
            if start is not None and after not in self._log(pbx):
                found = found[start:]
            after = found[-1][0] if found else self._log(pbx).resume_after(after)
            yield found

    def _after(self, pbx: PbxId, entry_id: str) -> list[LiveEntry]:
        return [(found, kind, body) for found, (kind, body) in self._log(pbx).after(entry_id)]

    def _log(self, pbx: PbxId) -> _Log[tuple[str, bytes]]:
        return self._server.live.setdefault(pbx, _Log())
