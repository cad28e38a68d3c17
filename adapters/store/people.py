"""The directory of people in the store: what is said, what has still to take effect, and what was changed when."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, delete, func, insert, select

from adapters.store.bulk import Row, replace
from adapters.store.packing import to_json
from adapters.store.roll import rolls_since
from adapters.store.tables import (
    assignments,
    directory_changes,
    pending_corrections,
    people,
)
from adapters.store.text import key, storable
from adapters.store.transactions import Database
from adapters.store.visits import instant, read_instant
from callcenter.codec import from_microseconds, to_microseconds
from callcenter.domain.agents.assignments import Assignment, Person
from callcenter.domain.errors import NotFound
from callcenter.domain.ids import AgentId, PbxId
from callcenter.ports import DirectoryChange, PendingCorrection, Roll, Said


class SqlPeople:
    """`ports.People` over a database. What is said takes effect when the worker of corrections comes to it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def people(self) -> list[Person]:
        async with self._database.reading() as transaction:
            return await transaction.run(_people)

    async def assignments(self) -> list[Assignment]:
        async with self._database.reading() as transaction:
            return await transaction.run(said_of)

    async def put(self, said: Sequence[Said], *, by: str, at: datetime) -> int:
        async with self._database.writing() as transaction:
            return sum([await transaction.run(_put, one, by, at) for one in said])

    async def remove(self, assignment_ids: Sequence[str], *, by: str, at: datetime) -> None:
        async with self._database.writing() as transaction:
            for assignment_id in assignment_ids:
                await transaction.run(_remove, assignment_id, by, at)

    async def changes(self, limit: int) -> list[DirectoryChange]:
        async with self._database.reading() as transaction:
            return await transaction.run(_changes, limit)

    async def pending(self) -> int:
        async with self._database.reading() as transaction:
            return await transaction.run(_count_pending)

    async def rolls(self, since: datetime) -> list[Roll]:
        async with self._database.reading() as transaction:
            return await transaction.run(rolls_since, since)


def said_of(connection: Connection, pbx: PbxId | None = None) -> list[Assignment]:
    """All that is said, or what is said of one PBX."""
    question = select(assignments).order_by(assignments.c.person, assignments.c.since, assignments.c.assignment_id)
    if pbx is not None:
        question = question.where(assignments.c.pbx == key(pbx))
    return [_read(row) for row in connection.execute(question)]


def corrections_waiting(connection: Connection, pbx: PbxId) -> list[PendingCorrection]:
    """What has still to take effect on a PBX, oldest first."""
    return [PendingCorrection(row.number, _read(row)) for row in connection.execute(_WAITING, {"pbx": key(pbx)})]


def settle_correction(connection: Connection, number: int) -> None:
    """It has taken effect."""
    connection.execute(_SETTLE, {"settled": number})


def _put(connection: Connection, said: Said, by: str, at: datetime) -> int:
    """Say one thing; 0 if it was said already."""
    one = said.assignment
    before = _known(connection, one.assignment_id)
    shown = said.name or _name_of(connection, one.person) or one.person
    after = Said(one, shown)
    if before == after:
        return 0
    replace(connection, people, [(key(one.person), storable(shown))])
    if before is None or before.assignment != one:
        replace(connection, assignments, [(one.assignment_id, *_columns(one))])
        _let_wait(connection, [*([before.assignment] if before else []), one])
    _note_change(connection, at, by, before, after)
    _forget_nameless(connection)
    return 1


def _remove(connection: Connection, assignment_id: str, by: str, at: datetime) -> None:
    before = _known(connection, assignment_id)
    if before is None:
        raise NotFound("assignment", assignment_id)
    connection.execute(_FORGET, {"gone": assignment_id})
    _let_wait(connection, [before.assignment])
    _note_change(connection, at, by, before, None)
    _forget_nameless(connection)


def _let_wait(connection: Connection, changed: Sequence[Assignment]) -> None:
    for one in changed:
        names = ("person", "pbx", "interface", "name", "since", "until")
        connection.execute(insert(pending_corrections), dict(zip(names, _columns(one), strict=True)))


def _note_change(connection: Connection, at: datetime, by: str, before: Said | None, after: Said | None) -> None:
    told = {"before": None if before is None else to_json(before), "after": None if after is None else to_json(after)}
    connection.execute(insert(directory_changes), {"changed_at": to_microseconds(at), "made_by": key(by), **told})


def _forget_nameless(connection: Connection) -> None:
    """A person of whom nothing is said any more is nobody."""
    connection.execute(_NOBODY)


def _known(connection: Connection, assignment_id: str) -> Said | None:
    row = connection.execute(_ONE, {"wanted": assignment_id}).first()
    return None if row is None else Said(_read(row), _name_of(connection, AgentId(row.person)))


def _name_of(connection: Connection, person: AgentId) -> str | None:
    found: str | None = connection.execute(_NAME, {"person": key(person)}).scalar()
    return found


def _people(connection: Connection) -> list[Person]:
    found = connection.execute(select(people).order_by(people.c.person))
    return [Person(AgentId(row.person), row.name) for row in found]


def _changes(connection: Connection, limit: int) -> list[DirectoryChange]:
    found = connection.execute(select(directory_changes).order_by(directory_changes.c.number.desc()).limit(limit))
    return [
        DirectoryChange(from_microseconds(row.changed_at), row.made_by, _read_said(row.before), _read_said(row.after))
        for row in found
    ]


def _count_pending(connection: Connection) -> int:
    found: int = connection.execute(select(func.count()).select_from(pending_corrections)).scalar_one()
    return found


def _columns(one: Assignment) -> Row:
    pbx, interface, name = key(one.pbx), key(one.interface), key(one.name)
    return key(one.person), pbx, interface, name, instant(one.since), instant(one.until)


def _read(row: Any) -> Assignment:
    return Assignment(
        person=AgentId(row.person),
        pbx=PbxId(row.pbx),
        interface=row.interface,
        name=row.name,
        since=read_instant(row.since),
        until=read_instant(row.until),
    )


_decode_said = msgspec.json.Decoder(Said).decode


def _read_said(packed: str | None) -> Said | None:
    return None if packed is None else _decode_said(packed)


_ONE = select(assignments).where(assignments.c.assignment_id == bindparam("wanted"))
_NAME = select(people.c.name).where(people.c.person == bindparam("person"))
_FORGET = delete(assignments).where(assignments.c.assignment_id == bindparam("gone"))
_NOBODY = delete(people).where(people.c.person.not_in(select(assignments.c.person)))
_WAITING = (
    select(pending_corrections)
    .where(pending_corrections.c.pbx == bindparam("pbx"))
    .order_by(pending_corrections.c.number)
)
_SETTLE = delete(pending_corrections).where(pending_corrections.c.number == bindparam("settled"))
