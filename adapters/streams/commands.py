"""Single steps at the server, as functions of the client, so that a link can try each of them again."""

from collections.abc import Mapping, Sequence
from typing import Any

from redis.exceptions import ResponseError

from adapters.streams.entries import BEGINNING, Entry, delivery, entries_of, id_order
from callcenter.ports import Delivery

_NO_KEY = "no such key"


async def backwards(key: str, end: str, count: int, client: Any) -> Sequence[Entry]:
    """Entries from this id ("+": the last) towards the beginning."""
    found: Sequence[Entry] = await client.xrevrange(key, end, "-", count)
    return found


async def forwards(key: str, after: str, count: int, client: Any) -> Sequence[Entry]:
    """Entries after this id."""
    found: Sequence[Entry] = await client.xrange(key, f"({after}", "+", count)
    return found


async def holds(key: str, entry_id: str, client: Any) -> bool:
    """Whether this very entry is still there."""
    return bool(await client.xrange(key, entry_id, entry_id, 1))


async def resume_after(key: str, after: str, client: Any) -> str:
    """This id; or the beginning, where the stream has never been as far: then the server lost the one it is from."""
    try:
        info = await client.xinfo_stream(key)
    except ResponseError as error:
        if _NO_KEY not in str(error):
            raise
        return BEGINNING
    return after if id_order(after) <= id_order(info["last-generated-id"].decode()) else BEGINNING


async def groups(key: str, client: Any) -> list[dict[str, Any]]:
    """The groups of a stream with their progress; none where there is no stream."""
    try:
        return list(await client.xinfo_groups(key))
    except ResponseError as error:
        if _NO_KEY not in str(error):
            raise
        return []


async def read_after(key: str, after: str, count: int | None, block: int | None, client: Any) -> Sequence[Entry]:
    """Entries after this id, waiting this many milliseconds for one."""
    return entries_of(await client.xread({key: after}, count, block))


async def counted(key: str, group: str, entries: Sequence[Entry], client: Any) -> list[Delivery]:
    """Pending entries with how often each was handed out."""
    if not entries:
        return []
    async with client.pipeline(transaction=False) as pipeline:
        for entry_id, _ in entries:
            pipeline.xpending_range(key, group, entry_id, entry_id, 1)
        pending = await pipeline.execute()
    return [
        delivery(entry, found[0]["times_delivered"] if found else 1)
        for entry, found in zip(entries, pending, strict=True)
    ]


async def oldest_pending(key: str, group: str, client: Any) -> str | None:
    """The first entry that the group was given and has not acknowledged."""
    oldest: bytes | None = (await client.xpending(key, group))["min"]
    return None if oldest is None else oldest.decode()


async def bury(
    key: str, dead_key: str, group: str, entry_id: str, letter: Mapping[str, str | int | bytes], client: Any
) -> None:
    """Write the dead letter and acknowledge the entry, both or neither."""
    async with client.pipeline(transaction=True) as pipeline:
        pipeline.xadd(dead_key, letter)
        pipeline.xack(key, group, entry_id)
        await pipeline.execute()
