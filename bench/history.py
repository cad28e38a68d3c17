"""A year of visits in SQLite, millions of them, in minutes: one week is drawn and summed up, the others repeat it.

The week has busy hours and quiet ones, working days and weekends, large queues and small ones; waits, patience and talk
are drawn as they usually fall. Ids and times of each repetition are its own. Rows are those that the service would
write, but for the events they rest on, which are not stored.
"""

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, Table, create_engine

from adapters.store import open_store
from adapters.store.bulk import insert
from adapters.store.packing import to_json
from adapters.store.statistics import describe_tables
from adapters.store.tables import legs, queue_intervals, visits
from adapters.store.turns import take_turn
from adapters.store.visits import visit_row
from callcenter.codec import to_microseconds
from callcenter.domain.calls.visits import EndedBy, Outcome, QueueVisit
from callcenter.domain.ids import EventId, LegId, MemberRef, PbxId, QueueName, Source
from callcenter.domain.periods import Period, quarter_of
from callcenter.metrics.queues import queue_summary

WEEKS = 52
FIRST_MONDAY = datetime(2025, 11, 10, tzinfo=UTC)
END = FIRST_MONDAY + timedelta(weeks=WEEKS)
BUSIEST_DAY = Period(END - timedelta(days=7), END - timedelta(days=6))
"""The last Monday of the year."""

QUEUES, AGENTS_PER_QUEUE = 20, 10
_WEEK_SECONDS = 7 * 86_400
_DAYS = (21, 19, 18, 18, 16, 6, 2)
"""Percent of a week's calls, from Monday on."""

_HOURS = (0, 0, 0, 0, 0, 0, 1, 3, 7, 10, 11, 10, 8, 8, 9, 9, 8, 6, 4, 3, 2, 1, 0, 0)
"""Percent of a day's calls."""

_PATIENCE_SECONDS, _WAIT_SECONDS = 120, 25
_ROWS_AT_ONCE = 5_000
_KEPT_OUT = 0.05
"""The share of those who hear an answer, but hang up or time out all the same."""


async def store_history(folder: Path, count: int, pbx: PbxId) -> str:
    """The URL of a new database in a folder, with so many visits of one PBX, or a few less."""
    file = folder / f"{count}.db"
    url = f"sqlite:///{file}"
    async with await open_store(url):
        pass
    engine = create_engine(url)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA synchronous=OFF")
        connection.exec_driver_sql("PRAGMA journal_mode=OFF")
        connection.commit()
        with connection.begin():
            _write(connection, count, pbx)
    engine.dispose()
    return url


