"""The event stream on Redis ≥ 7.0 or Valkey: one stream per PBX, consumer groups, at least once.

Nothing is skipped in silence. A group that is gone is an error, and its caller joins again from what the store has. A
read whose answer may have got lost is followed by a look at the reader's own pending entries. The stream is cut only
below what every group has acknowledged. Only commands of Redis 7.0 are used.
"""

import logging
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from adapters.streams.commands import (
    backwards,
    bury,
    counted,
    forwards,
    groups,
    oldest_pending,
    read_after,
    resume_after,
)
from adapters.streams.entries import (
    ADAPTER,
    BATCH,
    BEGINNING,
    SEQ,
    Entry,
    delivery,
    entries_of,
    id_order,
    split_lost,
    too_young_to_drop,
)
from adapters.streams.keys import Keys
from adapters.streams.link import Link
from adapters.streams.packed import add_all
from callcenter.domain.errors import GroupLost, StreamRefused
from callcenter.domain.ids import PbxId
from callcenter.ports import Delivery

Reader = tuple[PbxId, str, str]
"""PBX, group, consumer."""

_log = logging.getLogger(__name__)

_CHUNK_ENTRIES = 1000
_CHUNK_BYTES = 4_000_000
"""One transaction holds no more than this, so that neither side buffers without bound."""
_PAGE = 256
_FIRST_PAGE = 16


def warn_of_lost(pbx: PbxId, group: str, entry_ids: Sequence[str]) -> None:
    """What is done by default when pending entries are no longer in the stream: they are a hole in ``seq`` to fill."""
    _log.warning("group %s of %s: pending, but no longer in the stream: %s", group, pbx, ", ".join(entry_ids))


