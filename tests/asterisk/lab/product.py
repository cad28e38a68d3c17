"""The real service on real PBXs: `callcenter up` as a process, and what it then says by report and by API."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
from yarl import URL

from tests.asterisk.lab.configuration import AMI_PORT, SECRET, USERNAME
from tests.asterisk.lab.pbx import Pbx
from tests.support.command import COMMAND, Running, service

_PATIENCE_SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class Heard:
    """One PBX as the service knows it: under which name, and by which sources."""

    name: str
    pbx: Pbx
    ami: bool = True
    queue_log: bool = True
    address: str | None = None
    """Where its AMI is reached, if not at the PBX itself."""
    port: int = AMI_PORT
    tls_ca: Path | None = None

    def toml(self) -> str:
        lines = ["[[pbx]]", f'name = "{self.name}"']
        if self.queue_log:
            lines.append(f'queue_log = "{self.pbx.queue_log}"')
        if self.ami:
            address = self.address or self.pbx.address
            lines += ["[pbx.ami]", f'host = "{address}"', f"port = {self.port}"]
            lines += [f'username = "{USERNAME}"', f'secret = "{SECRET}"']
        if self.tls_ca:
            lines += ["tls = true", f'tls_ca_file = "{self.tls_ca}"']
        return "\n".join(lines) + "\n"


@dataclass
class Product:
    """A running service. Its folder holds its settings and its data."""

    running: Running
    folder: Path

    async def report(self, pbx: str) -> dict[str, Any]:
        """`callcenter report` of the whole, by a process of its own as a person runs it."""
        return await report(self.folder, pbx)

    async def get(self, path: str, **query: str) -> Any:
        """What the API answers."""
        async with (
            aiohttp.ClientSession() as client,
            client.get(URL(self.running.address + path, encoded=True).update_query(query)) as answer,
        ):
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def visits(self, pbx: str) -> list[dict[str, Any]]:
        """All visits of a PBX, page after page."""
        found: list[dict[str, Any]] = []
        query = {"pbx": pbx, "limit": "100"}
        while True:
            page = await self.get("/api/v1/visits", **query)
            found += page["items"]
            if page["next_cursor"] is None:
                return found
            query["cursor"] = page["next_cursor"]

    async def story(self, pbx: str, visit_id: str) -> dict[str, Any]:
        """One visit with everything behind it."""
        told: dict[str, Any] = await self.get(f"/api/v1/visits/{pbx}/{quote(visit_id, safe='')}")
        return told

    async def until_live(self, *pbxs: str) -> None:
        """Until each of these PBXs is heard."""
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while True:
                told = await self.get("/api/v1/live")
                states = {pbx["pbx"]: pbx["state"] for pbx in told["pbxs"]}
                if all(states.get(name) == "live" for name in pbxs):
                    return
                await asyncio.sleep(0.1)


@asynccontextmanager
async def product(folder: Path, heard: Iterable[Heard], database: str | None = None) -> AsyncIterator[Product]:
    """`callcenter up` on these PBXs; without a ``database`` of another kind on SQLite, with the embedded Valkey."""
    folder.mkdir(parents=True, exist_ok=True)
    head = "api_port = 0\n" + (f'database_url = "{database}"\n' if database else "")
    (folder / "callcenter.toml").write_text(head + "".join(one.toml() for one in heard))
    async with service("up", "--config", "callcenter.toml", cwd=folder) as running:
        yield Product(running, folder)


async def report(folder: Path, pbx: str) -> dict[str, Any]:
    """`callcenter report --format json` on the store of a folder, also while its service runs."""
    process = await asyncio.create_subprocess_exec(
        *(COMMAND, "report", "--config", "callcenter.toml", "--format", "json", "--pbx", pbx),
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    told: dict[str, Any] = json.loads(out)
    return told
