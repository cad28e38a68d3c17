"""Callers: numbers and names in a table of their own, to which events and visits refer."""

from collections.abc import Iterable

from sqlalchemy import Connection, bindparam, select

from adapters.store.bulk import insert_missing
from adapters.store.lists import among
from adapters.store.tables import callers
from adapters.store.text import key
from callcenter.domain.ids import CallerRef

_KNOWN = select(callers.c.id, callers.c.number, callers.c.name).where(
    callers.c.pbx_id == bindparam("pbx"), among(callers.c.number, "numbers")
)


def caller_numbers(
    connection: Connection, number: int, named: Iterable[CallerRef | None]
) -> dict[CallerRef | None, int | None]:
    """The row of each caller, new if need be; none for None."""
    wanted = {caller: _parts(caller) for caller in named if caller is not None}
    if not wanted:
        return {None: None}
    known = _known(connection, number, wanted.values())
    missing = {parts for parts in wanted.values() if parts not in known}
    if missing:
        insert_missing(connection, callers, [(number, *parts) for parts in sorted(missing)])
        known = _known(connection, number, wanted.values())
    return {None: None} | {caller: known[parts] for caller, parts in wanted.items()}


def caller_of(number: str | None, name: str | None) -> CallerRef | None:
    """The caller of a row joined to `callers`; None if there is none, or none any more."""
    if number is None:
        return None
    return CallerRef(number or None, name or None)


def _parts(caller: CallerRef) -> tuple[str, str]:
    # Empty, not NULL: two unknown names are the same to a unique index only so.
    return key(caller.number) or "", key(caller.name) or ""


def _known(connection: Connection, number: int, parts: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
    asked = {"pbx": number, "numbers": sorted({number for number, _ in parts})}
    return {(row.number, row.name): row.id for row in connection.execute(_KNOWN, asked)}
