"""A process of its own that lets in one client and sends recorded AMI bytes as fast as they are read.

    python -m bench.flood FOLDER

prints its port. A process of its own, so that its CPU time is nobody else's; one client, so that nobody who connects
again is told everything again.
"""

import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bench.harness import recorded

_BANNER = b"Asterisk Call Manager/11.0.0\r\n"
_PATIENCE_SECONDS = 0.3


@contextmanager
def flooding(folder: Path) -> Iterator[int]:
    """The port on which a recorded folder is sent, once, to the first connection, which ends with it."""
    command = [sys.executable, "-m", "bench.flood", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield int(server.stdout.readline())
        finally:
            server.kill()


def _serve(folder: Path) -> None:
    told = recorded(folder)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        print(listening.getsockname()[1], flush=True)
        connection, _ = listening.accept()
    with connection:
        connection.sendall(_BANNER)
        _answer(connection, told)
        connection.settimeout(_PATIENCE_SECONDS)
        with suppress(TimeoutError):
            _answer(connection, told)
        connection.settimeout(None)
        connection.sendall(told)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(4096):
            pass


def _answer(connection: socket.socket, told: bytes) -> None:
    """Agree to one action: the login, and the ping that some clients send right after it to learn what time it is."""
    asked = b""
    while not asked.endswith(b"\r\n\r\n"):
        asked += connection.recv(4096)
    action_id = next(line for line in asked.splitlines() if line.lower().startswith(b"actionid"))
    stamp = re.search(rb"\nTimestamp: [\d.]+", told)
    now = stamp[0].strip() if stamp else b""
    connection.sendall(b"\r\n".join([b"Response: Success", action_id, b"Message: Agreed", now, b"\r\n"]))


if __name__ == "__main__":
    _serve(Path(sys.argv[1]))
