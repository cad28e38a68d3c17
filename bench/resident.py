"""The resident size of processes: each role as it runs, and one that goes on and on.

Roles are the real commands, hearing a PBX on loopback that tells its day twenty times as fast. Growth is that of a
process with adapter and recorder that hears one new day after the other (`bench.growth`), once what it keeps of calls
is as much as it ever will be.
"""

import asyncio
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

from bench.growth import growth
from bench.harness import Goal, Row
from bench.processes import resident_mebibytes
from callcenter.bootstrap.backbone import opened_store
from callcenter.demo.pbx import SECRET, USERNAME, LoopbackPbx
from callcenter.settings import Settings

MOST_OF_ROLE = {"run ami": 80, "run recorder": 150, "run api": 150, "up": 300}
"""MiB of each command; ``up`` is all roles in one process."""

DAYS_PER_ROUND = 15
"""With five rounds ten million AMI events."""

_COMMAND = Path(sys.executable).parent / "callcenter"
_SPEED, _HEARING_SECONDS = 20.0, 10.0
_PAGES = ("live", "queues/today", "agents/today", "visits", "recordings", "samples", "feed", "definitions")
_CONFIG = """
data_dir = "{folder}/data"
api_port = 0
pbx = [{{ name = "bench", ami = {{ host = "127.0.0.1", port = {port}, username = "{user}", secret = "{secret}" }} }}]
"""


def rows(rounds: int) -> Iterator[Row]:
    """The rows about processes."""
    measured = [asyncio.run(_measure()) for _ in range(rounds)]
    for command, most in MOST_OF_ROLE.items():
        yield Row(
            number=14,
            what=f"memory of callcenter {command}",
            goal=Goal(most, "{:.0f} MiB", at_most=True),
            figures=tuple(sizes[command] for sizes in measured),
        )
    grown, detail = asyncio.run(growth(DAYS_PER_ROUND * rounds))
    yield Row(
        number=14,
        what="growth of adapter and recorder, day after day",
        goal=Goal(0.02, "{:+.1%}", at_most=True),
        figures=(grown,),
        detail=detail,
    )


async def _measure() -> dict[str, float]:
    """MiB of each command."""
    alone = [command for command in MOST_OF_ROLE if command != "up"]
    return await _sizes(alone) | await _sizes(["up"])


async def _sizes(commands: list[str]) -> dict[str, float]:
    """MiB of processes that share an installation."""
    with tempfile.TemporaryDirectory() as folder:
        async with LoopbackPbx(Path(folder) / "pbx" / "queue_log", speed=_SPEED) as pbx:
            async with opened_store(Settings(data_dir=Path(folder) / "data")):
                pass  # makes the tables, which is done once
            config = Path(folder) / "callcenter.toml"
            config.write_text(_CONFIG.format(folder=folder, port=pbx.port, user=USERNAME, secret=SECRET))
            started = {command: await _start(command, config) for command in commands}
            try:
                await asyncio.sleep(_HEARING_SECONDS)
                for command, process in started.items():
                    if command in ("run api", "up"):
                        await _look_around(process)
                return {command: resident_mebibytes(process.pid) for command, process in started.items()}
            finally:
                for process in reversed(started.values()):
                    process.terminate()
                    await process.wait()


async def _start(command: str, config: Path) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        _COMMAND,
        *command.split(),
        *("--config", str(config)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )


async def _look_around(api: asyncio.subprocess.Process) -> None:
    """Ask for most of what the API has, once."""
    assert api.stdout is not None
    address = (await api.stdout.readline()).decode().split()[-1]
    for page in _PAGES:
        await asyncio.to_thread(_get, f"{address}api/v1/{page}")


def _get(url: str) -> None:
    with urlopen(url) as answer:
        answer.read()
