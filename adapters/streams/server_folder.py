"""The folder of an embedded server: who owns it, whether its server lives, and where its socket is.

Two locks, both given back by the kernel however a process ends: ``owner.lock`` is held by the process that started the
server, ``server.pid`` by the server itself and holds its pid. So a stale pid can never be taken for a living server.
"""

import fcntl
import os
import tempfile
import zlib
from dataclasses import dataclass
from pathlib import Path

_LONGEST_SOCKET = 100
"""The kernel takes 107 bytes on Linux and 103 on macOS."""
_LOG_TAIL_BYTES = 2000


@dataclass(frozen=True, slots=True)
class ServerFolder:
    """The files of one embedded server. The folder is made if need be, readable by its owner alone."""

    path: Path

    @classmethod
    def at(cls, path: Path) -> "ServerFolder":
        """The folder at this path."""
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return cls(path.resolve())

    @property
    def log(self) -> Path:
        """What the server says, all starts one after the other."""
        return self.path / "valkey.log"

    @property
    def pid_file(self) -> Path:
        """Locked by the server as long as it lives."""
        return self.path / "server.pid"

    @property
    def socket(self) -> Path | None:
        """Where the server listens: here, or in a short temporary folder where this path is too long (None before)."""
        here = self.path / "valkey.sock"
        if len(os.fsencode(here)) <= _LONGEST_SOCKET:
            return here
        note = self._socket_note
        return Path(os.fsdecode(note.read_bytes())) if note.exists() else None

    @property
    def _socket_note(self) -> Path:
        return self.path / "socket.path"

    def lock_as_owner(self) -> int | None:
        """An open descriptor that holds the folder, or None while somebody else does."""
        return _lock(self.path / "owner.lock")

    def lock_for_server(self) -> int | None:
        """An open descriptor to hand on to a new server, or None while an old one lives."""
        return _lock(self.pid_file)

    def server_pid(self) -> int | None:
        """The pid that the latest server wrote."""
        written = self.pid_file.read_text().strip() if self.pid_file.exists() else ""
        return int(written) if written.isdecimal() else None

    def place_socket(self) -> Path:
        """Where the next server is to listen: where the last one did, if that is still there and ours."""
        socket = self.socket
        if socket is None or (socket.parent != self.path and not self._is_ours(socket.parent)):
            socket = self._short_folder() / "valkey.sock"
            self._socket_note.write_bytes(os.fsencode(socket))
        return socket

    def remove_socket(self) -> None:
        """Forget the socket of the latest server, and its temporary folder if it had one."""
        socket = self.socket
        if socket is None:
            return
        socket.unlink(missing_ok=True)
        if socket.parent != self.path:
            socket.parent.rmdir()
            self._socket_note.unlink()

    def _short_folder(self) -> Path:
        """A new folder of our own whose path is short, even where the usual place for temporary files is deep."""
        usual = tempfile.gettempdir()
        short = usual if len(os.fsencode(usual)) < 60 else "/tmp"  # noqa: S108 - mkdtemp makes a private folder in it
        return Path(tempfile.mkdtemp(prefix=self._short_prefix, dir=short))

    def _is_ours(self, folder: Path) -> bool:
        """Whether a temporary folder is still the private one that was made for this very path."""
        if not folder.name.startswith(self._short_prefix) or not folder.is_dir():
            return False
        found = folder.lstat()
        return found.st_uid == os.getuid() and not found.st_mode & 0o077

    @property
    def _short_prefix(self) -> str:
        return f"cc-{zlib.crc32(os.fsencode(self.path)):08x}-"

    def log_tail(self) -> str:
        """The end of what the server said."""
        if not self.log.exists():
            return ""
        return self.log.read_bytes()[-_LOG_TAIL_BYTES:].decode(errors="replace").strip()


def _lock(path: Path) -> int | None:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor
