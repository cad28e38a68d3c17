"""The store as the workers see it: one transaction per piece of work and PBX."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection, bindparam, update

from adapters.store.intervals import SqlIntervals
from adapters.store.links import SqlLinks
from adapters.store.people import corrections_waiting
from adapters.store.recording import SqlRecording
from adapters.store.samples import SqlSamples
from adapters.store.tables import wordings
from adapters.store.transactions import Database
from adapters.store.turns import count_recording, pbx_names, pbx_number, take_turn
from callcenter.codec import to_microseconds
from callcenter.domain.ids import PbxId
from callcenter.ports import PendingCorrection


class _Written(Protocol):
    @property
    def changed(self) -> bool: ...

    def write(self, connection: Connection, number: int) -> None: ...


class SqlLedger:
    """`ports.Ledger` over a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @asynccontextmanager
    async def recording(self, pbx: PbxId) -> AsyncIterator[SqlRecording]:
        async with self._database.writing() as transaction:
            number = await transaction.run(take_turn, pbx)
            turn = await transaction.run(count_recording, number)
            yield SqlRecording(transaction, number, pbx, turn)

    @asynccontextmanager
    async def intervals(self, pbx: PbxId) -> AsyncIterator[SqlIntervals]:
        async with self._database.reading() as transaction:
            work = SqlIntervals(transaction, await transaction.run(pbx_number, pbx), pbx)
            yield work
        await self._write(pbx, work)

    @asynccontextmanager
    async def samples(self, pbx: PbxId) -> AsyncIterator[SqlSamples]:
        async with self._database.reading() as transaction:
            work = SqlSamples(transaction, await transaction.run(pbx_number, pbx), pbx)
            yield work
        await self._write(pbx, work)

    @asynccontextmanager
    async def links(self, pbx: PbxId) -> AsyncIterator[SqlLinks]:
        async with self._database.reading() as transaction:
            work = SqlLinks(transaction, await transaction.run(pbx_number, pbx), pbx)
            yield work
        await self._write(pbx, work)

    async def pending_corrections(self, pbx: PbxId) -> list[PendingCorrection]:
        async with self._database.reading() as transaction:
            return await transaction.run(corrections_waiting, pbx)

    async def forget_wordings(self, pbx: PbxId, before: datetime) -> int:
        async with self._database.writing() as transaction:
            number = await transaction.run(take_turn, pbx)
            return await transaction.run(_forget_wordings, number, before)

    async def pbxs(self) -> list[PbxId]:
        async with self._database.reading() as transaction:
            return list((await transaction.run(pbx_names)).values())

    async def _write(self, pbx: PbxId, work: _Written) -> None:
        """What a worker found out, in one turn."""
        if not work.changed:
            return
        async with self._database.writing() as transaction:
            await transaction.run(_write_in_turn, pbx, work)


def _write_in_turn(connection: Connection, pbx: PbxId, work: _Written) -> None:
    work.write(connection, take_turn(connection, pbx))


def _forget_wordings(connection: Connection, number: int, before: datetime) -> int:
    return connection.execute(_FORGET, {"number_": number, "before": to_microseconds(before)}).rowcount


_FORGET = (
    update(wordings)
    .where(
        wordings.c.pbx_id == bindparam("number_"),
        wordings.c.received_at < bindparam("before"),
        wordings.c.packed.is_not(None),
    )
    .values(packed=None)
)
