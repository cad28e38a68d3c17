"""Starting, asking and ending the process of an embedded server."""

import asyncio
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from adapters.streams import server_child
from adapters.streams.server_binary import find_server
from adapters.streams.server_folder import ServerFolder
from callcenter.domain.errors import EmbeddedServerFailed

T = TypeVar("T")

_log = logging.getLogger(__name__)

POLL_SECONDS = 0.01
GRACE_SECONDS = 5.0
"""What a server gets to end in, before the next harder way; and what it gets to answer in."""


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """How to run a server.

    ``tcp_port`` opens a loopback port beside the Unix socket; 0 opens none. A server that is not ``durable`` keeps
    nothing on disk. ``binary`` is the server to run, where it is not the one that we would find.
    """

    tcp_port: int = 0
    durable: bool = True
    binary: Path | None = None


async def ask(socket: Path | None, command: bytes) -> bytes:
    """The first line that a server answers to an inline command; empty if nobody is there or the connection ends."""
    if socket is None:
        return b""
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(GRACE_SECONDS):
            reader, writer = await asyncio.open_unix_connection(socket)
            try:
                writer.write(command + b"\r\n")
                return (await reader.readline()).rstrip(b"\r\n")
            finally:
                writer.close()
    return b""


def spawn(folder: ServerFolder, lock: int, options: ServerOptions) -> "subprocess.Popen[bytes]":
    """A new server process that takes over the lock. It ends when we do, and is out of reach of our Ctrl-C.

    To Linux "we" is the thread that calls this: it has to be one that lasts.
    """
    command = [str(options.binary or find_server()), *_settings(folder, options)]
    child = [sys.executable, "-I", "-S", server_child.__file__, str(os.getpid()), str(lock), *command]
    with folder.log.open("ab") as log:
        return subprocess.Popen(
            child, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, pass_fds=[lock]
        )


def _settings(folder: ServerFolder, options: ServerOptions) -> Iterator[str]:
    """The server's settings as arguments."""
    settings = {
        "port": str(options.tcp_port),
        "bind": "127.0.0.1",
        "unixsocket": str(folder.place_socket()),
        "unixsocketperm": "700",
        "dir": str(folder.path),
        "save": "",
        "appendonly": "yes" if options.durable else "no",
        "appendfsync": "always" if options.durable else "no",
        "no-appendfsync-on-rewrite": "no",
        "aof-load-truncated": "yes",
        "maxmemory-policy": "noeviction",
    }
    for name, value in settings.items():
        yield f"--{name}"
        yield value


async def end(process: "subprocess.Popen[bytes]", socket: Path | None) -> None:
    """End our server: by SHUTDOWN, else SIGTERM, else SIGKILL."""
    await ask(socket, b"SHUTDOWN NOSAVE")
    for harder in (signal.SIGTERM, signal.SIGKILL):
        if await _soon(process.poll) is not None:
            return
        _log.warning("embedded server %s does not end; sending %s", process.pid, harder.name)
        _signal_group(process.pid, harder)
    process.wait()


async def lock_past_leftover(folder: ServerFolder) -> int:
    """The lock for a new server; a server that lives on although its owner is gone is ended first."""
    for harder in (signal.SIGTERM, signal.SIGKILL):
        if (lock := folder.lock_for_server()) is not None:
            return lock
        pid = folder.server_pid()
        _log.warning("a server without owner, %s, still runs in %s; sending %s", pid, folder.path, harder.name)
        if pid is not None:
            _signal_group(pid, harder)
        if (lock := await _soon(folder.lock_for_server)) is not None:
            return lock
    raise EmbeddedServerFailed(str(folder.path), f"process {pid} still runs there and does not end", folder.log_tail())


async def _soon(look: Callable[[], T | None]) -> T | None:
    """What ``look`` finds within the grace; None if nothing."""
    for _ in range(int(GRACE_SECONDS / POLL_SECONDS)):
        if (found := look()) is not None:
            return found
        await asyncio.sleep(POLL_SECONDS)
    return None


def _signal_group(pid: int, number: signal.Signals) -> None:
    """A server leads its own group, so this reaches a child that rewrites its log too."""
    with suppress(ProcessLookupError):
        os.killpg(pid, number)
