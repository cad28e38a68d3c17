"""Rows of any month find their place, whoever comes first; on PostgreSQL that is a part of the month's own."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from adapters.store import Store, open_store
from adapters.store.engine import connect
from adapters.store.partitions import AFTER, BEFORE, MONTHLY, is_part, parts_of
from adapters.store.tables import metadata
from adapters.store.urls import database_url as parsed
from callcenter.codec import from_microseconds, to_microseconds
from callcenter.domain.calls.events import CallOffered
from callcenter.domain.ids import LegId, PbxId, QueueName
from callcenter.metrics.marks import MarkKind, StaleMark
from callcenter.metrics.summaries import QueueSummary
from tests.support.agents import MORNING, PBX
from tests.support.heard import batch, record, told

SALES = QueueName("sales")
EDGES = [
    datetime(1, 1, 1, tzinfo=UTC),
    datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    datetime(1999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    datetime(2000, 1, 1, tzinfo=UTC),
    datetime(2024, 2, 29, 23, 59, 59, 999999, tzinfo=UTC),
    datetime(2024, 3, 1, tzinfo=UTC),
    datetime(2026, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    datetime(2099, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    datetime(2100, 1, 1, tzinfo=UTC),
    datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
]


def offered(at: datetime, leg: str = "1.1", pbx: PbxId = PBX) -> CallOffered:
    """A caller who came then."""
    event = told(CallOffered, at.toordinal() + at.second / 60, pbx=pbx, leg=LegId(leg), queue=SALES)
    return replace(event, occurred_at=at)


async def parts(url: str) -> set[str]:
    """The parts that there are."""
    database = connect(parsed(url), None)
    async with database.reading() as transaction:
        found = await transaction.run(_tables)
    await database.close()
    return {name for name in found if is_part(name)}


def _tables(connection: Connection) -> list[Any]:
    return list(connection.execute(text("SELECT relname FROM pg_class WHERE relkind = 'r'")).scalars())


@given(st.datetimes(timezones=st.just(UTC)))
def test_every_instant_has_one_part_and_is_in_it(at: datetime) -> None:
    (part,) = parts_of([to_microseconds(at)])
    assert part.first is None or part.first <= to_microseconds(at)
    assert part.end is None or to_microseconds(at) < part.end
    if part not in (BEFORE, AFTER):
        assert part.name == f"{at:%Y_%m}"
        assert part.first is not None
        assert from_microseconds(part.first) == at.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


@given(st.integers(min_value=7000, max_value=51500))
def test_parts_meet_without_a_gap(day: int) -> None:
    (part,) = parts_of([day * 86_400_000_000])
    for edge, inside in ((part.first, 0), (part.end, -1)):
        if edge is not None:
            assert parts_of([edge + inside]) == {part}
            assert parts_of([edge - 1 - inside]) != {part}


def test_no_table_of_ours_looks_like_a_part() -> None:
    assert [name for name in metadata.tables if is_part(name)] == []
    assert {table.name for table in MONTHLY} == {
        name for name, table in metadata.tables.items() if table.dialect_options["postgresql"]["partition_by"]
    }


async def test_events_of_any_time_are_stored_once(store: Store) -> None:
    events = [offered(at, leg=f"{n}.1") for n, at in enumerate(EDGES)]
    assert await record(store, batch(events)) == events
    assert await record(store, batch(events, 2)) == []
    async with store.ledger.recording(PBX) as recording:
        await recording.assign({event.leg: event.leg for event in events})
        found = await recording.call_events([event.leg for event in events])
    assert found == {event.leg: [event] for event in events}


async def test_intervals_of_any_time_are_replaced_and_removed(store: Store) -> None:
    quarters = [at.replace(minute=45, second=0, microsecond=0) for at in EDGES]
    await record(store, batch([]))
    for summary in (QueueSummary(offered=1), QueueSummary(offered=2), QueueSummary()):
        async with store.ledger.intervals(PBX) as work:
            await work.mark_stale({StaleMark(MarkKind.QUEUE, SALES, quarter) for quarter in quarters})
            taken = await work.take(MarkKind.QUEUE, 100)
            for quarter in quarters:
                await work.put_queue(SALES, quarter, summary)
            await work.settle(taken)
        rows = await store.archive.queue_rows(PBX, None)
        kept = [] if summary == QueueSummary() else quarters
        assert [(row.quarter, row.summary) for row in rows] == [(quarter, summary) for quarter in kept]


class TestOnPostgres:
    async def test_a_month_has_its_own_part(self, empty_postgres_url: str) -> None:
        async with await open_store(empty_postgres_url) as store:
            assert await parts(empty_postgres_url) == set()
            await record(store, batch([offered(at) for at in EDGES]))
        months = {"2000_01", "2024_02", "2024_03", "2026_12", "2099_12", BEFORE.name, AFTER.name}
        assert await parts(empty_postgres_url) == {f"events_{month}" for month in months}

    async def test_what_is_undone_is_made_again(self, empty_postgres_url: str) -> None:
        async with await open_store(empty_postgres_url) as store:
            with pytest.raises(ZeroDivisionError):
                async with store.ledger.recording(PBX) as recording:
                    await recording.add([batch([offered(MORNING)])])
                    await recording.add([batch([offered(MORNING + timedelta(seconds=1))], 2)])
                    raise ZeroDivisionError
            assert await parts(empty_postgres_url) == set()
            assert len(await record(store, batch([offered(MORNING)]))) == 1

    async def test_two_who_need_the_same_month_at_once(self, empty_postgres_url: str) -> None:
        """And a third who needs another, in every order of coming."""
        names = [PbxId(f"p{n}") for n in range(6)]
        async with await open_store(empty_postgres_url) as store, await open_store(empty_postgres_url) as other:
            for day in range(0, 150, 15):
                at = [MORNING + timedelta(days=day + 31 * (n % 3)) for n in range(len(names))]
                added = await asyncio.gather(
                    *(
                        record((store, other)[n % 2], batch([offered(at[n], pbx=pbx)], day + 1, pbx=pbx), pbx=pbx)
                        for n, pbx in enumerate(names)
                    )
                )
                assert [len(events) for events in added] == [1] * len(names)

    async def test_nobody_waits_while_a_part_is_made(self, empty_postgres_url: str) -> None:
        """Neither who reads and writes other months meanwhile, nor the one who makes the part for them."""
        north, south = PbxId("north"), PbxId("south")
        async with await open_store(empty_postgres_url) as store, asyncio.timeout(20):
            for pbx in (north, south):
                await record(store, batch([offered(MORNING, pbx=pbx)], pbx=pbx), pbx=pbx)
            connection = await asyncpg.connect(empty_postgres_url)
            async with connection.transaction(isolation="repeatable_read"):
                assert await connection.fetchval("SELECT count(*) FROM events") == 2
                async with store.ledger.recording(north) as recording:
                    later = offered(MORNING + timedelta(days=40), pbx=north)
                    assert await recording.add([batch([later], 2, pbx=north)]) == [later]
                    another = batch([offered(MORNING + timedelta(seconds=1), pbx=south)], 2, pbx=south)
                    assert len(await record(store, another, pbx=south)) == 1
                    assert (await store.archive.feed(south)).events_by_source
                assert await connection.fetchval("SELECT count(*) FROM events") == 2
            assert await connection.fetchval("SELECT count(*) FROM events") == 4
            await connection.close()

    async def test_a_month_that_was_dropped_by_hand_comes_again(self, empty_postgres_url: str) -> None:
        async with await open_store(empty_postgres_url) as store:
            await record(store, batch([offered(MORNING), offered(MORNING + timedelta(days=40))]))
            connection = await asyncpg.connect(empty_postgres_url)
            await connection.execute("DROP TABLE events_2026_03")
            assert await connection.fetchval("SELECT count(*) FROM events") == 1
            await connection.close()
            assert len(await record(store, batch([offered(MORNING)], 2))) == 1
