"""The note from which the reading of a file goes on: which file it was, and how far it had been read."""

import os
from dataclasses import asdict, dataclass, replace
from hashlib import sha256

import msgspec

HEAD = 256
"""Bytes at the beginning of a file by which it is known again; the rows there bear the time at which it was begun."""


@dataclass(frozen=True, slots=True)
class FileMark:
    """A file by device, inode and the hash of its first ``head_bytes``; read up to ``offset``, where a line ends."""

    device: int
    inode: int
    head: str
    head_bytes: int
    offset: int

    @property
    def has_whole_head(self) -> bool:
        return self.head_bytes == HEAD

    def moved_to(self, offset: int) -> "FileMark":
        """The same file, read further."""
        return replace(self, offset=offset)

    def is_of(self, descriptor: int) -> bool:
        """True if the open file is the one that was marked, and still holds what was read of it."""
        stat = os.fstat(descriptor)
        if (stat.st_dev, stat.st_ino) != (self.device, self.inode) or stat.st_size < self.offset:
            return False
        return _head(descriptor, self.head_bytes) == self.head

    def text(self) -> str:
        """As a checkpoint."""
        return msgspec.json.encode(asdict(self)).decode()


NO_MARK = FileMark(device=-1, inode=-1, head="", head_bytes=0, offset=0)
"""Of no file at all."""


def mark(descriptor: int, offset: int) -> FileMark:
    """A mark of an open file read up to ``offset``. The hash covers nothing that Asterisk may still be writing."""
    stat = os.fstat(descriptor)
    head_bytes = min(HEAD, offset)
    return FileMark(stat.st_dev, stat.st_ino, _head(descriptor, head_bytes), head_bytes, offset)


def read_mark(checkpoint: str | None) -> FileMark:
    """The mark that a checkpoint holds; `NO_MARK` if it is none of ours, so that reading begins anew."""
    try:
        return msgspec.json.decode(checkpoint or "", type=FileMark)
    except msgspec.DecodeError:
        return NO_MARK


def _head(descriptor: int, head_bytes: int) -> str:
    return sha256(os.pread(descriptor, head_bytes, 0)).hexdigest()
