"""Batches for tests of the store: what adapters hand over, in as few words as a test needs."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any, TypeVar

from sqlalchemy import Connection, select

from adapters.store import Store
from adapters.store.engine import connect
from adapters.store.tables import metadata, pbxs
from adapters.store.urls import database_url
from callcenter.codec import pack_raw
from callcenter.domain.batches import Batch, SourceProgress
from callcenter.domain.calls.visits import FoldedCall
from callcenter.domain.event import Event
from callcenter.domain.ids import EventId, LegId, PbxId, Source
from tests.support.agents import PBX, at

E = TypeVar("E", bound=Event)


def told(kind: type[E], seconds: float, *, pbx: PbxId = PBX, source: Source = Source.AMI, **values: Any) -> E:
    """An event with an id made from all that it says."""
    words = f"{pbx}|{kind.TYPE}|{seconds}|{source}|{sorted(values.items())}"
    event_id = EventId(sha256(words.encode("utf-8", "surrogatepass")).digest()[:16])
    return kind(event_id=event_id, occurred_at=at(seconds), pbx=pbx, source=source, **values)


def wording_of(event: Event) -> bytes:
    """The words in which a batch of `batch` tells an event."""
    return f"Event: {event.TYPE} {event.event_id.hex()}".encode()


def progress(offset: int, *, source: Source = Source.AMI, connection: str = "c1", **more: Any) -> SourceProgress:
    """How far a connection was read; a frame per ten bytes unless told otherwise."""
    return SourceProgress(
        **{"source": source, "connection": connection, "offset": offset, "frames": offset // 10, **more}
    )


def batch(events: Sequence[Event], seq: int = 1, *, adapter: str = "a", pbx: PbxId = PBX, **more: Any) -> Batch:
    """What one adapter heard together; read as far as its number says, unless told otherwise."""
    given: dict[str, Any] = {
        "pbx": pbx,
        "adapter": adapter,
        "seq": seq,
        "received_at": at(seq),
        "events": tuple(events),
        "raw": pack_raw(map(wording_of, events)),
        "progress": progress(100 * seq),
    }
    return Batch(**{**given, **more})


async def record(store: Store, *batches: Batch, pbx: PbxId = PBX) -> list[Event]:
    """Add batches in a transaction of their own; returns the new events."""
    async with store.ledger.recording(pbx) as recording:
        return await recording.add(batches)


async def keep(store: Store, folded: dict[str, FoldedCall], *, retired: Sequence[str] = (), pbx: PbxId = PBX) -> None:
    """Store the rows of calls in a transaction of their own."""
    calls = {LegId(root): call for root, call in folded.items()}
    async with store.ledger.recording(pbx) as recording:
        await recording.replace_calls(calls, [LegId(root) for root in retired])


_VOLATILE = {
    ("callers", "id"),
    ("events", "caller_id"),
    ("events", "wording"),
    ("events", "wording_index"),
    ("pbxs", "id"),
    ("pbxs", "wordings"),
    ("pbxs", "recordings"),
    ("recording_links", "id"),
    ("stale_marks", "token"),
    ("visits", "caller_id"),
    ("wordings", "number"),
}
"""Columns whose values are drawn, or count in the order of arrival."""


async def everything(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, sorted, without what depends on the order of arrival."""
    database = connect(database_url(url), None)
    try:
        async with database.reading() as transaction:
            return await transaction.run(_everything)
    finally:
        await database.close()


async def run_sql(url: str, statement: str) -> None:
    """What somebody does to a database by hand."""
    database = connect(database_url(url), None)
    try:
        async with database.writing() as transaction:
            await transaction.run(Connection.exec_driver_sql, statement)
    finally:
        await database.close()


def _everything(connection: Connection) -> dict[str, list[tuple[Any, ...]]]:
    names = {row.id: row.name for row in connection.execute(select(pbxs))}
    found: dict[str, list[tuple[Any, ...]]] = {}
    for table in metadata.tables.values():
        columns = [column for column in table.columns if (table.name, column.name) not in _VOLATILE]
        places = [column.name == "pbx_id" for column in columns]
        rows = [
            tuple(names[value] if is_pbx else value for value, is_pbx in zip(row, places, strict=True))
            for row in connection.execute(select(*columns))
        ]
        found[table.name] = sorted(rows, key=repr)
    return found
