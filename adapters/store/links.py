"""The transaction of the recordings worker: which file belongs to which visit."""

from collections.abc import Sequence

from sqlalchemy import BindParameter, Connection, bindparam, select, update

from adapters.store.bulk import insert
from adapters.store.lists import among
from adapters.store.packing import texts
from adapters.store.tables import recording_links, visits
from adapters.store.text import storable
from adapters.store.transactions import Transaction
from adapters.store.visits import read_visit, select_visits
from callcenter.codec import to_microseconds
from callcenter.domain.calls.visits import QueueVisit
from callcenter.domain.ids import PbxId


class SqlLinks:
    """`ports.LinkWriting` over a reading transaction; `write` does the rest in a writing one."""

    def __init__(self, transaction: Transaction, number: int, pbx: PbxId) -> None:
        self._run = transaction.run
        self._number = number
        self._pbx = pbx
        self._links: list[tuple[QueueVisit, tuple[str, ...]]] = []

    async def unlinked(self, limit: int) -> list[QueueVisit]:
        return await self._run(_unlinked, self._number, self._pbx, limit)

    async def link(self, visit: QueueVisit, paths: Sequence[str]) -> None:
        self._links.append((visit, tuple(map(storable, paths))))

    @property
    def changed(self) -> bool:
        """Whether there is anything to write."""
        return bool(self._links)

    def write(self, connection: Connection, number: int) -> None:
        """Store everything, in the turn of the PBX."""
        asked = {"pbx": number, "visits": {visit.visit_id for visit, _ in self._links}}
        there = {(row.visit_id, row.path) for row in connection.execute(_LINKED, asked)}
        standing = set(connection.execute(_STANDING, asked).scalars())
        wanted = {
            (visit.visit_id, path): to_microseconds(visit.entered_at)
            for visit, paths in self._links
            for path in paths
            if visit.visit_id in standing
        }
        rows = [(number, *place, entered_at) for place, entered_at in wanted.items() if place not in there]
        insert(connection, recording_links, rows)
        looked_at = [
            {"pbx": number, "visit": visit.visit_id, "named": texts(visit.recordings)} for visit, _ in self._links
        ]
        connection.execute(_LOOKED_AT, looked_at)


def _unlinked(connection: Connection, number: int, pbx: PbxId, limit: int) -> list[QueueVisit]:
    found = connection.execute(_UNLINKED, {"pbx": number, "limit": limit})
    return [read_visit(row, {number: pbx}) for row in found]


_PBX: BindParameter[int] = bindparam("pbx")
_UNLINKED = (
    select_visits(visits.c.pbx_id == _PBX, visits.c.is_unlinked)
    .order_by(visits.c.entered_at, visits.c.visit_id)
    .limit(bindparam("limit"))
)
_LINKED = select(recording_links.c.visit_id, recording_links.c.path).where(
    recording_links.c.pbx_id == _PBX, among(recording_links.c.visit_id, "visits")
)
_STANDING = select(visits.c.visit_id).where(visits.c.pbx_id == _PBX, among(visits.c.visit_id, "visits"))
# Only if the visit names the same files as when it was read: one that was folded again in between is looked at again.
_LOOKED_AT = (
    update(visits)
    .where(visits.c.pbx_id == _PBX, visits.c.visit_id == bindparam("visit"), visits.c.recordings == bindparam("named"))
    .values(is_unlinked=False)
)
