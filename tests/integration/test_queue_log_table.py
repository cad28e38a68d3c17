"""The realtime table on real servers: every row once, as the file would tell it, and harmless beside the file."""

import asyncio
import gzip
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from random import Random
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import asyncpg
import pytest
import redis

from adapters.queue_log.growing import GrowingFile
from adapters.queue_log.source import read_file
from adapters.queue_log.table import AMBIGUOUS_HOUR, FollowedTable
from adapters.queue_log.table_database import TableDatabase, table_database
from adapters.queue_log.twins import FileRows
from adapters.streams.keys import Keys
from callcenter.codec import decode_batch
from callcenter.domain.batches import Batch, SourceProgress
from callcenter.domain.errors import SettingsError, SourceUnreadable
from callcenter.domain.event import Event
from callcenter.domain.feed import FeedLost, FeedRestored
from callcenter.domain.ids import EventId, PbxId
from tests.support import mariadb
from tests.support.command import callcenter, role
from tests.support.recorded import TRACES

HQ = PbxId("hq")
BERLIN = ZoneInfo("Europe/Berlin")
NOON = int(datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp())
PARAMETERS = ["data1", "data2", "data3", "data4", "data5"]


class Clock:
    def __init__(self) -> None:
        self.at = datetime.fromtimestamp(NOON, UTC)

    def now(self) -> datetime:
        return self.at


@dataclass
class Table:
    """A realtime table as Asterisk fills it."""

    url: str
    execute: Callable[[str], Awaitable[None]]
    five: bool = True
    zone: ZoneInfo = BERLIN
    opened: list[TableDatabase] = field(default_factory=list)

    def open(self) -> TableDatabase:
        """A connection that ends with the test."""
        self.opened.append(table_database(self.url, "queue_log"))
        return self.opened[-1]

    async def close(self) -> None:
        for one in self.opened:
            await one.close()

    async def make(self, time_type: str = "varchar(32)") -> None:
        number = "BIGINT AUTO_INCREMENT PRIMARY KEY" if self.url.startswith("mysql") else "BIGSERIAL PRIMARY KEY"
        data = ", ".join(f"{name} varchar(100)" for name in self.parameters)
        await self.execute(
            f"CREATE TABLE queue_log (id {number}, time {time_type}, callid varchar(80), queuename varchar(256),"
            f" agent varchar(80), event varchar(32), {data})"
        )

    async def insert(self, lines: Sequence[str], *, earlier: float = 0.0, number: int | None = None) -> None:
        """What Asterisk inserts for lines of the file; its time may be earlier than theirs."""
        values = [self._values(line, n, earlier) for n, line in enumerate(lines)]
        columns = ["time", "callid", "queuename", "agent", "event", *self.parameters]
        if number is not None:
            columns.insert(0, "id")
            values = [[str(number + n), *one] for n, one in enumerate(values)]
        for start in range(0, len(values), 500):
            rows = ", ".join(f"({', '.join(map(quoted, one))})" for one in values[start : start + 500])
            await self.execute(f"INSERT INTO queue_log ({', '.join(columns)}) VALUES {rows}")

    @property
    def parameters(self) -> list[str]:
        return PARAMETERS if self.five else ["data"]

    def _values(self, line: str, number: int, earlier: float) -> list[str]:
        second, callid, queue, agent, name, *rest = line.split("|")
        at = datetime.fromtimestamp(int(second) + 0.000001 * number - earlier, self.zone)
        given = [*rest[:4], "|".join(rest[4:])] if self.five else ["|".join(rest)]
        given += [""] * (len(self.parameters) - len(given))
        return [f"{at:%Y-%m-%d %H:%M:%S.%f}", callid, queue, agent, name, *given]


def quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


