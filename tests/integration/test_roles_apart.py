"""Roles on machines of their own: a feed beside the PBX reaches Redis and nothing else, and loses nothing."""

import asyncio
import gzip
import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.store import open_store
from callcenter.bootstrap.role import Need, Role, needs
from callcenter.bootstrap.settle import settle
from callcenter.domain.ids import PbxId
from callcenter.ports import VisitFilter
from callcenter.settings import Settings
from tests.support.command import COMMAND, callcenter, role
from tests.support.recorded import TRACES

NOWHERE = "postgresql://nobody@192.0.2.1/nothing"
"""An address of documentation (RFC 5737): nothing answers there."""

PBX = "branch"


def settings_file(folder: Path, log: Path, redis_url: str, **more: str) -> Path:
    folder.mkdir()
    lines = {"redis_url": redis_url, "data_dir": str(folder / "data"), **more}
    text = "".join(f'{key} = "{value}"\n' for key, value in lines.items())
    file = folder / "callcenter.toml"
    file.write_text(f'{text}[[pbx]]\nname = "{PBX}"\nqueue_log = "{log}"\n')
    return file


@pytest.mark.parametrize("name", ["ami", "queue-log"])
def test_a_feed_loads_no_database(name: str, tmp_path: Path, valkey_url: str) -> None:
    log = tmp_path / "queue_log"
    log.touch()
    config = settings_file(tmp_path / "remote", log, valkey_url, database_url=NOWHERE)
    command = [sys.executable, "-X", "importtime", COMMAND, "run", name, "--config", config]
    with subprocess.Popen(command, stderr=subprocess.PIPE, encoding="utf-8", cwd=tmp_path) as running:
        try:
            running.wait(5)
        except subprocess.TimeoutExpired:
            running.terminate()
        _, said = running.communicate()
    assert "adapters.streams.redis" in said
    assert [word for word in ("sqlalchemy", "alembic", "asyncpg", "aiohttp") if word in said] == []


def test_every_role_says_what_it_needs() -> None:
    assert {role for role in Role if Need.STORE not in needs([role])} == {Role.AMI, Role.QUEUE_LOG}
    assert {role for role in Role if Need.STREAM not in needs([role])} == {
        Role.METRICS,
        Role.RECORDINGS,
        Role.QUALITY,
        Role.RETENTION,
    }
    assert needs(Role) == Need.BOTH
    assert needs([]) == Need(0)


async def rows_stored(url: str) -> int:
    async with await open_store(url) as store:
        return sum((await store.archive.feed(PbxId(PBX))).events_by_source.values())


async def figures(url: str, folder: Path) -> object:
    """Every visit and every interval row of a store."""
    settings = Settings(data_dir=folder, database_url=url)
    async with await open_store(url) as store:
        await settle(PbxId(PBX), store.ledger, settings)
        archive = store.archive
        visits = await archive.visits(VisitFilter(), cursor=None, limit=100_000)
        rows = await archive.queue_rows(None, None), await archive.agent_rows(None, None)
    # Which of its legs names a call depends on the order in which they were found to be one.
    return [replace(visit, call=visit.leg) for visit in visits.items], rows


async def test_a_remote_feed_that_is_killed_again_and_again_loses_nothing(tmp_path: Path, valkey_url: str) -> None:
    rows = gzip.decompress((TRACES / "day-ast22" / "queue_log.gz").read_bytes()).splitlines(keepends=True)
    log, database = tmp_path / "queue_log", f"sqlite:///{tmp_path / 'central.db'}"
    central = settings_file(tmp_path / "central", tmp_path / "elsewhere", valkey_url, database_url=database)
    remote = settings_file(tmp_path / "remote", log, valkey_url, database_url=NOWHERE)
    chance = random.Random(3)
    async with role("run", "recorder", "--config", central, cwd=tmp_path) as recorder:
        while rows:
            async with role("run", "queue-log", "--config", remote, cwd=tmp_path):
                for _ in range(4):
                    some, rows = rows[: len(rows) // 8 + 40], rows[len(rows) // 8 + 40 :]
                    with log.open("ab") as file:
                        file.writelines(some)
                    await asyncio.sleep(chance.uniform(0.1, 0.9))
        whole = callcenter(
            "import", "queue-log", log, "--pbx", PBX, "--database", f"sqlite:///{tmp_path / 'whole.db'}", cwd=tmp_path
        )
        assert whole.status == 0
        wanted = await rows_stored(f"sqlite:///{tmp_path / 'whole.db'}")
        async with role("run", "queue-log", "--config", remote, cwd=tmp_path), asyncio.timeout(60):
            while await rows_stored(database) < wanted:
                assert recorder.returncode is None
                await asyncio.sleep(0.2)
    assert await rows_stored(database) == wanted > 500
    assert await figures(database, tmp_path) == await figures(f"sqlite:///{tmp_path / 'whole.db'}", tmp_path)
