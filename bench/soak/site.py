"""The service under the soak: `callcenter up` with all roles as one process, its PBX, its database, and those who look.

Somebody looks all the time, as in a real centre: pages that stay open, a Prometheus that scrapes, a person who reloads.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from adapters.streams.server_folder import ServerFolder
from bench.processes import Part, part
from bench.servers import new_database, postgres
from callcenter.demo.pbx import SECRET, USERNAME
from callcenter.domain.ids import PbxId

PBX = PbxId("soak")
OPEN_PAGES = 5

_COMMAND = Path(sys.executable).parent / "callcenter"
_CONFIG = """
data_dir = "{folder}/data"
database_url = "{database}"
api_port = 0
keep_stream_minutes = {keep_stream_minutes}

[[pbx]]
name = "{name}"
queue_log = "{folder}/pbx/queue_log"
ami = {{ host = "127.0.0.1", port = {port}, username = "{user}", secret = "{secret}" }}
"""
_LOOKS = {"/metrics": 15.0, "/api/v1/live": 5.0, "/api/v1/queues/today": 10.0, "/api/v1/feed": 30.0}
"""What is asked for, and every how many seconds."""

_SETTLE_SECONDS, _LOOK_AGAIN_SECONDS = 120.0, 0.5


@dataclass(frozen=True, slots=True)
class Site:
    """A running service and its PBX."""

    folder: Path
    process: asyncio.subprocess.Process
    pbx: Part
    address: str
    database: str

    @property
    def pids(self) -> Mapping[str, int]:
        """Our processes by name."""
        server = self._redis.server_pid()
        assert server is not None
        return {"callcenter up": self.process.pid, "valkey": server}

    @property
    def redis(self) -> str:
        """The URL of the embedded server."""
        return f"unix://{self._redis.socket}"

    @property
    def _redis(self) -> ServerFolder:
        return ServerFolder(self.folder / "data" / "redis")

    @property
    def log(self) -> list[str]:
        """What the service complained of."""
        return (self.folder / "up.log").read_text().splitlines()

    async def at_present(self) -> None:
        """Wait until the PBX has told the past, which comes in haste."""
        await self.pbx.said()

    async def stop_pbx(self) -> Mapping[str, int]:
        """Have the PBX stop calling; how many callers it sent into each queue."""
        self.pbx.tell()
        sent: dict[str, int] = json.loads(await self.pbx.said())
        return sent

    async def settled(self) -> bool:
        """Wait until everything that was heard is in the figures; False if that takes too long."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_SETTLE_SECONDS), aiohttp.ClientSession() as client:
                while not await self._is_final(client):
                    await asyncio.sleep(_LOOK_AGAIN_SECONDS)
                return True
        return False

    async def _is_final(self, client: aiohttp.ClientSession) -> bool:
        async with client.get(f"{self.address}/api/v1/feed") as answer:
            return all(pbx["final"] for pbx in (await answer.json())["pbxs"])

    async def feed(self) -> dict[str, Any]:
        """How well the PBX was heard, as the API tells it."""
        async with aiohttp.ClientSession() as client, client.get(f"{self.address}/api/v1/feed") as answer:
            told: dict[str, Any] = (await answer.json())["pbxs"][0]
            return told

    async def report(self) -> dict[str, Any]:
        """The whole period by `callcenter report`: what the store has."""
        command = [_COMMAND, "report", "--format", "json", "--config", self.folder / "callcenter.toml"]
        process = await asyncio.create_subprocess_exec(*map(str, command), stdout=asyncio.subprocess.PIPE)
        said, _ = await process.communicate()
        told: dict[str, Any] = json.loads(said)
        return told

    async def end(self) -> int:
        """Ask the service to end; its exit status."""
        self.process.terminate()
        return await self.process.wait()


@asynccontextmanager
async def running(
    folder: Path, calls_per_second: float, database: str, keep_stream_minutes: int
) -> AsyncIterator[Site]:
    """The service, hearing its PBX; killed if it has not ended with the context."""
    async with AsyncExitStack() as stack:
        queue_log = folder / "pbx" / "queue_log"
        pbx = await stack.enter_async_context(part("bench.soak.pbx", str(queue_log), str(calls_per_second)))
        url = await _database(stack, folder, database)
        config = folder / "callcenter.toml"
        told = {"folder": folder, "database": url, "name": PBX, "port": await pbx.said(), "user": USERNAME}
        config.write_text(_CONFIG.format(**told, secret=SECRET, keep_stream_minutes=keep_stream_minutes))
        log = stack.enter_context((folder / "up.log").open("wb"))
        process = await asyncio.create_subprocess_exec(
            *(str(_COMMAND), "up", "--config", str(config)), stdout=asyncio.subprocess.PIPE, stderr=log
        )
        try:
            assert process.stdout is not None
            said = (await process.stdout.readline()).decode()
            assert said, f"it did not start; see {folder / 'up.log'}"
            yield Site(folder, process, pbx, said.split()[-1].rstrip("/"), url)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()


async def _database(stack: AsyncExitStack, folder: Path, database: str) -> str:
    if database == "sqlite":
        return f"sqlite:///{folder}/data/callcenter.db"
    if database == "postgresql":
        return await stack.enter_async_context(new_database(stack.enter_context(postgres())))
    return database


async def keep_looking(address: str) -> None:
    """Open pages and people who look, until cancelled."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None)) as client, asyncio.TaskGroup() as tasks:
        for _ in range(OPEN_PAGES):
            tasks.create_task(_listen(client, f"{address}/api/v1/live/events"))
        for path, every in _LOOKS.items():
            tasks.create_task(_look(client, address + path, every))


async def _listen(client: aiohttp.ClientSession, url: str) -> None:
    async with client.get(url) as answer:
        async for _ in answer.content.iter_any():
            pass


async def _look(client: aiohttp.ClientSession, url: str, every: float) -> None:
    while True:
        async with client.get(url) as answer:
            answer.raise_for_status()
            await answer.read()
        await asyncio.sleep(every)
