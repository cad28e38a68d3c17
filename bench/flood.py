"""A process of its own that lets in whoever logs in and sends recorded AMI bytes as fast as they are read.

    python -m bench.flood FOLDER

prints its port. A process of its own, so that its CPU time is nobody else's.
"""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.harness import recorded

_BANNER = b"Asterisk Call Manager/11.0.0\r\n"


@contextmanager
def flooding(folder: Path) -> Iterator[int]:
    """The port on which a recorded folder is sent, once to each connection, which ends with it."""
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
        while True:
            connection, _ = listening.accept()
            with connection:
                _tell(connection, told)


def _tell(connection: socket.socket, told: bytes) -> None:
    """Answer the login, and nothing after it; send everything; wait until the other side has hung up or read all."""
    try:
        connection.sendall(_BANNER)
        asked = connection.makefile("rb")
        login = list(iter(asked.readline, b"\r\n"))
        action_id = next(line for line in login if line.lower().startswith(b"actionid"))
        connection.sendall(b"Response: Success\r\n" + action_id + b"Message: Authentication accepted\r\n\r\n" + told)
        connection.shutdown(socket.SHUT_WR)
        asked.read()
    except ConnectionError:  # whoever logged in has heard enough
        return


if __name__ == "__main__":
    _serve(Path(sys.argv[1]))
