"""Stale marks: which intervals no longer hold.

Each marking draws a new token. Who took a mark settles it with the token it had then: if it was marked again meanwhile,
the tokens differ, the mark stays, and the interval is computed once more.
"""

import secrets
from collections.abc import Collection, Iterable

from sqlalchemy import BindParameter, Connection, bindparam, delete, select

from adapters.store.bulk import Row, replace
from adapters.store.lists import among
from adapters.store.tables import stale_marks
from adapters.store.text import key
from callcenter.codec import from_microseconds, to_microseconds
from callcenter.metrics.marks import MarkKind, StaleMark

_TOKEN_BITS = 62

Place = tuple[str, str, int]
"""Kind, subject and quarter of a mark, as stored."""


def draw_token() -> int:
    """A number that no other marking has."""
    return secrets.randbits(_TOKEN_BITS)


def place_of(mark: StaleMark) -> Place:
    """Where a mark is stored."""
    return mark.kind.value, key(mark.subject), to_microseconds(mark.quarter)


def store_marks(connection: Connection, number: int, tokens: Iterable[tuple[StaleMark, int]]) -> None:
    """Mark with these tokens, whether marked already or not."""
    rows: dict[Place, Row] = {place: (number, *place, token) for mark, token in tokens for place in [place_of(mark)]}
    replace(connection, stale_marks, [rows[place] for place in sorted(rows)])


def oldest_marks(connection: Connection, number: int, kind: MarkKind, limit: int) -> list[tuple[StaleMark, int]]:
    """Marks of a kind with their tokens, oldest quarter first; within a quarter as the tokens were drawn."""
    asked = {"pbx": number, "kind": kind.value, "limit": limit}
    return [
        (StaleMark(kind, row.subject, from_microseconds(row.quarter)), row.token)
        for row in connection.execute(_OLDEST, asked)
    ]


def standing(connection: Connection, number: int, kind: MarkKind, subjects: Collection[str]) -> dict[Place, int]:
    """The tokens of all marks of these subjects."""
    asked = {"pbx": number, "kind": kind.value, "subjects": set(map(key, subjects))}
    found = connection.execute(_STANDING, asked)
    return {(kind.value, row.subject, row.quarter): row.token for row in found}


def remove_marks(connection: Connection, number: int, tokens: Iterable[tuple[StaleMark, int]]) -> None:
    """Remove marks that still have these tokens."""
    gone = [
        {"pbx": number, "kind": kind, "subject": subject, "quarter": quarter, "token": token}
        for mark, token in tokens
        for kind, subject, quarter in [place_of(mark)]
    ]
    if gone:
        connection.execute(_REMOVE, gone)


_PBX: BindParameter[int] = bindparam("pbx")
_OF_KIND = stale_marks.c.pbx_id == _PBX, stale_marks.c.kind == bindparam("kind")
_OLDEST = (
    select(stale_marks.c.subject, stale_marks.c.quarter, stale_marks.c.token)
    .where(*_OF_KIND)
    .order_by(stale_marks.c.quarter, stale_marks.c.token)
    .limit(bindparam("limit"))
)
_STANDING = select(stale_marks.c.subject, stale_marks.c.quarter, stale_marks.c.token).where(
    *_OF_KIND, among(stale_marks.c.subject, "subjects")
)
_REMOVE = delete(stale_marks).where(
    *_OF_KIND,
    stale_marks.c.subject == bindparam("subject"),
    stale_marks.c.quarter == bindparam("quarter"),
    stale_marks.c.token == bindparam("token"),
)