@pytest.fixture(params=["mariadb", "empty_postgres"])
def place(request: pytest.FixtureRequest) -> str:
    """The address of an empty database of either kind."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
async def table(place: str) -> AsyncIterator[Table]:
    parts = urlsplit(place)
    if parts.scheme == "mysql":
        socket = Path(parse_qs(parts.query)["unix_socket"][0])

        async def at_mariadb(statement: str) -> None:
            await asyncio.to_thread(mariadb.execute, socket, statement, parts.path[1:])

        yield (made := Table(place, at_mariadb))
        await made.close()
        return
    connection = await asyncpg.connect(place)

    async def at_postgres(statement: str) -> None:
        await connection.execute(statement)

    yield (made := Table(place, at_postgres))
    await made.close()
    await connection.close()


def followed(
    table: Table, clock: Clock, resume: SourceProgress | None = None, beside: FileRows | None = None
) -> FollowedTable:
    return FollowedTable(
        table.open(),
        pbx=HQ,
        name="queue_log",
        zone=table.zone,
        next_seq=count(1).__next__,
        clock=clock,
        resume=resume,
        beside=beside,
    )


async def told(one: FollowedTable) -> list[Batch]:
    return [batch async for batch in one.read()]


def events_of(batches: Sequence[Batch]) -> list[Event]:
    return [event for batch in batches for event in batch.events]


def ids_of(batches: Sequence[Batch]) -> Counter[EventId]:
    return Counter(event.event_id for event in events_of(batches))


def pause(second: int, agent: str = "Ann", reason: str = "") -> str:
    return f"{NOON + second}|NONE|sales|{agent}|PAUSE|{reason}"


def of_file(path: Path, lines: Sequence[str]) -> list[Batch]:
    path.write_text("".join(f"{line}\n" for line in lines))
    return list(read_file(path, pbx=HQ, next_seq=count(1).__next__, clock=Clock()))


@pytest.mark.parametrize("five", [True, False])
async def test_a_recorded_day_is_told_as_from_its_file(table: Table, tmp_path: Path, five: bool) -> None:
    lines = gzip.decompress((TRACES / "day-ast22" / "queue_log.gz").read_bytes()).decode().splitlines()
    whole = of_file(tmp_path / "queue_log", lines)
    table.five = five
    await table.make()
    await table.insert(lines)
    one = followed(table, Clock())
    batches = await told(one)
    assert ids_of(batches) == ids_of(whole)
    assert {one.event_id: one for one in events_of(batches)} == {one.event_id: one for one in events_of(whole)}
    assert await told(one) == []
    again = await told(followed(table, Clock(), batches[-1].progress))
    assert ids_of(again).keys() < ids_of(whole).keys()


async def test_the_time_may_be_a_time(table: Table, tmp_path: Path) -> None:
    lines = [pause(at // 3, f"Agent {at % 2}") for at in range(50)]
    wanted = ids_of(of_file(tmp_path / "f", lines))
    for time_type in ("datetime(6)",) if table.url.startswith("mysql") else ("timestamp(6)", "timestamptz"):
        table.zone = ZoneInfo("UTC") if time_type == "timestamptz" else BERLIN
        await table.execute("DROP TABLE IF EXISTS queue_log")
        await table.make(time_type)
        await table.insert(lines)
        assert ids_of(await told(followed(table, Clock()))) == wanted


async def test_rows_that_are_committed_late_come_all_the_same(table: Table) -> None:
    """Ids are given before rows are committed; who asks for higher ones than the last loses what comes late."""
    chance = Random(5)
    lines = [pause(at // 4, f"Agent {at % 3}") for at in range(300)]
    await table.make()
    waiting = list(enumerate(lines, 1))
    one, batches = followed(table, Clock()), list[Batch]()
    while waiting:
        some = [waiting.pop(min(int(chance.expovariate(0.2)), len(waiting) - 1)) for _ in range(min(25, len(waiting)))]
        for number, line in some:
            await table.insert([line], number=number)
        batches += await told(one)
        if chance.random() < 0.3 and batches:
            one = followed(table, Clock(), batches[-1].progress)
    assert len(ids_of(batches)) == len(lines)


async def test_more_rows_than_are_read_at_once(table: Table, tmp_path: Path) -> None:
    lines = [pause(at // 40, f"Agent {at % 30}") for at in range(12_000)]
    await table.make()
    await table.insert(lines)
    assert ids_of(await told(followed(table, Clock()))) == ids_of(of_file(tmp_path / "f", lines))


async def test_the_hour_that_comes_twice_is_told_by_the_order_of_ids_and_marked(table: Table, tmp_path: Path) -> None:
    begin = int(datetime(2026, 10, 24, 23, 40, tzinfo=UTC).timestamp()) - NOON
    lines = [pause(begin + at * 60) for at in range(160)]
    await table.make()
    await table.insert(lines)
    batches = await told(followed(table, Clock()))
    assert ids_of(batches) == ids_of(of_file(tmp_path / "f", lines))
    assert batches[-1].progress.problems[AMBIGUOUS_HOUR] == 120
    later = await told(followed(table, Clock(), batches[-1].progress))
    assert ids_of(later).keys() <= ids_of(batches).keys()


async def test_values_that_fill_their_column_are_counted(table: Table) -> None:
    await table.make()
    await table.insert([pause(0, reason="x" * 100), pause(1, reason="x" * 99)])
    (batch,) = await told(followed(table, Clock()))
    assert batch.progress.problems == {"perhaps_cut_off data1": 1}


async def test_a_time_that_is_none_is_counted_once(table: Table) -> None:
    await table.make()
    await table.insert([pause(0)])
    await table.execute("INSERT INTO queue_log (time, event) VALUES ('yesterday', 'PAUSE')")
    one = followed(table, Clock())
    (batch,) = await told(one)
    assert await told(one) == []
    assert batch.progress.problems == {"unreadable_time": 1}


async def test_beside_the_file_every_row_counts_once(table: Table, tmp_path: Path) -> None:
    """The table's time is taken before the insert, the file's after it; some rows are in the table only."""
    chance = Random(7)
    path, clock, rows = tmp_path / "queue_log", Clock(), FileRows()
    await table.make()
    path.write_text(pause(-100, "first") + "\n")
    file = GrowingFile(path, pbx=HQ, next_seq=count(1).__next__, clock=clock, rows=rows)
    one = followed(table, clock, beside=rows)
    both: set[EventId] = set()
    lacking = [pause(at, f"Agent {at % 3}") for at in range(49, 300, 50)]
    with closing(file):
        for at in range(300):
            earlier = 0.0 if at % 50 == 49 else chance.choice([0, 0, 0.3, 4.0])
            line = pause(at, f"Agent {at}" if earlier else f"Agent {at % 3}")
            await table.insert([line], earlier=earlier)
            if line not in lacking:
                with path.open("a") as end:
                    end.write(line + "\n")
            clock.at += timedelta(seconds=1)
            if at % 10 == 0:
                both |= ids_of([*file.poll(), *await told(one)]).keys()
        for _ in range(3):
            clock.at += timedelta(seconds=60)
            both |= ids_of([*file.poll(), file.heartbeat(), *await told(one)]).keys()
    assert len(both) == 301
    assert ids_of(of_file(tmp_path / "f", lacking)).keys() <= both


async def test_while_the_database_is_away_there_is_a_gap(table: Table) -> None:
    await table.make()
    await table.insert([pause(0)])
    clock = Clock()
    following = followed(table, clock).follow(poll_seconds=0.05, heartbeat_seconds=0.2)
    gaps: list[FeedLost | FeedRestored] = []

    async def until(enough: int) -> None:
        while len(gaps) < enough:
            batch = await anext(following)
            gaps.extend(event for event in batch.events if isinstance(event, FeedLost | FeedRestored))

    async with aclosing(following), asyncio.timeout(30):
        await anext(following)
        await table.execute("ALTER TABLE queue_log RENAME TO gone")
        await until(1)
        clock.at += timedelta(minutes=5)
        await table.execute("ALTER TABLE gone RENAME TO queue_log")
        await until(2)
    lost, restored = gaps
    noon = datetime.fromtimestamp(NOON, UTC)
    assert (lost.occurred_at.replace(microsecond=0), restored.occurred_at) == (noon, noon + timedelta(minutes=5))


async def test_beside_the_file_a_database_that_is_away_leaves_no_gap(table: Table) -> None:
    following = followed(table, Clock(), beside=FileRows()).follow(poll_seconds=0.05, heartbeat_seconds=0.1)
    async with aclosing(following), asyncio.timeout(30):
        batch = await anext(following)
    assert batch.events == ()
    assert [kind.partition(":")[0] for kind in batch.progress.problems] == ["unreadable"]


async def test_it_cannot_write(table: Table) -> None:
    await table.make()
    one = table.open()
    await one.shape()
    with pytest.raises(SourceUnreadable, match=r"(?i)read.only"):
        if table.url.startswith("mysql"):
            await one._run(lambda: one._ask("DELETE FROM queue_log", ()))  # type: ignore[attr-defined]
        else:
            await one._ask("DELETE FROM queue_log")  # type: ignore[attr-defined]


async def test_what_is_no_such_table_says_so(table: Table) -> None:
    with pytest.raises(SourceUnreadable) as caught:
        await told(followed(table, Clock()))
    assert "has no column" in caught.value.problem


@pytest.mark.parametrize("url", ["mysql://cc@127.0.0.1:9/x", "postgresql://cc@127.0.0.1:9/x"])
async def test_a_server_that_is_not_there_is_out_of_reach(url: str) -> None:
    database = table_database(url, "queue_log")
    with pytest.raises(SourceUnreadable):
        await database.shape()
    await database.close()


@pytest.mark.parametrize(
    ("url", "name"), [("sqlite:///x", "queue_log"), ("mysql://a/b", "a; DROP"), ("mysql://a/b", "a.b.c"), ("x", "y")]
)
def test_what_is_no_address_and_no_name_is_refused(url: str, name: str) -> None:
    with pytest.raises(SettingsError):
        table_database(url, name)


async def test_a_feed_goes_on_and_check_sees_the_table(table: Table, tmp_path: Path, valkey_url: str) -> None:
    await table.make()
    await table.insert([pause(0), pause(1)])
    config = tmp_path / "callcenter.toml"
    config.write_text(
        f'redis_url = "{valkey_url}"\ntimezone = "Europe/Berlin"\n[[pbx]]\nname = "{HQ}"\n'
        f'[pbx.queue_log_table]\nurl = "{table.url}"\npoll_seconds = 0.2\n'
    )
    for more in (2, 3):
        async with role("run", "queue-log", "--config", config, cwd=tmp_path), asyncio.timeout(30):
            while len(rows_of_stream(valkey_url)) < more:
                await asyncio.sleep(0.1)
        await table.insert([pause(more)])
    assert len(rows_of_stream(valkey_url)) == 3
    done = await asyncio.to_thread(partial(callcenter, "check", "--config", config, cwd=tmp_path))
    line = next(line for line in done.out.splitlines() if "queue_log table" in line)
    assert "queue_log can be read; data1, data2, data3, data4, data5, agent may cut long values off" in line
    assert "name the file too" in line
    await table.execute("DROP TABLE queue_log")
    done = await asyncio.to_thread(partial(callcenter, "check", "--config", config, cwd=tmp_path))
    assert "has no column time" in done.out
    assert done.status == 1


def rows_of_stream(url: str) -> set[EventId]:
    with redis.Redis.from_url(url) as client:
        entries = client.xrange(Keys().events(HQ))
    return {event.event_id for _, fields in entries for event in decode_batch(fields[b"batch"]).events}
