"""Entries of the stream as Redis holds them, in our words.

Total: an entry that is none of ours becomes a delivery without a batch, and goes the way of all that cannot be decoded.
"""

from collections.abc import Mapping, Sequence

from callcenter.ports import Delivery

SEQ, ADAPTER, BATCH = "seq", "adapter", "batch"
"""The fields of an entry."""
BEGINNING = "0-0"
"""Before every entry."""

Fields = Mapping[bytes, bytes]
Entry = tuple[bytes, Fields]


def entries_of(answer: Sequence[tuple[bytes, Sequence[Entry]]]) -> Sequence[Entry]:
    """The entries in an answer to XREAD or XREADGROUP for one stream."""
    return answer[0][1] if answer else ()


def split_lost(entries: Sequence[Entry]) -> tuple[list[Entry], list[str]]:
    """Entries that are there, and ids of those that were pending when somebody removed them from the stream."""
    there = [(entry_id, fields) for entry_id, fields in entries if fields]
    return there, [entry_id.decode() for entry_id, fields in entries if not fields]


def delivery(entry: Entry, deliveries: int = 1) -> Delivery:
    """One entry as its reader gets it."""
    entry_id, fields = entry
    seq = fields.get(SEQ.encode(), b"")
    return Delivery(
        entry_id=entry_id.decode(),
        seq=int(seq) if seq.isdigit() else 0,
        adapter=fields.get(ADAPTER.encode(), b"").decode(errors="replace"),
        payload=fields.get(BATCH.encode(), b""),
        deliveries=deliveries,
    )


def too_young_to_drop(now_milliseconds: int, keep_seconds: float) -> str:
    """The first id that is younger than ``keep_seconds``: ids begin with the milliseconds since 1970 of the server."""
    return str(max(0, now_milliseconds - int(keep_seconds * 1000) + 1))


def id_order(entry_id: str) -> tuple[int, int]:
    """Entry ids in the order in which they were given out. "5" means "5-0"."""
    milliseconds, _, ordinal = entry_id.partition("-")
    return int(milliseconds), int(ordinal or 0)