class RedisEventStream:
    """EventStream on the server behind a link. ``report_lost`` hears of pending entries that somebody removed."""

    def __init__(
        self,
        link: Link,
        keys: Keys | None = None,
        report_lost: Callable[[PbxId, str, Sequence[str]], None] = warn_of_lost,
    ) -> None:
        self._link = link
        self._keys = keys or Keys()
        self._report_lost = report_lost
        # After which of its own pending entries a reader goes on; None when it has seen them all.
        self._own_after: dict[Reader, str | None] = {}

    # --- writing --------------------------------------------------------------------------------------------------

    async def publish(self, pbx: PbxId, adapter: str, entries: Sequence[tuple[int, bytes]]) -> None:
        """Append (seq, encoded batch) pairs; returns when they are durable. Each thousand or 4 MB goes in whole.

        What a broken connection leaves in doubt is sent again, so a reader may see it twice.
        """
        key = self._keys.events(pbx)
        for chunk in _chunks(entries):
            await self._link.call(partial(add_all, key, adapter, chunk))

    async def last_entry(self, pbx: PbxId, adapter: str) -> Delivery | None:
        """The adapter's last entry that is still in the stream."""
        return await self._last_until(pbx, adapter, "+")

    async def acknowledged_seq(self, pbx: PbxId, adapter: str, group: str) -> int:
        """Up to which of its numbers the group has acknowledged everything of an adapter that is in the stream."""
        key = self._keys.events(pbx)
        for found in await self._link.call(partial(groups, key)):
            if found["name"] == group.encode():
                pending = await self._link.call(partial(oldest_pending, key, group))
                end = found["last-delivered-id"].decode() if pending is None else f"({pending}"
                last = await self._last_until(pbx, adapter, end)
                return 0 if last is None else last.seq
        return 0

    # --- reading as a group ---------------------------------------------------------------------------------------

    async def join(self, pbx: PbxId, group: str, after: str = "0") -> None:
        """Make the group unless it exists, reading from after this entry id; its readers see their pending ones again.

        Where the stream has never been as far as this id, it is not the one that the id was read from: the server lost
        it, and all that is in it now is new.
        """
        key = self._keys.events(pbx)
        start = await self._link.call(partial(resume_after, key, after))
        try:
            await self._link.call(lambda client: client.xgroup_create(key, group, id=start, mkstream=True))
        except StreamRefused as refused:
            if not refused.answer.startswith("BUSYGROUP"):
                raise
        for reader in [reader for reader in self._own_after if reader[:2] == (pbx, group)]:
            del self._own_after[reader]

    async def read(self, pbx: PbxId, group: str, consumer: str, *, limit: int, wait_seconds: float) -> list[Delivery]:
        """The consumer's own pending entries first (after each start, join and broken connection), then new ones.

        [] after the wait. Raises GroupLost.
        """
        with _group_errors(pbx, group):
            return await self._link.wait_for(partial(self._read, (pbx, group, consumer), limit), wait_seconds)

    async def claim(self, pbx: PbxId, group: str, consumer: str, *, idle_seconds: float, limit: int) -> list[Delivery]:
        """Take over entries that any consumer of the group has held for this long. Raises GroupLost."""
        with _group_errors(pbx, group):
            return await self._link.call(partial(self._claim, (pbx, group, consumer), int(idle_seconds * 1000), limit))

    async def acknowledge(self, pbx: PbxId, group: str, entry_ids: Sequence[str]) -> None:
        """These are done with, for good."""
        if entry_ids:
            key = self._keys.events(pbx)
            await self._link.call(lambda client: client.xack(key, group, *entry_ids))

    async def backlog(self, pbx: PbxId, group: str) -> int:
        """How many entries the group has not acknowledged yet, delivered or not. Raises GroupLost."""
        key = self._keys.events(pbx)
        for found in await self._link.call(partial(groups, key)):
            if found["name"] == group.encode():
                lag = found["lag"]
                if lag is None:  # the server does not know, for a group that began in the middle
                    lag = await self._count_after(key, found["last-delivered-id"].decode())
                return int(found["pending"]) + int(lag)
        raise GroupLost(pbx, group)

    # --- what cannot be handled, and what is done with ------------------------------------------------------------

    async def bury(self, pbx: PbxId, group: str, delivery: Delivery, reason: str) -> None:
        """Put an entry that cannot be handled into the dead-letter stream, with the reason, and acknowledge it."""
        letter: dict[str, str | int | bytes] = {
            "entry": delivery.entry_id,
            "group": group,
            "reason": reason,
            ADAPTER: delivery.adapter,
            SEQ: delivery.seq,
            BATCH: delivery.payload,
        }
        step = partial(bury, self._keys.events(pbx), self._keys.dead(pbx), group, delivery.entry_id, letter)
        await self._link.call(step)

    async def dead(self, pbx: PbxId, *, limit: int) -> list[tuple[str, str, bytes]]:
        """Dead letters, newest first: (id the entry had in the stream, reason, payload)."""
        letters = await self._link.call(partial(backwards, self._keys.dead(pbx), "+", limit))
        return [
            (fields[b"entry"].decode(), fields[b"reason"].decode(errors="replace"), fields[BATCH.encode()])
            for _, fields in letters
        ]

    async def trim(self, pbx: PbxId, *, below: str, keep_seconds: float) -> int:
        """Drop entries below this id that every group has acknowledged and that are older than ``keep_seconds``.

        The last one that a group has read stays. While there is no group at all, nobody has read anything: all stays.
        """
        key = self._keys.events(pbx)
        bounds = [bound async for bound in self._group_bounds(pbx, key)]
        if not bounds:
            return 0
        seconds, microseconds = await self._link.call(lambda client: client.time())
        young = too_young_to_drop(seconds * 1000 + microseconds // 1000, keep_seconds)
        lowest = min([below, young, *bounds], key=id_order)
        return int(await self._link.call(lambda client: client.xtrim(key, minid=lowest, approximate=False)))

    # --- reading without a group ----------------------------------------------------------------------------------

    async def follow(self, pbx: PbxId, *, after: str, wait_seconds: float) -> AsyncIterator[list[Delivery]]:
        """Every entry after this id ("0": all that is left), without a group; yields [] when the wait passes."""
        key = self._keys.events(pbx)
        while True:
            found = await self._link.wait_for(partial(read_after, key, after, _PAGE), wait_seconds)
            if found:
                after = found[-1][0].decode()
            else:
                after = await self._link.call(partial(resume_after, key, after))
            yield [delivery(entry) for entry in found]

    async def _last_until(self, pbx: PbxId, adapter: str, end: str) -> Delivery | None:
        key, size = self._keys.events(pbx), _FIRST_PAGE
        while True:
            page: Sequence[Entry] = await self._link.call(partial(backwards, key, end, size))
            for found in map(delivery, page):
                if found.adapter == adapter:
                    return found
            if len(page) < size:
                return None
            end, size = f"({page[-1][0].decode()}", _PAGE

    # --- steps; each may run again after a failure ----------------------------------------------------------------

    async def _read(self, reader: Reader, limit: int, block: int | None, client: Any) -> list[Delivery]:
        if own := await self._read_own(reader, limit, client):
            return own
        pbx, group, consumer = reader
        # Until the answer is here, entries may have become ours without our having seen them.
        self._own_after[reader] = BEGINNING
        answer = await client.xreadgroup(group, consumer, {self._keys.events(pbx): ">"}, count=limit, block=block)
        self._own_after[reader] = None
        return [delivery(entry) for entry in entries_of(answer)]

    async def _read_own(self, reader: Reader, limit: int, client: Any) -> list[Delivery]:
        pbx, group, consumer = reader
        key = self._keys.events(pbx)
        found: list[Delivery] = []
        while not found and (after := self._own_after.get(reader, BEGINNING)) is not None:
            page = entries_of(await client.xreadgroup(group, consumer, {key: after}, count=limit))
            there, lost = split_lost(page)
            if lost:
                await client.xack(key, group, *lost)
                self._report_lost(pbx, group, lost)
            found = await counted(key, group, there, client)
            self._own_after[reader] = page[-1][0].decode() if page else None
        return found

    async def _claim(self, reader: Reader, idle_milliseconds: int, limit: int, client: Any) -> list[Delivery]:
        pbx, group, consumer = reader
        key, cursor = self._keys.events(pbx), BEGINNING
        taken: list[Entry] = []
        seen = self._own_after.get(reader, BEGINNING)
        self._own_after[reader] = BEGINNING  # as for new ones: they may become ours unseen
        while len(taken) < limit:
            cursor, entries, deleted = await client.xautoclaim(
                key, group, consumer, idle_milliseconds, cursor, limit - len(taken)
            )
            there, lost = split_lost(entries)
            taken += there
            if lost := [*lost, *(entry_id.decode() for entry_id in deleted)]:
                self._report_lost(pbx, group, lost)
            if cursor == BEGINNING.encode():
                break
        found = await counted(key, group, taken, client)
        self._own_after[reader] = seen
        return found

    async def _group_bounds(self, pbx: PbxId, key: str) -> AsyncIterator[str]:
        """Below these ids every group has acknowledged everything."""
        for found in await self._link.call(partial(groups, key)):
            group = found["name"].decode(errors="replace")
            with _group_errors(pbx, group):
                pending = await self._link.call(partial(oldest_pending, key, group))
            yield found["last-delivered-id"].decode()
            if pending is not None:
                yield pending

    async def _count_after(self, key: str, after: str) -> int:
        count = 0
        while page := await self._link.call(partial(forwards, key, after, _PAGE)):
            count += len(page)
            after = page[-1][0].decode()
        return count


def _chunks(entries: Sequence[tuple[int, bytes]]) -> Iterator[list[tuple[int, bytes]]]:
    chunk: list[tuple[int, bytes]] = []
    size = 0
    for entry in entries:
        if chunk and (len(chunk) >= _CHUNK_ENTRIES or size + len(entry[1]) > _CHUNK_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(entry)
        size += len(entry[1])
    if chunk:
        yield chunk


@contextmanager
def _group_errors(pbx: PbxId, group: str) -> Iterator[None]:
    try:
        yield
    except StreamRefused as refused:
        if refused.answer.startswith("NOGROUP"):
            raise GroupLost(pbx, group) from refused
        raise
