"""The content of one log file, plain or packed; how it is packed is known by its first bytes, whatever its name."""

import bz2
import gzip
import lzma
import os
import zlib
from collections.abc import Callable
from io import BufferedIOBase, FileIO
from pathlib import Path
from typing import Any, cast

HEAD = 256
"""Bytes at the beginning of a file by which it is known again; the rows there bear the time at which it was begun."""

DAMAGED = (EOFError, zlib.error, gzip.BadGzipFile, lzma.LZMAError)
"""What a packed file that breaks off, or is none, raises. bz2 says OSError too, but without a number."""

_MAGIC: dict[bytes, Callable[[Any], Any]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\x00": lzma.open,
}
_LONGEST_MAGIC = max(map(len, _MAGIC))
_CHUNK = 256 * 1024


class Content:
    """An open file. Reading a packed one raises one of `DAMAGED`, all else OSError."""

    def __init__(self, path: Path) -> None:
        self._file = FileIO(path)
        magic = os.pread(self._file.fileno(), _LONGEST_MAGIC, 0)
        unpack = next((unpack for start, unpack in _MAGIC.items() if magic.startswith(start)), None)
        self._packed: BufferedIOBase | None = None
        self._head = b""
        if unpack is not None:
            self._packed = cast(BufferedIOBase, unpack(self._file))
            self._head = self._read_head()
        self.position = 0

    @property
    def is_packed(self) -> bool:
        return self._packed is not None

    @property
    def status(self) -> os.stat_result:
        """Of the file itself: its size is the content's only if it is not packed."""
        return os.fstat(self._file.fileno())

    def head(self, size: int = HEAD) -> bytes:
        """Its first bytes, as they are now."""
        return self._head[:size] if self._packed else os.pread(self._file.fileno(), size, 0)

    def read(self) -> bytes:
        """What comes next; nothing at the end."""
        chunk = self._packed.read1(_CHUNK) if self._packed else self._file.read(_CHUNK)
        self.position += len(chunk or b"")
        return chunk or b""

    def skip_to(self, position: int) -> None:
        """Go on from there, or from the end of a packed one that is shorter."""
        if not self._packed:
            self._file.seek(position)
            self.position = position
            return
        while self.position < position:
            chunk = self._packed.read(min(_CHUNK, position - self.position))
            if not chunk:
                return
            self.position += len(chunk)

    def close(self) -> None:
        """Let the file go."""
        if self._packed:
            self._packed.close()
        self._file.close()

    def _read_head(self) -> bytes:
        """Of a packed one, as far as it is whole."""
        assert self._packed is not None
        try:
            head = self._packed.read1(HEAD)
            while len(head) < HEAD and (more := self._packed.read1(HEAD - len(head))):
                head += more
        except (*DAMAGED, OSError):
            head = b""
        self._packed.seek(0)
        return head


def is_damage(error: Exception) -> bool:
    """Whether a packed file is not what it should be, rather than out of reach."""
    return isinstance(error, DAMAGED) or (isinstance(error, OSError) and error.errno is None)
