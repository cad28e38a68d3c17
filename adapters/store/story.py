"""One visit with everything behind it."""

import zlib
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import BindParameter, Connection, and_, bindparam, select

from adapters.store.events import LEGS, decoded
from adapters.store.lists import among
from adapters.store.periods import read_ring
from adapters.store.tables import anomalies, callers, disagreements, events, ring_attempts, visits, wordings
from adapters.store.text import key, storable
from adapters.store.turns import pbx_number
from adapters.store.visits import read_visit, select_visits
from callcenter.codec import from_microseconds, unpack_raw
from callcenter.domain.calls.grouping import tied
from callcenter.domain.calls.legs import legs_of
from callcenter.domain.calls.visits import Anomaly, Disagreement
from callcenter.domain.errors import NotFound
from callcenter.domain.ids import EventId, LegId, PbxId, QueueName
from callcenter.ports import TimelineItem, VisitStory


def visit_story(connection: Connection, pbx: PbxId, visit_id: str) -> VisitStory:
    """A visit, its rings, the other visits of its call, and what was heard of the call. Raises NotFound.

    Rows may be stored with those of other calls whose loose ends fitted for a while: legs tell them apart.
    """
    asked: dict[str, Any] = {"pbx": pbx_number(connection, pbx), "visit": storable(visit_id)}
    names = {asked["pbx"]: pbx}
    row = connection.execute(_VISIT, asked).one_or_none()
    if row is None:
        raise NotFound("visit", visit_id)
    visit = read_visit(row, names)
    asked["call"] = visit.call
    together = [read_visit(row, names) for row in connection.execute(_SAME_CALL, asked)]
    heard = timeline(connection, asked["pbx"], visit.call)
    sets = tied([*map(_legs, heard), *(visit.legs for visit in together)])
    journey = sets.find(visit.leg)
    same_call = [other for other in together if sets.find(other.leg) == journey]
    return VisitStory(
        visit=visit,
        rings=tuple(read_ring(row, pbx) for row in connection.execute(_RINGS, asked)),
        same_call=tuple(other for other in same_call if other.visit_id != visit.visit_id),
        timeline=tuple(item for item in heard if sets.find(_legs(item)[0]) == journey),
        disagreements=tuple(map(read_disagreement, connection.execute(_DISAGREEMENTS, asked))),
        anomalies=tuple(map(read_anomaly, connection.execute(_ANOMALIES, asked))),
    )


def timeline(connection: Connection, number: int, call: LegId) -> tuple[TimelineItem, ...]:
    """The events of a call in time order, in the words of their source."""
    legs = list(connection.execute(LEGS, {"pbx": number, "roots": [call]}).scalars())
    rows = sorted(connection.execute(_TIMELINE, {"pbx": number, "legs": legs}), key=_as_heard)
    unpacked = {row.wording: _unpacked(row.packed) for row in {row.wording: row for row in rows}.values()}
    return tuple(
        TimelineItem(
            event=decoded(row.payload, row.number, row.name),
            wording=_one_of(unpacked[row.wording], row.wording_index),
            adapter=row.adapter,
            seq=row.seq,
        )
        for row in rows
    )


def _legs(item: TimelineItem) -> list[LegId]:
    """The legs that an event names, as keys are stored."""
    return [LegId(key(leg)) for leg in legs_of(item.event)]


def _as_heard(row: Any) -> tuple[int, int, int]:
    """At one instant in the order heard."""
    return row.occurred_at, row.wording, row.wording_index


def read_anomaly(row: Any) -> Anomaly:
    """The anomaly of a row of its table."""
    return Anomaly(
        kind=row.kind,
        at=from_microseconds(row.at),
        leg=None if row.leg is None else LegId(row.leg),
        queue=None if row.queue is None else QueueName(row.queue),
        event_id=EventId(row.event_id),
        detail=row.detail,
    )


def read_disagreement(row: Any) -> Disagreement:
    """The disagreement of a row of its table."""
    return Disagreement(
        visit_id=row.visit_id,
        queue=QueueName(row.queue),
        at=from_microseconds(row.at),
        field=row.field,
        ami=row.ami,
        queue_log=row.queue_log,
    )


def _unpacked(packed: bytes | None) -> Sequence[bytes]:
    """The wordings of a batch; none if they were erased, or are damaged: the facts stand without them."""
    if not packed:
        return ()
    try:
        return unpack_raw(packed)
    except (zlib.error, msgspec.MsgspecError):
        return ()


def _one_of(unpacked: Sequence[bytes], place: int) -> bytes:
    return unpacked[place] if place < len(unpacked) else b""


_PBX: BindParameter[int] = bindparam("pbx")
_CALL: BindParameter[str] = bindparam("call")
_VISIT = select_visits(visits.c.pbx_id == _PBX, visits.c.visit_id == bindparam("visit"))
_SAME_CALL = select_visits(visits.c.pbx_id == _PBX, visits.c.call == _CALL).order_by(
    visits.c.entered_at, visits.c.visit_id
)
_RINGS = (
    select(ring_attempts)
    .where(
        ring_attempts.c.pbx_id == _PBX,
        ring_attempts.c.call == _CALL,
    )
    .order_by(ring_attempts.c.rang_at, ring_attempts.c.number)
)
_DISAGREEMENTS = (
    select(disagreements)
    .where(
        disagreements.c.pbx_id == _PBX,
        disagreements.c.call == _CALL,
        disagreements.c.visit_id == bindparam("visit"),
    )
    .order_by(disagreements.c.at, disagreements.c.number)
)
_ANOMALIES = (
    select(anomalies)
    .where(anomalies.c.pbx_id == _PBX, anomalies.c.call == _CALL)
    .order_by(anomalies.c.at, anomalies.c.number)
)
_TIMELINE = (
    select(
        events.c.occurred_at,
        events.c.payload,
        events.c.wording,
        events.c.wording_index,
        callers.c.number,
        callers.c.name,
        wordings.c.adapter,
        wordings.c.seq,
        wordings.c.packed,
    )
    .select_from(events)
    # Every event has its wording; an outer join all the same, so that events are found first on any database.
    .outerjoin(wordings, and_(wordings.c.pbx_id == events.c.pbx_id, wordings.c.number == events.c.wording))
    .outerjoin(callers, callers.c.id == events.c.caller_id)
    .where(events.c.pbx_id == _PBX, among(events.c.leg, "legs"))
)
