"""The row of a PBX: its number in all other tables, and what the writers of one PBX queue for."""

from collections.abc import Mapping

from sqlalchemy import Connection, bindparam, select, update

from adapters.store.bulk import insert_missing
from adapters.store.tables import pbxs
from adapters.store.text import key
from callcenter.domain.ids import PbxId

NOBODY = 0
"""The number of a PBX that the store has never heard of: no row has it."""

_NUMBER = select(pbxs.c.id).where(pbxs.c.name == bindparam("name"))
_TURN = _NUMBER.with_for_update()
_COUNT_RECORDING = (
    update(pbxs)
    .where(pbxs.c.id == bindparam("number"))
    .values(recordings=pbxs.c.recordings + 1)
    .returning(pbxs.c.recordings)
)
_NAMES = select(pbxs.c.id, pbxs.c.name)


def pbx_number(connection: Connection, pbx: PbxId) -> int:
    """The number of a PBX, NOBODY if it is not known."""
    return connection.execute(_NUMBER, {"name": key(pbx)}).scalar() or NOBODY


def take_turn(connection: Connection, pbx: PbxId) -> int:
    """Wait until no other transaction writes for this PBX; returns its number, new if need be.

    On SQLite the transaction itself is the turn; there FOR UPDATE is not written.
    """
    number: int | None = connection.execute(_TURN, {"name": key(pbx)}).scalar()
    if number is None:
        insert_missing(connection, pbxs, [(key(pbx), 0, 0)])
        number = connection.execute(_TURN, {"name": key(pbx)}).scalar_one()
    return number


def count_recording(connection: Connection, number: int) -> int:
    """One more transaction records; returns which one this is, counted from 1."""
    turn: int = connection.execute(_COUNT_RECORDING, {"number": number}).scalar_one()
    return turn


def pbx_names(connection: Connection, pbx: PbxId | None = None) -> Mapping[int, PbxId]:
    """Known PBXs by number, by name: all of them, or the one."""
    names = {row.id: PbxId(row.name) for row in connection.execute(_NAMES)}
    wanted = None if pbx is None else key(pbx)
    return {number: name for number, name in sorted(names.items(), key=lambda item: item[1]) if wanted in (None, name)}
