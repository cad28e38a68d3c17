"""One process, every role, two PBXs: the real service over two loopback PBXs, kept apart to the last number."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from callcenter.demo.pbx import SECRET, USERNAME, LoopbackPbx
from tests.support.command import callcenter, service

NAMES = ("north", "south")


@asynccontextmanager
async def two_pbxs(folder: Path) -> AsyncIterator[Path]:
    """Both tell the same twelve minutes; the settings file names them."""
    async with (
        LoopbackPbx(folder / "north" / "queue_log") as north,
        LoopbackPbx(folder / "south" / "queue_log") as south,
    ):
        file = folder / "callcenter.toml"
        tables = [settings_of(name, pbx.port, folder) for name, pbx in zip(NAMES, (north, south), strict=True)]
        file.write_text("api_port = 0\n" + "".join(tables))
        yield file


def settings_of(name: str, port: int, folder: Path) -> str:
    return (
        f'[[pbx]]\nname = "{name}"\nqueue_log = "{folder / name / "queue_log"}"\n'
        f'[pbx.ami]\nhost = "127.0.0.1"\nport = {port}\nusername = "{USERNAME}"\nsecret = "{SECRET}"\n'
    )


async def until(address: str, path: str, wanted: Callable[[Any], object]) -> Any:
    """What a resource says, once it says what is wanted."""
    async with aiohttp.ClientSession() as client, asyncio.timeout(90):
        while True:
            async with client.get(address + path) as answer:
                told = await answer.json(content_type=None)
            if answer.status == 200 and wanted(told):
                return told
            await asyncio.sleep(0.2)


def by_pbx(told: Mapping[str, Any]) -> dict[str, Any]:
    """Keys begin with the name of their PBX."""
    return {name: {key for key in told if key.startswith(f"{name}/")} for name in NAMES}


def is_the_same_floor_twice(told: Mapping[str, Any]) -> bool:
    """Both PBXs have the same queues and agents, and have some."""
    for part in ("queues", "agents"):
        north, south = ({key.removeprefix(f"{name}/") for key in keys} for name, keys in by_pbx(told[part]).items())
        if not north or north != south:
            return False
    return True


async def test_two_pbxs_in_one_process_and_a_recording_of_both(tmp_path: Path) -> None:
    async with (
        two_pbxs(tmp_path) as config,
        service("up", "--config", config, "--capture", "taken", cwd=tmp_path) as running,
    ):
        # A log is read before AMI has told whose interfaces it names.
        picture = await until(running.address, "/api/v1/live", is_the_same_floor_twice)
        assert {pbx["pbx"] for pbx in picture["pbxs"]} == set(NAMES)
        for part in ("queues", "agents"):
            assert set(picture[part]) == set().union(*by_pbx(picture[part]).values())
        await until(running.address, "/api/v1/live", lambda told: {pbx["state"] for pbx in told["pbxs"]} == {"live"})
        await until(running.address, "/readyz", lambda told: True)
        visits = [
            await until(running.address, f"/api/v1/visits?pbx={name}&limit=10", lambda told: told["items"])
            for name in NAMES
        ]
        for name, told in zip(NAMES, visits, strict=True):
            assert {visit["pbx"] for visit in told["items"]} == {name}
    assert running.ended is not None
    assert (running.ended.status, running.ended.err) == (0, "")
    for name in NAMES:
        assert (tmp_path / "data" / "journal" / name / "ami").is_dir()
        replayed(tmp_path, name)


def replayed(folder: Path, name: str) -> None:
    """What was written down can be replayed, under the name of its PBX."""
    done = callcenter("replay", folder / "taken" / name, "--source", "ami", "--report", f"{name}.json", cwd=folder)
    assert (done.status, done.out) == (0, "")
    report = json.loads((folder / f"{name}.json").read_text("utf-8"))
    assert {queue["pbx"] for queue in report["queues"]} == {name}
    assert sum(queue["offered"] for queue in report["queues"]) > 50
    assert report["feed"]["problems"] == {}
    assert report["feed"]["unknown"] == {}
