"""Parts in processes of their own: each says when it is ready, and then waits for a line to go on."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

READY = "ready"
"""The first line of each part."""


class Part:
    """A process that runs a module of the bench."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._process = process
        self._stdin = process.stdin
        self._stdout = process.stdout

    def tell(self) -> None:
        """Let it go on."""
        self._stdin.write(b"\n")

    async def said(self) -> str:
        """The next line that it writes."""
        return (await self._stdout.readline()).decode().strip()

    async def ended(self) -> None:
        """Wait for its end. Raises AssertionError if that was none in order."""
        assert await self._process.wait() == 0, f"status {self._process.returncode}"


@asynccontextmanager
async def part(module: str, *arguments: str) -> AsyncIterator[Part]:
    """A module of the bench with these arguments, ready; killed if it has not ended with the context."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", module, *arguments, stdin=pipe, stdout=pipe)
    started = Part(process)
    try:
        assert await started.said() == READY
        yield started
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def wait_until_told() -> None:
    """Say that this process is ready, and wait for the line that lets it go on."""
    print(READY, flush=True)
    sys.stdin.readline()


def resident_mebibytes(pid: int) -> float:
    """What a process has in memory."""
    said = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=True).stdout
    return int(said) / 1024
