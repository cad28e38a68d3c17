"""What the store keeps about the feeds: how far each source was read, and what it told of itself.

All of it follows from the set of batches alone, whatever their order and however often they come.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, select

from adapters.store.bulk import Row, insert_missing, replace
from adapters.store.packing import counts, read_counts
from adapters.store.tables import feed_changes, feed_progress, feed_sources, pbx_starts, queue_settings, snapshots
from adapters.store.text import key, storable
from callcenter.codec import decode_event, encode_event, from_microseconds, to_microseconds
from callcenter.domain.batches import Batch, SourceProgress
from callcenter.domain.event import Event
from callcenter.domain.feed import FeedLost, FeedRestored, LegsSeen, PbxStarted, QueueSeen, WaitingSeen
from callcenter.domain.ids import Source


def note_progress(connection: Connection, number: int, batches: Iterable[Batch]) -> None:
    """Keep the furthest progress of every connection."""
    furthest: dict[tuple[str, str], Row] = {}
    for batch in batches:
        row = _progress_row(number, batch)
        place = row[1], row[2]
        if place not in furthest or _further(row) > _further(furthest[place]):
            furthest[place] = row
    replace(connection, feed_progress, list(furthest.values()), only_if=_IS_FURTHER)


def note_events(connection: Connection, number: int, new: Collection[tuple[Row, Event]]) -> None:
    """Keep what events that were not there yet say about their source, the PBX and its queues."""
    _count(connection, number, [row for row, _ in new])
    about_feeds = [event for _, event in new if type(event) in _ABOUT_FEEDS]
    changes = [_change_row(number, event) for event in about_feeds if isinstance(event, FeedLost | FeedRestored)]
    insert_missing(connection, feed_changes, changes)
    starts = {to_microseconds(event.started_at) for event in about_feeds if isinstance(event, PbxStarted)}
    insert_missing(connection, pbx_starts, [(number, start) for start in sorted(starts)])
    _note_queues(connection, number, [event for event in about_feeds if isinstance(event, QueueSeen)])
    _note_snapshots(connection, number, [event for event in about_feeds if isinstance(event, WaitingSeen | LegsSeen)])


def last_snapshots(connection: Connection, number: int) -> list[Event]:
    """The latest complete snapshot of each queue, and of all legs."""
    return list(map(decode_event, connection.execute(_SNAPSHOTS, {"pbx": number}).scalars()))


def known_starts(connection: Connection, number: int) -> list[datetime]:
    """When the processes of a PBX began."""
    return list(map(from_microseconds, connection.execute(_STARTS, {"pbx": number}).scalars()))


def read_until(connection: Connection, number: int) -> datetime | None:
    """The PBX time up to which its sources have been read.

    AMI is where its present connections are: an earlier one may have heard a clock that was wrong. Rows of a log are in
    it for good, so every file counts.
    """
    ami, logs, last = connection.execute(_HORIZON, {"pbx": number}).one()
    found = max((until for until in (ami, logs) if until is not None), default=last)
    return None if found is None else from_microseconds(found)


def stored_progress(connection: Connection, number: int) -> tuple[SourceProgress, ...]:
    """How far every connection and file has been read."""
    return tuple(
        SourceProgress(
            source=Source(row.source),
            connection=row.connection,
            offset=row.read_bytes,
            frames=row.frames,
            read_until=None if row.read_until is None else from_microseconds(row.read_until),
            unknown=read_counts(row.unknown),
            problems=read_counts(row.problems),
            checkpoint=row.checkpoint,
        )
        for row in connection.execute(_PROGRESS, {"pbx": number})
    )


def _progress_row(number: int, batch: Batch) -> Row:
    progress = batch.progress
    return (
        number,
        progress.source.value,
        key(progress.connection),
        progress.offset,
        progress.frames,
        None if progress.read_until is None else to_microseconds(progress.read_until),
        to_microseconds(batch.received_at),
        counts(progress.unknown),
        counts(progress.problems),
        storable(progress.checkpoint),
    )


_ABOUT_FEEDS = frozenset({FeedLost, FeedRestored, LegsSeen, PbxStarted, QueueSeen, WaitingSeen})

_OCCURRED_AT, _SOURCE = 1, 4
"""Where a row of `events` has its time and source."""

_NEVER = -(2**63)


def _further(row: Row) -> tuple[int, int, int, int]:
    return row[3], row[4], _NEVER if row[5] is None else row[5], row[6]


def _reached(row: str) -> str:
    return f"({row}.read_bytes, {row}.frames, coalesce({row}.read_until, {_NEVER}), {row}.received_at)"


_IS_FURTHER = f"{_reached('excluded')} > {_reached('feed_progress')}"


def _count(connection: Connection, number: int, new: Sequence[Row]) -> None:
    """Add to the count of each source. Exact, since an event is new only once and the count is in its transaction."""
    known = {row.source: row for row in connection.execute(_SOURCES, {"pbx": number})}
    rows: list[Row] = []
    for source in {row[_SOURCE] for row in new}:
        instants = [row[_OCCURRED_AT] for row in new if row[_SOURCE] == source]
        events, first, last = len(instants), min(instants), max(instants)
        if (row := known.get(source)) is not None:
            events, first, last = row.events + events, min(row.first_at, first), max(row.last_at, last)
        rows.append((number, source, events, first, last))
    replace(connection, feed_sources, rows)


def _change_row(number: int, event: FeedLost | FeedRestored) -> Row:
    restored = isinstance(event, FeedRestored)
    reason = event.reason if isinstance(event, FeedLost) else ""
    at = to_microseconds(event.occurred_at)
    return number, event.event_id, event.source.value, key(event.connection), at, restored, storable(reason)


def _note_queues(connection: Connection, number: int, seen: Sequence[QueueSeen]) -> None:
    latest: dict[str, Row] = {}
    for event in seen:
        row = number, key(event.queue), event.service_level_seconds, to_microseconds(event.occurred_at), event.event_id
        if row[1] not in latest or row[3:] > latest[row[1]][3:]:
            latest[row[1]] = row
    replace(connection, queue_settings, list(latest.values()), only_if=_IS_LATER)


def _note_snapshots(connection: Connection, number: int, seen: Sequence[WaitingSeen | LegsSeen]) -> None:
    latest: dict[str, Row] = {}
    for event in seen:
        subject = key(event.queue) if isinstance(event, WaitingSeen) else ""
        row = number, subject, to_microseconds(event.occurred_at), event.event_id, encode_event(event)
        if subject not in latest or row[2:4] > latest[subject][2:4]:
            latest[subject] = row
    replace(connection, snapshots, list(latest.values()), only_if=_IS_LATER_SNAPSHOT)


# Equal instants are told apart by the id, so that the order of arrival does not matter.
_IS_LATER = "(excluded.seen_at, excluded.event_id) > (queue_settings.seen_at, queue_settings.event_id)"

_IS_LATER_SNAPSHOT = "(excluded.seen_at, excluded.event_id) > (snapshots.seen_at, snapshots.event_id)"
_SNAPSHOTS = select(snapshots.c.payload).where(snapshots.c.pbx_id == bindparam("pbx")).order_by(snapshots.c.subject)

_STARTS = (
    select(pbx_starts.c.started_at).where(pbx_starts.c.pbx_id == bindparam("pbx")).order_by(pbx_starts.c.started_at)
)
_SOURCES = select(feed_sources).where(feed_sources.c.pbx_id == bindparam("pbx"))
_PROGRESS = (
    select(feed_progress)
    .where(feed_progress.c.pbx_id == bindparam("pbx"))
    .order_by(feed_progress.c.source, feed_progress.c.connection)
)
_PRESENT_WITHIN = 60_000_000
"""Microseconds. Each connection tells of itself every few seconds, so those heard within this are all present."""

_AMI_READ = (
    select(feed_progress.c.read_until, feed_progress.c.received_at)
    .where(
        feed_progress.c.pbx_id == bindparam("pbx"),
        feed_progress.c.source == Source.AMI.value,
        feed_progress.c.read_until.is_not(None),
    )
    .cte("ami_read")
)
_PRESENT = select(func.max(_AMI_READ.c.received_at) - _PRESENT_WITHIN).scalar_subquery()
_HORIZON = select(
    select(func.max(_AMI_READ.c.read_until)).where(_AMI_READ.c.received_at >= _PRESENT).scalar_subquery(),
    select(func.max(feed_progress.c.read_until))
    .where(feed_progress.c.pbx_id == bindparam("pbx"), feed_progress.c.source != Source.AMI.value)
    .scalar_subquery(),
    select(func.max(feed_sources.c.last_at)).where(feed_sources.c.pbx_id == bindparam("pbx")).scalar_subquery(),
)
