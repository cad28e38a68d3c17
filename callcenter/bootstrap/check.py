"""Try every part that the settings name, one by one, and say what to do about what is wrong."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from adapters.ami.client import AmiClient
from adapters.ami.source import ConnectionBegan
from adapters.queue_log.generations import generations
from adapters.queue_log.table_database import table_database
from adapters.streams.server import stream_server
from callcenter.bootstrap.backbone import SystemClock, opened_store
from callcenter.bootstrap.directory import doubts_of, remedy
from callcenter.bootstrap.feeds import ami_account
from callcenter.bootstrap.logs import log_to_stderr
from callcenter.domain.errors import CallCenterError
from callcenter.domain.ids import PbxId
from callcenter.settings import PbxSettings, Settings
from callcenter.wording import sentence

_LOGIN_SECONDS = 10.0
_MOST_DOUBTS = 10
_MARKS = {True: "[green]ok[/]", False: "[red]no[/]", None: "[yellow]look[/]"}
_REDIS_SECONDS = 10.0
_LONG_ENOUGH = 255
"""Characters that a column of the realtime table should hold."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One part that was tried. ``remedy`` is empty where all is well; None is neither: somebody should look."""

    part: str
    well: bool | None
    says: str
    remedy: str = ""


async def run_check(settings: Settings) -> int:
    """Print what was found; 1 if anything is wrong, else 0."""
    log_to_stderr(logging.CRITICAL)
    findings = [finding async for finding in _all(settings)]
    table = Table("part", "", "says", "what to do")
    for finding in findings:
        part, says, remedy = map(escape, (finding.part, finding.says, finding.remedy))
        table.add_row(part, _MARKS[finding.well], says, remedy)
    Console().print(table)
    return int(any(finding.well is False for finding in findings))


async def _all(settings: Settings) -> AsyncIterator[Finding]:
    yield await _tried("data folder", lambda: _data_folder(settings), "let this user write there, or set data_dir")
    yield await _tried("database", lambda: _database(settings), "see database_url in config/callcenter.example.toml")
    async for doubt in _people(settings):
        yield doubt
    yield await _tried("Redis", lambda: _redis(settings), "see redis_url in config/callcenter.example.toml")
    if not settings.pbx:
        yield Finding("PBX", False, "none is named", "add a [[pbx]] to the settings file")
    for pbx in settings.pbx:
        if pbx.ami is not None:
            yield await _ami(pbx)
        if pbx.queue_log is not None:
            yield _queue_log(pbx)
        if pbx.queue_log_table is not None:
            yield await _queue_log_table(pbx)


async def _tried(part: str, attempt: Callable[[], Awaitable[str]], remedy: str) -> Finding:
    try:
        return Finding(part, True, await attempt())
    except CallCenterError as error:
        return Finding(part, False, sentence(error), remedy)
    except TimeoutError:
        return Finding(part, False, "no answer yet; a service would wait on", remedy)
    except OSError as error:
        return Finding(part, False, str(error), remedy)


async def _data_folder(settings: Settings) -> str:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    probe = settings.data_dir / ".written"
    probe.write_bytes(b"")
    probe.unlink()
    return str(settings.data_dir.absolute())


async def _database(settings: Settings) -> str:
    async with opened_store(settings) as store:
        pbxs = await store.archive.pbxs()
    return f"up to date; PBXs stored: {', '.join(pbxs) or 'none yet'}"


async def _people(settings: Settings) -> AsyncIterator[Finding]:
    """Members of whom nobody knows who they are. A store that cannot be opened has been told of already."""
    try:
        async with opened_store(settings) as store:
            doubts = await doubts_of(store)
    except (CallCenterError, OSError):
        return
    for one in doubts[:_MOST_DOUBTS]:
        says = f"{one.agent} is merely an interface" if len(one.interfaces) == 1 else f"{one.agent} is at two phones"
        yield Finding(f"{one.pbx}: people", None, says, remedy(one))
    if len(doubts) > _MOST_DOUBTS:
        yield Finding("people", None, f"{len(doubts) - _MOST_DOUBTS} more in doubt", "`callcenter directory show`")


async def _redis(settings: Settings) -> str:
    folder = settings.data_dir / "redis"
    attempt = stream_server(settings.redis, folder, allow_unsafe=settings.redis_allow_unsafe)
    async with asyncio.timeout(_REDIS_SECONDS), attempt as server:
        return "the embedded one runs" if server.embedded else "keeps what it acknowledges"


async def _ami(pbx: PbxSettings) -> Finding:
    """One log-in, and out again."""
    part = f"{pbx.name}: AMI"
    client = AmiClient(ami_account(PbxId(pbx.name), pbx), clock=SystemClock())

    async def first_item() -> bool:
        async for item in client.items():
            return isinstance(item, ConnectionBegan)
        return False

    logging_in = asyncio.create_task(first_item())
    try:
        async with asyncio.timeout(_LOGIN_SECONDS):
            while not logging_in.done() and client.status.problem is None:
                await asyncio.wait([logging_in], timeout=0.1)
    except TimeoutError:
        return Finding(part, False, f"no log-in within {_LOGIN_SECONDS:g} s", "is the port right, and open to us?")
    finally:
        await client.close()
        await asyncio.gather(logging_in, return_exceptions=True)
    problem = client.status.problem
    if problem is not None:
        return Finding(part, False, sentence(problem), "check host, port, username and secret against manager.conf")
    return Finding(part, True, "logged in")


def _queue_log(pbx: PbxSettings) -> Finding:
    path, part = pbx.queue_log, f"{pbx.name}: queue_log"
    if path is None or not path.is_file():
        return Finding(part, False, f"{path} is no file", "queue_log = yes in logger.conf, then `logger reload`")
    try:
        files = generations(path)
    except OSError as error:
        return Finding(part, False, f"{path}: {error.strerror}", "let this user read the file and its folder")
    said = f"{path}, {path.stat().st_size} bytes, {len(files) - 1} rotated"
    return Finding(part, True, said)


async def _queue_log_table(pbx: PbxSettings) -> Finding:
    """Its columns, and one row."""
    part, settings = f"{pbx.name}: queue_log table", pbx.queue_log_table
    assert settings is not None
    try:
        database = table_database(settings.address(), settings.table)
        try:
            shape = await database.shape()
            await database.rows(shape, "1970-01-02 00:00:00", 1)
        finally:
            await database.close()
    except CallCenterError as error:
        return Finding(part, False, sentence(error), "GRANT SELECT on it to this account; see queue_log_table")
    told = (*shape.parameters, "agent")
    short = ", ".join(name for name in told if (most := shape.limits.get(name)) is not None and most < _LONG_ENOUGH)
    says = f"{settings.table} can be read" + (f"; {short} may cut long values off" if short else "")
    return Finding(part, True, says, "" if pbx.queue_log else "name the file too: an insert that fails is not noticed")