def _write(connection: Connection, count: int, pbx: PbxId) -> None:
    number = take_turn(connection, pbx)
    indices = [index for table in (visits, legs, queue_intervals) for index in table.indexes]
    for index in indices:
        index.drop(connection)
    week = list(_week(count // WEEKS, pbx))
    rows = [visit_row(number, visit.call, visit, {None: None}) for visit in week]
    for begin in range(0, len(rows), _ROWS_AT_ONCE):
        insert(connection, visits, rows[begin : begin + _ROWS_AT_ONCE])
    insert(connection, legs, [(number, visit.leg, visit.call) for visit in week])
    insert(connection, queue_intervals, list(_interval_rows(number, week)))
    for table, key in ((visits, visits.c.entered_at.name), (legs, ""), (queue_intervals, "quarter")):
        _repeat(connection, table, key)
    for index in indices:
        index.create(connection)
    describe_tables(connection)


def _week(count: int, pbx: PbxId) -> Iterator[QueueVisit]:
    """The visits of the first week, in the order of entry."""
    draw = random.Random(count)
    sizes = [1 / (1 + place) ** 0.5 for place in range(QUEUES)]
    days = draw.choices(range(7), _DAYS, k=count)
    hours = draw.choices(range(24), _HOURS, k=count)
    entries = sorted(day * 86_400 + hour * 3600 + draw.uniform(0, 3600) for day, hour in zip(days, hours, strict=True))
    for place, (second, queue) in enumerate(zip(entries, draw.choices(range(QUEUES), sizes, k=count), strict=True)):
        yield _visit(draw, pbx, place, FIRST_MONDAY + timedelta(seconds=second), queue)


def _visit(draw: random.Random, pbx: PbxId, place: int, entered_at: datetime, queue: int) -> QueueVisit:
    leg = LegId(f"{int(entered_at.timestamp())}.{place}")
    wait, patience = draw.expovariate(1 / _WAIT_SECONDS), draw.expovariate(1 / _PATIENCE_SECONDS)
    answered = wait < patience and draw.random() > _KEPT_OUT
    left_at = entered_at + timedelta(seconds=min(wait, patience))
    talk = round(draw.lognormvariate(5.0, 0.7), 3)
    agent = queue * AGENTS_PER_QUEUE + draw.randrange(AGENTS_PER_QUEUE)
    return QueueVisit(
        pbx=pbx,
        call=leg,
        leg=leg,
        queue=QueueName(f"queue-{queue:02d}"),
        ordinal=1,
        legs=(leg,),
        caller=None,
        entered_at=entered_at,
        position=1,
        outcome=Outcome.ANSWERED
        if answered
        else draw.choice((Outcome.ABANDONED, Outcome.ABANDONED, Outcome.TIMED_OUT)),
        wait_seconds=int(min(wait, patience)),
        left_at=left_at,
        member=MemberRef(f"PJSIP/{1000 + agent}", f"Agent {agent:03d}") if answered else None,
        ring_seconds=3 if answered else None,
        ended_at=left_at + timedelta(seconds=talk) if answered else None,
        talk_seconds=talk if answered else None,
        stated_talk_seconds=int(talk) if answered else None,
        ended_by=draw.choice((EndedBy.CALLER, EndedBy.AGENT)) if answered else None,
        sources=(Source.AMI, Source.QUEUE_LOG),
        evidence=tuple(EventId(draw.randbytes(16)) for _ in range(4)),
    )


def _interval_rows(number: int, week: Sequence[QueueVisit]) -> Iterator[tuple[int, str, int, str]]:
    by_quarter: dict[tuple[QueueName, datetime], list[QueueVisit]] = defaultdict(list)
    for visit in week:
        by_quarter[visit.queue, quarter_of(visit.entered_at)].append(visit)
    for (queue, quarter), its in sorted(by_quarter.items(), key=lambda item: item[0][::-1]):
        yield number, queue, to_microseconds(quarter), to_json(queue_summary(its))


def _repeat(connection: Connection, table: Table, time: str) -> None:
    """The rows of the first week for each of the others, with ids and times of their own."""
    microseconds = {time, "left_at", "ended_at"}
    names = [column.name for column in table.columns if column.identity is None]
    for week in range(1, WEEKS):
        shift = week * _WEEK_SECONDS
        told = ", ".join(_moved(name, shift, microseconds) for name in names)
        first = f" WHERE {time} < {to_microseconds(FIRST_MONDAY + timedelta(weeks=1))}" if time else ""
        first = first or f" WHERE leg < '{int((FIRST_MONDAY + timedelta(weeks=1)).timestamp())}'"
        listed = ", ".join(f'"{name}"' for name in names)
        connection.exec_driver_sql(f"INSERT INTO {table.name} ({listed}) SELECT {told} FROM {table.name}{first}")


def _moved(name: str, shift: int, microseconds: set[str]) -> str:
    """A column so many seconds later; ids begin with the second of their leg."""
    if name in microseconds:
        return f'"{name}" + {shift * 1_000_000}'
    if name in ("visit_id", "call", "leg", "root"):
        return f'CAST(CAST(substr("{name}", 1, 10) AS BIGINT) + {shift} AS TEXT) || substr("{name}", 11)'
    if name == "legs":
        return f"""'["' || CAST(CAST(substr(legs, 3, 10) AS BIGINT) + {shift} AS TEXT) || substr(legs, 13)"""
    return f'"{name}"'
