"""Reading the realtime table where it is: MySQL and MariaDB, or PostgreSQL. Read-only, with time limits.

Drivers are loaded where they are used: who follows a file needs none.
"""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

from adapters.queue_log.table_rows import FIELDS, PARAMETERS, SINGLE, TableRow
from callcenter.domain.errors import SettingsError, SourceUnreadable

CONNECT_SECONDS = 5
ANSWER_SECONDS = 30

EXAMPLE = "mysql://callcenter:secret@10.0.0.5/asterisk"
_REMEDY = "see pbx.queue_log_table in config/callcenter.example.toml"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)?")
_TEXTS = frozenset({"char", "varchar", "text", "tinytext", "mediumtext", "longtext", "character varying", "character"})

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class TableShape:
    """Which columns there are, with the most characters each holds (None: no limit), and how the time stands there."""

    limits: Mapping[str, int | None]
    time_type: str

    @property
    def parameters(self) -> tuple[str, ...]:
        """As Asterisk chooses: five columns if all are there, else the single one."""
        return PARAMETERS if all(name in self.limits for name in PARAMETERS) else (SINGLE,)

    @property
    def has_number(self) -> bool:
        return "id" in self.limits


class TableDatabase(Protocol):
    """A connection that reads the table; made anew after any failure. All raise SourceUnreadable."""

    async def shape(self) -> TableShape: ...

    async def rows(self, shape: TableShape, since: str, limit: int) -> list[TableRow]:
        """The first rows from this local time on, by time."""
        ...

    async def close(self) -> None: ...


def table_database(url: str, table: str) -> TableDatabase:
    """The database at an address. Raises SettingsError if it is none, or the name is none of a table."""
    kind = urlsplit(url).scheme.partition("+")[0]
    if not _NAME.fullmatch(table):
        raise SettingsError("settings", "pbx.queue_log_table.table", f"{table!r} is no name of a table", "queue_log")
    if kind in ("mysql", "mariadb"):
        return MySqlTable(url, table)
    if kind in ("postgresql", "postgres"):
        return PostgresTable(url, table)
    problem = f"{kind or 'this'} is none of mysql, mariadb, postgresql"
    raise SettingsError("settings", "pbx.queue_log_table.url", problem, EXAMPLE)


class MySqlTable:
    """MySQL or MariaDB, by PyMySQL in a thread."""

    def __init__(self, url: str, table: str) -> None:
        self._url = urlsplit(url)
        self._schema, _, self._table = table.rpartition(".")
        self._connection: Any = None

    async def shape(self) -> TableShape:
        asked = (
            "SELECT column_name, data_type, character_maximum_length FROM information_schema.columns"
            " WHERE table_name = %s AND table_schema = coalesce(nullif(%s, ''), database())"
        )
        return _shape(await self._run(lambda: self._ask(asked, (self._table, self._schema))), self._shown, self._table)

    async def rows(self, shape: TableShape, since: str, limit: int) -> list[TableRow]:
        columns = ", ".join(f"coalesce(`{name}`, '')" for name in (*FIELDS, *shape.parameters))
        number = "`id`" if shape.has_number else "0"
        table = ".".join(f"`{name}`" for name in (self._schema, self._table) if name)
        asked = (
            f"SELECT CAST(`time` AS CHAR), {number}, {columns} FROM {table}"  # noqa: S608 -- values are bound
            f" WHERE `time` >= %s ORDER BY `time` LIMIT {limit:d}"
        )
        return [_row(found) for found in await self._run(lambda: self._ask(asked, (since,)))]

    async def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await asyncio.to_thread(connection.close)

    @property
    def _shown(self) -> str:
        return f"{self._url.scheme}://{self._url.hostname or ''}{self._url.path}"

    async def _run(self, work: Callable[[], T]) -> T:
        import pymysql

        try:
            return await asyncio.to_thread(work)
        except (pymysql.Error, OSError) as error:
            await self._forget()
            raise SourceUnreadable(self._shown, _said(error), _REMEDY) from error

    async def _forget(self) -> None:
        import pymysql

        try:
            await self.close()
        except (pymysql.Error, OSError):
            self._connection = None

    def _ask(self, statement: str, values: tuple[str, ...]) -> Sequence[tuple[Any, ...]]:
        if self._connection is None:
            self._connection = self._connected()
        with self._connection.cursor() as cursor:
            cursor.execute(statement, values)
            found: Sequence[tuple[Any, ...]] = cursor.fetchall()
        self._connection.rollback()
        return found

    def _connected(self) -> Any:
        import pymysql

        options = {name: values[-1] for name, values in parse_qs(self._url.query).items()}
        connection = pymysql.connect(
            host=self._url.hostname or "localhost",
            port=self._url.port or 3306,
            user=unquote(self._url.username or ""),
            password=unquote(self._url.password or ""),
            database=unquote(self._url.path.lstrip("/")),
            unix_socket=options.get("unix_socket"),
            ssl_ca=options.get("ssl_ca"),
            charset="utf8mb4",
            connect_timeout=CONNECT_SECONDS,
            read_timeout=ANSWER_SECONDS,
            write_timeout=ANSWER_SECONDS,
        )
        with connection.cursor() as cursor:
            cursor.execute("SET SESSION TRANSACTION READ ONLY")
        return connection


