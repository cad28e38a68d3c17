"""The live feed on Redis: snapshots and deltas of the floor in one stream per PBX.

The stream is cut by length, and only by the command that appends a snapshot. So the last snapshot and every delta
after it are always there, and where a follower has fallen so far behind that entries were cut away before it saw
them, a snapshot that makes up for them is there too.
"""

from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import Any

from adapters.streams.commands import backwards, holds, read_after, resume_after
from adapters.streams.entries import Entry
from adapters.streams.keys import Keys
from adapters.streams.link import Link
from callcenter.domain.ids import PbxId

LiveEntry = tuple[str, str, bytes]
"""Id, kind, body."""

SNAPSHOT = "snapshot"
KEEP_ENTRIES = 1000
"""How many entries stay when a snapshot comes: what a browser may miss and still catch up with delta by delta."""

_KIND, _BODY = "kind", "body"
_PAGE = 256


class RedisLiveFeed:
    """LiveFeed on the server behind a link. It is as long as its writer lets it be between two snapshots."""

    def __init__(self, link: Link, keys: Keys | None = None, *, keep_entries: int = KEEP_ENTRIES) -> None:
        self._link = link
        self._keys = keys or Keys()
        self._keep_entries = keep_entries

    async def publish(self, pbx: PbxId, kind: str, body: bytes) -> str:
        """Append a ``snapshot`` or ``delta``; returns its id. A snapshot drops all but the last ``keep_entries``.

        After a broken connection it may be there twice, so a delta must say what is, not by how much it changed.
        """
        longest = self._keep_entries if kind == SNAPSHOT else None
        entry_id: bytes = await self._link.call(partial(_add, self._keys.live(pbx), kind, body, longest))
        return entry_id.decode()

    async def latest(self, pbx: PbxId) -> list[LiveEntry]:
        """The last snapshot and all deltas after it, as (id, kind, body); [] when there is none."""
        for _ in range(2):  # a new snapshot may cut away the one we read back to; then the new one is found
            if found := await self._back_to_snapshot(self._keys.live(pbx)):
                return found
        return []

    async def follow(self, pbx: PbxId, *, after: str, wait_seconds: float) -> AsyncIterator[list[LiveEntry]]:
        """What comes after this id; yields [] when the wait passes.

        Where some of it was cut away before it was read, it goes on with the last snapshot: never a silent hole.
        """
        key = self._keys.live(pbx)
        while True:
            found = list(
                map(_live_entry, await self._link.wait_for(partial(read_after, key, after, None), wait_seconds))
            )
            start = last_snapshot(found)
            if start is not None and not await self._link.call(partial(holds, key, after)):
                found = found[start:]
            after = found[-1][0] if found else await self._link.call(partial(resume_after, key, after))
            yield found

    async def _back_to_snapshot(self, key: str) -> list[LiveEntry]:
        newest_first: list[LiveEntry] = []
        end = "+"
        while page := await self._link.call(partial(backwards, key, end, _PAGE)):
            for entry in map(_live_entry, page):
                newest_first.append(entry)
                if entry[1] == SNAPSHOT:
                    return newest_first[::-1]
            end = f"({newest_first[-1][0]}"
        return []


async def _add(key: str, kind: str, body: bytes, longest: int | None, client: Any) -> bytes:
    entry_id: bytes = await client.xadd(key, {_KIND: kind, _BODY: body}, maxlen=longest, approximate=False)
    return entry_id


def _live_entry(entry: Entry) -> LiveEntry:
    entry_id, fields = entry
    return entry_id.decode(), fields.get(_KIND.encode(), b"").decode(errors="replace"), fields.get(_BODY.encode(), b"")


def last_snapshot(entries: Sequence[LiveEntry]) -> int | None:
    """Where in these entries the last snapshot is."""
    return next((at for at in reversed(range(len(entries))) if entries[at][1] == SNAPSHOT), None)
