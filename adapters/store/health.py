"""How well each PBX is heard, from what the recorder has kept about its feeds."""

from datetime import datetime

from sqlalchemy import BindParameter, Connection, bindparam, func, select

from adapters.store.feed import stored_progress
from adapters.store.gaps import STREAM_HOLE, FeedChange, HeardSource, feed_gaps, filled, period_of
from adapters.store.tables import (
    anomalies,
    disagreements,
    feed_adapters,
    feed_changes,
    feed_holes,
    feed_sources,
    stale_marks,
)
from adapters.store.turns import pbx_names, pbx_number
from callcenter.codec import from_microseconds
from callcenter.domain.ids import PbxId, Source
from callcenter.domain.periods import Period
from callcenter.ports import FeedGap, FeedReport


def feed_report(connection: Connection, pbx: PbxId) -> FeedReport:
    """Everything that is known about the hearing of a PBX."""
    number = pbx_number(connection, pbx)
    asked = {"pbx": number}
    return FeedReport(
        pbx=pbx,
        progress=stored_progress(connection, number),
        events_by_source={Source(row.source): row.events for row in connection.execute(_SOURCES, asked)},
        anomalies={row.kind: row.many for row in connection.execute(_ANOMALIES, asked)},
        disagreements=connection.execute(_DISAGREEMENTS, asked).scalar_one(),
        gaps=tuple(_gaps(connection, number, pbx)),
        stale_marks=connection.execute(_STALE, asked).scalar_one(),
    )


def covered(connection: Connection, pbx: PbxId | None) -> Period | None:
    """From the first to the last instant that the sources of a PBX, or of all, told of."""
    return period_of([one for number in pbx_names(connection, pbx) for one in _heard(connection, number)])


def _gaps(connection: Connection, number: int, pbx: PbxId) -> list[FeedGap]:
    changes = [
        FeedChange(Source(row.source), row.connection, from_microseconds(row.changed_at), row.is_restored, row.reason)
        for row in connection.execute(_CHANGES, {"pbx": number})
    ]
    read_until = {
        (progress.source, progress.connection): progress.read_until
        for progress in stored_progress(connection, number)
        if progress.read_until is not None
    }
    holes = [
        FeedGap(
            pbx,
            Source(row.source),
            from_microseconds(row.started_at),
            from_microseconds(row.ended_at),
            STREAM_HOLE,
            None,
        )
        for row in connection.execute(_HOLES, {"pbx": number})
    ]
    gaps = filled([*feed_gaps(pbx, changes, read_until), *holes], _heard(connection, number))
    return sorted(gaps, key=lambda gap: (gap.started_at, gap.source))


def _heard(connection: Connection, number: int) -> list[HeardSource]:
    """From when to when each source told of anything, be it that nothing happened."""
    until: dict[Source, list[datetime]] = {}
    for progress in stored_progress(connection, number):
        if progress.read_until is not None:
            until.setdefault(progress.source, []).append(progress.read_until)
    return [
        HeardSource(
            source := Source(row.source),
            from_microseconds(row.first_at),
            max([from_microseconds(row.last_at), *until.get(source, [])]),
        )
        for row in connection.execute(_SOURCES, {"pbx": number})
    ]


_PBX: BindParameter[int] = bindparam("pbx")
_SOURCES = select(feed_sources).where(feed_sources.c.pbx_id == _PBX).order_by(feed_sources.c.source)
_CHANGES = select(feed_changes).where(feed_changes.c.pbx_id == _PBX)
_HOLES = (
    select(feed_adapters.c.source, feed_holes.c.started_at, feed_holes.c.ended_at)
    .join(
        feed_holes,
        (feed_holes.c.pbx_id == feed_adapters.c.pbx_id) & (feed_holes.c.adapter == feed_adapters.c.adapter),
    )
    .where(feed_adapters.c.pbx_id == _PBX)
)
_ANOMALIES = (
    select(anomalies.c.kind, func.count().label("many"))
    .where(anomalies.c.pbx_id == _PBX)
    .group_by(anomalies.c.kind)
    .order_by(anomalies.c.kind)
)
_DISAGREEMENTS = select(func.count()).where(disagreements.c.pbx_id == _PBX)
_STALE = select(func.count()).where(stale_marks.c.pbx_id == _PBX)
