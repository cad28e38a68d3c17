"""The Valkey that comes with us: started for a data folder, ended with the process that started it.

One process owns a folder's server; others that start on the same folder use it as it is. What the server acknowledged
is on disk. If its owner is killed, Linux ends the server too; elsewhere the next start in this folder does.
"""

import asyncio
import logging
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote

from adapters.streams.server_folder import ServerFolder
from adapters.streams.server_process import POLL_SECONDS, ServerOptions, ask, end, lock_past_leftover, spawn
from callcenter.domain.errors import EmbeddedServerFailed

_log = logging.getLogger(__name__)

_DURABLE = ServerOptions()
_WATCH_SECONDS = 0.2
_START_SECONDS = 30.0
"""For a server to answer at all. One that says that it is loading may take as long as it needs."""


class EmbeddedServer:
    """A server that runs in a folder. `start` makes them."""

    def __init__(self, folder: ServerFolder, owner_lock: int | None, options: ServerOptions) -> None:
        self._folder = folder
        self._owner_lock = owner_lock
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def owned(self) -> bool:
        """Whether this process started the server, and ends it."""
        return self._owner_lock is not None

    @property
    def pid(self) -> int | None:
        """The server's process."""
        return self._folder.server_pid()

    @property
    def url(self) -> str:
        """The server's Unix socket, for Redis clients."""
        return f"unix://{quote(str(self._folder.socket))}"

    async def launch(self) -> None:
        """Start the process and wait until it answers. Raises EmbeddedServerFailed with the end of its log."""
        server_lock = await lock_past_leftover(self._folder)
        try:
            self._process = spawn(self._folder, server_lock, self._options)
        finally:
            os.close(server_lock)
        await self._until_ready(self._process)

    async def keep_running(self) -> None:
        """Start the server again whenever it ends unasked; until `stop`. Returns at once for a server of another."""
        while self._process is not None:
            await asyncio.sleep(_WATCH_SECONDS)
            if self._process is not None and self._process.poll() is not None:
                _log.error("the embedded server ended with %s; starting it again", self._process.returncode)
                await self.launch()

    async def stop(self) -> None:
        """End the server if it is ours, and give the folder back."""
        process, self._process = self._process, None
        if process is not None:
            await end(process, self._folder.socket)
            self._folder.remove_socket()
        if self._owner_lock is not None:
            os.close(self._owner_lock)
            self._owner_lock = None

    async def _until_ready(self, process: "subprocess.Popen[bytes]") -> None:
        deadline = time.monotonic() + _START_SECONDS
        while (answer := await ask(self._folder.socket, b"PING")) != b"+PONG":
            if process.poll() is not None:
                raise _failed(self._folder, f"the server ended at once, with {process.returncode}")
            if answer.startswith(b"-LOADING"):
                deadline = time.monotonic() + _START_SECONDS
            if time.monotonic() > deadline:
                raise _failed(self._folder, f"the server gave no answer for {_START_SECONDS:.0f} s")
            await asyncio.sleep(POLL_SECONDS)


async def start(path: Path, options: ServerOptions = _DURABLE) -> EmbeddedServer:
    """The server of this folder: a new one of our own, or the one that another process runs there.

    Raises SettingsError if there is no server to start, EmbeddedServerFailed if it does not run.
    """
    folder = ServerFolder.at(path)
    owner_lock = await _own(folder)
    server = EmbeddedServer(folder, owner_lock, options)
    if owner_lock is not None:
        try:
            await server.launch()
        except BaseException:
            await server.stop()
            raise
    return server


@asynccontextmanager
async def running(path: Path, options: ServerOptions = _DURABLE) -> AsyncIterator[EmbeddedServer]:
    """The server of this folder, for as long as the context lasts."""
    server = await start(path, options)
    try:
        yield server
    finally:
        await server.stop()


@asynccontextmanager
async def throwaway() -> AsyncIterator[EmbeddedServer]:
    """A server that keeps nothing on disk, in a temporary folder that goes with it."""
    folder = Path(tempfile.mkdtemp(prefix="cc-"))
    try:
        server = await start(folder, ServerOptions(durable=False))
        try:
            yield server
        finally:
            await server.stop()
    finally:
        shutil.rmtree(folder)


async def _own(folder: ServerFolder) -> int | None:
    """The lock of the folder; None when its owner is another process, as soon as that one's server answers."""
    deadline = time.monotonic() + _START_SECONDS
    while (owner_lock := folder.lock_as_owner()) is None:
        answer = await ask(folder.socket, b"PING")
        if answer == b"+PONG":
            return None
        if answer.startswith(b"-LOADING"):
            deadline = time.monotonic() + _START_SECONDS
        if time.monotonic() > deadline:
            raise _failed(folder, "another process holds this folder, and its server does not answer")
        await asyncio.sleep(POLL_SECONDS)
    return owner_lock


def _failed(folder: ServerFolder, problem: str) -> EmbeddedServerFailed:
    return EmbeddedServerFailed(str(folder.path), problem, folder.log_tail())
