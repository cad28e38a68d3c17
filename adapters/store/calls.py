"""Calls as the recorder keeps them: which legs they have, and the rows that follow from their events."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import BindParameter, Connection, Table, bindparam, delete, func, select, update

from adapters.store.bulk import Row, insert, replace
from adapters.store.callers import caller_numbers
from adapters.store.feed import read_until
from adapters.store.lists import among
from adapters.store.packing import ids
from adapters.store.tables import (
    anomalies,
    disagreements,
    legs,
    loose_ends,
    recording_links,
    refusals,
    ring_attempts,
    visits,
)
from adapters.store.text import key, storable
from adapters.store.visits import read_instant, visit_row
from callcenter.codec import from_microseconds, to_microseconds
from callcenter.domain.calls.visits import (
    LOOSE_TOLERANCE,
    Anomaly,
    Disagreement,
    FoldedCall,
    LooseEnd,
    LooseKind,
    Outcome,
    Refusal,
    RingAttempt,
)
from callcenter.domain.ids import LegId, QueueName
from callcenter.domain.periods import Period
from callcenter.metrics.marks import StaleMark, agent_marks, refusal_marks, ring_marks, visit_marks

FOLDED = (visits, ring_attempts, refusals, loose_ends, anomalies, disagreements)
"""The tables that hold what follows from the events of a call."""

_TOLERANCE = LOOSE_TOLERANCE // timedelta(microseconds=1)

Item = TypeVar("Item")


def roots_of(connection: Connection, number: int, wanted: Iterable[LegId]) -> dict[LegId, LegId]:
    """The call of each known leg."""
    asked = {key(leg): leg for leg in wanted}
    return {asked[row.leg]: LegId(row.root) for row in connection.execute(_ROOTS, {"pbx": number, "legs": asked})}


def count_calls(connection: Connection, number: int) -> int:
    """How many calls there are."""
    found: int = connection.execute(_COUNT, {"pbx": number}).scalar_one()
    return found


def calls_after(connection: Connection, number: int, after: LegId | None, limit: int) -> list[LegId]:
    """Names of calls in order, from after one on."""
    asked = {"pbx": number, "after": key(after) if after else "", "limit": limit}
    return list(map(LegId, connection.execute(_CALLS, asked).scalars()))


def assign_legs(connection: Connection, number: int, roots: Mapping[LegId, LegId]) -> None:
    """Put legs into calls."""
    rows = {key(leg): key(root) for leg, root in roots.items()}
    replace(connection, legs, [(number, leg, root) for leg, root in rows.items()])


def merge_calls(connection: Connection, number: int, merged: Mapping[LegId, LegId]) -> None:
    """Move all legs of each call to another."""
    moves = [{"pbx": number, "old": key(old), "new": key(new)} for old, new in merged.items()]
    if moves:
        connection.execute(_MOVE, moves)


def open_calls(connection: Connection, number: int, entered_before: datetime) -> set[LegId]:
    """Calls with a visit entered before this that still waits or talks."""
    asked = {"pbx": number, "before": to_microseconds(entered_before)}
    return set(map(LegId, connection.execute(_OPEN, asked).scalars()))


def calls_of(connection: Connection, number: int, agents: Collection[str], period: Period | None = None) -> set[LegId]:
    """Calls with a conversation or a ring of one of these agents, begun within the period if one is given."""
    asked: dict[str, Any] = {"pbx": number, "agents": [key(agent) for agent in agents]}
    questions = _OF_AGENTS
    if period is not None:
        asked |= bounds(period)
        questions = _OF_AGENTS_WITHIN
    return {LegId(call) for question in questions for call in connection.execute(question, asked).scalars()}


def bounds(period: Period) -> dict[str, int]:
    """A period as parameters."""
    return {"since": to_microseconds(period.start), "until": to_microseconds(period.end)}


def counterparts(connection: Connection, number: int, ends: Sequence[LooseEnd]) -> dict[LegId, list[LooseEnd]]:
    """The loose ends, by call, that are the counterpart of one of these."""
    wanted: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for end in ends:
        wanted[key(end.queue)][end.kind.counterpart].append(to_microseconds(end.at))
    found: dict[LegId, list[LooseEnd]] = defaultdict(list)
    for queue, by_kind in wanted.items():
        times = sorted(at for its in by_kind.values() for at in its)
        asked = {"pbx": number, "queue": queue, "first": times[0] - _TOLERANCE, "last": times[-1] + _TOLERANCE}
        sought = {kind: sorted(its) for kind, its in by_kind.items()}
        for row in connection.execute(_LOOSE, asked):
            if _holds_near(sought.get(row.kind, ()), row.at):
                found[LegId(row.call)].append(_read_loose(row))
    return dict(found)


def _holds_near(instants: Sequence[int], at: int) -> bool:
    """Whether one of these sorted instants is within the tolerance of another."""
    place = bisect_left(instants, at - _TOLERANCE)
    return place < len(instants) and instants[place] <= at + _TOLERANCE


def _read_loose(row: Any) -> LooseEnd:
    return LooseEnd(kind=LooseKind(row.kind), queue=QueueName(row.queue), at=from_microseconds(row.at), leg=row.leg)


def replace_calls(
    connection: Connection, number: int, folded: Mapping[LegId, FoldedCall], retired: Collection[LegId]
) -> set[StaleMark]:
    """Put the rows of these calls in the place of what was there. Returns the marks of the rows that were there."""
    calls = [key(call) for call in (*folded, *retired)]
    if not calls:
        return set()
    asked = {"pbx": number, "calls": calls}
    before = connection.execute(_VISITS_BEFORE, asked).all()
    marks = {mark for row in before for mark in _marks_of_visit(row)} | set(_other_marks(connection, asked))
    marks |= _marks_of_talks(connection, number, [row for row in before if row.is_open and row.agent is not None])
    for table in FOLDED:
        connection.execute(_FORGET[table], asked)
    stored = _insert_folded(connection, number, {key(root): call for root, call in folded.items()})
    gone = {row.visit_id for row in before} - stored
    if gone:
        connection.execute(_UNLINK, {"pbx": number, "visits": gone})
    return marks


def _marks_of_visit(row: Any) -> Iterator[StaleMark]:
    """The intervals that a stored visit counts in."""
    answered = row.left_at if row.outcome == Outcome.ANSWERED else None
    return visit_marks(
        row.queue, row.agent, from_microseconds(row.entered_at), read_instant(answered), read_instant(row.ended_at)
    )


def _marks_of_talks(connection: Connection, number: int, rows: Sequence[Any]) -> set[StaleMark]:
    """The intervals of conversations that were open: they counted until the horizon, wherever that was by then."""
    talks = [row for row in rows if row.outcome == Outcome.ANSWERED and row.left_at is not None]
    begun = [(row.agent, from_microseconds(row.left_at)) for row in talks]
    horizon = read_until(connection, number) if begun else None
    return {mark for agent, at in begun for mark in agent_marks(agent, at, max(at, horizon or at))}


def _other_marks(connection: Connection, asked: Mapping[str, Any]) -> Iterator[StaleMark]:
    """The intervals that the stored rings and refusals of calls count in."""
    for row in connection.execute(_RING_TIMES, asked):
        yield from ring_marks(row.queue, row.agent, from_microseconds(row.rang_at))
    for row in connection.execute(_REFUSAL_TIMES, asked):
        yield from refusal_marks(row.queue, from_microseconds(row.refused_at))


def _insert_folded(connection: Connection, number: int, folded: Mapping[str, FoldedCall]) -> set[str]:
    """Store the rows of calls, by root; returns the ids of the visits."""
    calls = folded.items()
    callers = caller_numbers(connection, number, (visit.caller for call in folded.values() for visit in call.visits))
    rows = [visit_row(number, root, visit, callers) for root, call in calls for visit in call.visits]
    insert(connection, visits, rows)
    rings = ((root, call.rings) for root, call in calls)
    insert(connection, ring_attempts, [(number, root, n, *_ring(ring)) for root, n, ring in _numbered(rings)])
    refused = ((root, call.refusals) for root, call in calls)
    insert(connection, refusals, [(number, root, n, *_refusal(one)) for root, n, one in _numbered(refused)])
    loose = ((root, call.loose_ends) for root, call in calls)
    insert(connection, loose_ends, [(number, root, n, *_loose(end)) for root, n, end in _numbered(loose)])
    odd = ((root, call.anomalies) for root, call in calls)
    insert(connection, anomalies, [(number, root, n, *_anomaly(one)) for root, n, one in _numbered(odd)])
    disputed = ((root, call.disagreements) for root, call in calls)
    insert(connection, disagreements, [(number, root, n, *_disagreement(one)) for root, n, one in _numbered(disputed)])
    return {row[1] for row in rows}


def _numbered(calls: Iterable[tuple[str, Sequence[Item]]]) -> Iterator[tuple[str, int, Item]]:
    for root, items in calls:
        for number, item in enumerate(items):
            yield root, number, item


def _ring(ring: RingAttempt) -> Row:
    return (
        key(ring.leg),
        key(ring.queue),
        key(ring.member.interface),
        key(ring.member.name),
        key(ring.member.agent),
        key(ring.agent_leg),
        to_microseconds(ring.at),
        ring.result.value,
        ring.ring_seconds,
        ids(ring.evidence),
    )


def _refusal(refusal: Refusal) -> Row:
    at = to_microseconds(refusal.at)
    return key(refusal.leg), key(refusal.queue), at, storable(refusal.status), ids(refusal.evidence)


def _loose(end: LooseEnd) -> Row:
    return end.kind.value, key(end.queue), to_microseconds(end.at), key(end.leg)


def _anomaly(anomaly: Anomaly) -> Row:
    leg, queue = key(anomaly.leg), key(anomaly.queue)
    at = to_microseconds(anomaly.at)
    return key(anomaly.kind), at, leg, queue, anomaly.event_id, storable(anomaly.detail)


def _disagreement(one: Disagreement) -> Row:
    at = to_microseconds(one.at)
    return storable(one.visit_id), key(one.queue), at, key(one.field), storable(one.ami), storable(one.queue_log)


def _of_calls(table: Table, *columns: str) -> Any:
    chosen = select(*(table.c[name] for name in columns))
    return chosen.where(table.c.pbx_id == bindparam("pbx"), among(table.c.call, "calls"))


_PBX: BindParameter[int] = bindparam("pbx")
_COUNT = select(func.count(legs.c.root.distinct())).where(legs.c.pbx_id == bindparam("pbx"))
_CALLS = (
    select(legs.c.root)
    .distinct()
    .where(legs.c.pbx_id == bindparam("pbx"), legs.c.root > bindparam("after"))
    .order_by(legs.c.root)
    .limit(bindparam("limit"))
)
_ROOTS = select(legs.c.leg, legs.c.root).where(legs.c.pbx_id == _PBX, among(legs.c.leg, "legs"))
_MOVE = update(legs).where(legs.c.pbx_id == _PBX, legs.c.root == bindparam("old")).values(root=bindparam("new"))
_OPEN = select(visits.c.call).where(
    visits.c.pbx_id == _PBX, visits.c.is_open, visits.c.entered_at < bindparam("before")
)
_OF_AGENTS = [
    select(table.c.call).where(table.c.pbx_id == _PBX, among(table.c.agent, "agents"))
    for table in (visits, ring_attempts)
]
_SINCE: BindParameter[int] = bindparam("since")
_UNTIL: BindParameter[int] = bindparam("until")
_OF_AGENTS_WITHIN = [
    # Who entered later was not answered before; what was answered within may have entered long before.
    _OF_AGENTS[0].where(visits.c.entered_at < _UNTIL, func.coalesce(visits.c.left_at, visits.c.entered_at) >= _SINCE),
    _OF_AGENTS[1].where(ring_attempts.c.rang_at >= _SINCE, ring_attempts.c.rang_at < _UNTIL),
]
_LOOSE = select(loose_ends).where(
    loose_ends.c.pbx_id == _PBX,
    loose_ends.c.queue == bindparam("queue"),
    loose_ends.c.at.between(bindparam("first"), bindparam("last")),
)
_VISITS_BEFORE = _of_calls(
    visits, "visit_id", "queue", "agent", "entered_at", "left_at", "ended_at", "outcome", "is_open"
)
_RING_TIMES = _of_calls(ring_attempts, "queue", "agent", "rang_at")
_REFUSAL_TIMES = _of_calls(refusals, "queue", "refused_at")
_FORGET = {table: delete(table).where(table.c.pbx_id == _PBX, among(table.c.call, "calls")) for table in FOLDED}
# A file that was linked to a visit that is no more is linked anew, to the visit that names it now.
_UNLINK = delete(recording_links).where(recording_links.c.pbx_id == _PBX, among(recording_links.c.visit_id, "visits"))
