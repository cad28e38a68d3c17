"""The command line as a person runs it: a process of its own, with nothing of this machine's settings in it."""

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

COMMAND = Path(sys.executable).parent / "callcenter"
_LONGEST_SECONDS = 120


@dataclass(frozen=True)
class Ended:
    """What a command said, and its exit status."""

    status: int
    out: str
    err: str


def callcenter(*words: object, cwd: Path, **variables: str) -> Ended:
    """Run a command to its end. Its words may wrap where a terminal would; a wide one is given."""
    done = subprocess.run(
        [COMMAND, *map(str, words)],
        cwd=cwd,
        env=_environment(variables),
        capture_output=True,
        encoding="utf-8",
        timeout=_LONGEST_SECONDS,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return Ended(done.returncode, done.stdout, done.stderr)


@asynccontextmanager
async def role(*words: object, cwd: Path, **variables: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A command that tells no address, until the context ends; killing it before is up to the test."""
    process = await asyncio.create_subprocess_exec(
        COMMAND, *map(str, words), cwd=cwd, env=_environment(variables), stderr=asyncio.subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@dataclass
class Running:
    """A service that is up. ``ended`` is there once it has been asked to stop."""

    address: str
    process: asyncio.subprocess.Process
    ended: Ended | None = None


@asynccontextmanager
async def service(*words: object, cwd: Path, **variables: str) -> AsyncIterator[Running]:
    """A command that runs until it is asked to stop, from the moment on at which it tells its address."""
    process = await asyncio.create_subprocess_exec(
        COMMAND,
        *map(str, words),
        cwd=cwd,
        env=_environment(variables),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(_LONGEST_SECONDS):
            said = (await process.stdout.readline()).decode()
        told = re.search(r"http://\S+:\d+", said)
        if told is None:
            raise AssertionError((await process.communicate())[1].decode())
        running = Running(told[0], process)
        yield running
        process.terminate()
        async with asyncio.timeout(_LONGEST_SECONDS):
            out, err = await process.communicate()
        running.ended = Ended(process.returncode or 0, said + out.decode(), err.decode())
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def _environment(variables: dict[str, str]) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("CALLCENTER_")}
    return inherited | {"COLUMNS": "240", "NO_COLOR": "1"} | variables