class PostgresTable:
    """PostgreSQL, by asyncpg."""

    def __init__(self, url: str, table: str) -> None:
        self._url = url
        self._schema, _, self._table = table.rpartition(".")
        self._connection: Any = None

    async def shape(self) -> TableShape:
        asked = (
            "SELECT column_name::text, data_type::text, character_maximum_length::int FROM information_schema.columns"
            " WHERE table_name = $1 AND table_schema = coalesce(nullif($2, ''), current_schema())"
        )
        return _shape(await self._ask(asked, self._table, self._schema), self._shown, self._table)

    async def rows(self, shape: TableShape, since: str, limit: int) -> list[TableRow]:
        columns = ", ".join(f"coalesce(\"{name}\"::text, '')" for name in (*FIELDS, *shape.parameters))
        number = '"id"::bigint' if shape.has_number else "0"
        table = ".".join(f'"{name}"' for name in (self._schema, self._table) if name)
        from_then = "$1::text" if shape.time_type in _TEXTS else f"$1::text::{shape.time_type}"
        asked = (
            f'SELECT "time"::text, {number}, {columns} FROM {table}'  # noqa: S608 -- values are bound
            f' WHERE "time" >= {from_then} ORDER BY "time" LIMIT {limit:d}'
        )
        return [_row(found) for found in await self._ask(asked, since)]

    async def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close(timeout=CONNECT_SECONDS)

    @property
    def _shown(self) -> str:
        parts = urlsplit(self._url)
        return f"{parts.scheme}://{parts.hostname or ''}{parts.path}"

    async def _ask(self, statement: str, *values: str) -> Sequence[tuple[Any, ...]]:
        import asyncpg

        try:
            if self._connection is None:
                self._connection = await asyncpg.connect(
                    self._url,
                    timeout=CONNECT_SECONDS,
                    command_timeout=ANSWER_SECONDS,
                    server_settings={"default_transaction_read_only": "on", "timezone": "UTC"},
                )
            return [tuple(found) for found in await self._connection.fetch(statement, *values)]
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, ValueError) as error:
            connection, self._connection = self._connection, None
            if connection is not None:
                connection.terminate()
            raise SourceUnreadable(self._shown, _said(error), _REMEDY) from error


def _shape(found: Sequence[tuple[Any, ...]], shown: str, table: str) -> TableShape:
    columns = {str(name).lower(): (str(kind).lower(), most) for name, kind, most in found}
    missing = [name for name in ("time", *FIELDS) if name not in columns]
    if not {SINGLE} & columns.keys() and not columns.keys() >= set(PARAMETERS):
        missing.append("data1 to data5, or data")
    if missing:
        raise SourceUnreadable(shown, f"{table} has no column {', '.join(missing)}", _REMEDY)
    return TableShape({name: most for name, (_, most) in columns.items()}, columns["time"][0])


def _row(found: tuple[Any, ...]) -> TableRow:
    time, number, *fields = found
    return TableRow(str(time), int(number), tuple(map(str, fields)))


def _said(error: Exception) -> str:
    return (str(error.args[-1]) if error.args else "") or type(error).__name__
