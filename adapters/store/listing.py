"""Pages of visits and of recordings, newest first.

Each PBX is asked for its own next rows, through an index that begins with it, and the answers are merged: as quick with
ten PBXs and ten million rows as with one.
"""

from collections.abc import Callable, Iterable
from heapq import merge
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Select, and_, or_, select

from adapters.store.cursors import Place, read_cursor, write_cursor
from adapters.store.tables import legs, recording_links, visits
from adapters.store.text import key
from adapters.store.turns import pbx_names
from adapters.store.visits import read_instant, read_visit, select_visits
from callcenter.codec import to_microseconds
from callcenter.domain.calls.visits import Outcome, QueueVisit
from callcenter.domain.errors import BadRequest
from callcenter.domain.ids import AgentId, PbxId, QueueName
from callcenter.ports import Page, RecordingLink, VisitFilter

Item = TypeVar("Item")


def visits_page(connection: Connection, chosen: VisitFilter, cursor: str | None, limit: int) -> Page[QueueVisit]:
    """Visits that pass a filter, newest entry first."""
    names = dict(pbx_names(connection, chosen.pbx))

    def ask(number: int, before: Place | None) -> Iterable[tuple[Place, QueueVisit]]:
        rank = visits.c.entered_at, visits.c.visit_id
        question = select_visits(visits.c.pbx_id == number, *_conditions(number, chosen))
        question = _page(question, rank, names[number], before, limit)
        for row in connection.execute(question):
            visit = read_visit(row, names)
            yield Place(to_microseconds(visit.entered_at), visit.pbx, visit.visit_id), visit

    return _merged(names, ask, cursor, limit)


def recordings_page(connection: Connection, pbx: PbxId | None, cursor: str | None, limit: int) -> Page[RecordingLink]:
    """Recorded files of visits, newest entry first."""
    names = pbx_names(connection, pbx)

    def ask(number: int, before: Place | None) -> Iterable[tuple[Place, RecordingLink]]:
        rank = recording_links.c.entered_at, recording_links.c.visit_id + "\n" + recording_links.c.path
        question = _LINKS.where(recording_links.c.pbx_id == number)
        for row in connection.execute(_page(question, rank, names[number], before, limit)):
            place = Place(row.entered_at, names[number], f"{row.visit_id}\n{row.path}")
            yield place, _read_link(row, names[number])

    return _merged(names, ask, cursor, limit)


def _merged(
    numbers: Iterable[int],
    ask: Callable[[int, Place | None], Iterable[tuple[Place, Item]]],
    cursor: str | None,
    limit: int,
) -> Page[Item]:
    """One page out of what each PBX has next; it asks for one row more than the page holds."""
    if limit < 1:
        raise BadRequest("limit", "is below 1", "50")
    before = None if cursor is None else read_cursor(cursor)
    # Rows of one PBX stay in the database's order: it may sort text in a way of its own.
    sorted_by_pbx = [ask(number, before) for number in numbers]
    found = list(merge(*sorted_by_pbx, key=lambda item: (item[0].at, item[0].pbx), reverse=True))
    items = found[:limit]
    following = write_cursor(items[-1][0]) if len(found) > limit else None
    return Page(tuple(item for _, item in items), following)


def _page(
    question: Select[Any],
    rank: tuple[ColumnElement[int], ColumnElement[str]],
    pbx: str,
    before: Place | None,
    limit: int,
) -> Select[Any]:
    at, row = rank
    if before is not None:
        question = question.where(_below(at, row, pbx, before))
    return question.order_by(at.desc(), row.desc()).limit(limit + 1)


def _below(at: ColumnElement[int], row: ColumnElement[str], pbx: str, before: Place) -> ColumnElement[bool]:
    """Rows of a PBX that come after a place in the order of pages."""
    if pbx == before.pbx:
        return and_(at <= before.at, or_(at < before.at, row < before.row))
    return at <= before.at if pbx < before.pbx else at < before.at


def _conditions(number: int, chosen: VisitFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if chosen.period is not None:
        conditions.append(visits.c.entered_at >= to_microseconds(chosen.period.start))
        conditions.append(visits.c.entered_at < to_microseconds(chosen.period.end))
    if chosen.queue is not None:
        conditions.append(visits.c.queue == key(chosen.queue))
    if chosen.agent is not None:
        conditions.append(visits.c.agent == key(chosen.agent))
    if chosen.outcome is not None:
        conditions.append(visits.c.outcome == chosen.outcome.value)
    if chosen.leg is not None:
        # Any leg of the call will do: people copy ids out of logs, and the caller's is only one of them.
        root = select(legs.c.root).where(legs.c.pbx_id == number, legs.c.leg == key(chosen.leg))
        conditions.append(visits.c.call == root.scalar_subquery())
    return conditions


def _read_link(row: Any, pbx: PbxId) -> RecordingLink:
    return RecordingLink(
        pbx=pbx,
        visit_id=row.visit_id,
        path=row.path,
        queue=QueueName(row.queue),
        agent=None if row.agent is None else AgentId(row.agent),
        answered_at=read_instant(row.left_at) if row.outcome == Outcome.ANSWERED else None,
        talk_seconds=row.talk_seconds,
    )


# Every link has its visit; an outer join all the same, so that links are read in their order on any database.
_LINKS = select(
    recording_links.c.visit_id,
    recording_links.c.path,
    recording_links.c.entered_at,
    visits.c.queue,
    visits.c.agent,
    visits.c.left_at,
    visits.c.outcome,
    visits.c.talk_seconds,
).outerjoin(visits, and_(visits.c.pbx_id == recording_links.c.pbx_id, visits.c.visit_id == recording_links.c.visit_id))
