"""One file of a journal. Its name is the number of its first record: even an empty one tells where counting stands."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from mmap import ACCESS_READ, mmap
from pathlib import Path

from adapters.journal.records import Damage, Record, scan

_SUFFIX = ".journal"
_fsync = getattr(os, "fdatasync", os.fsync)


@dataclass(frozen=True, slots=True, order=True)
class Segment:
    """A file of records, all of them from ``first_seq`` on."""

    first_seq: int
    path: Path

    def read(self) -> Iterator[Record | Damage]:
        """Its records in order, and damage between them."""
        with _mapped(self.path) as data:
            yield from scan(data)

    def mend(self) -> tuple[int, Record | None, Record | None]:
        """Cut off a torn tail, which was never acknowledged. Returns its size, and the first and last whole record."""
        self.path.touch(mode=0o600)
        first: Record | None = None
        last: Record | None = None
        for record in self.read():
            if isinstance(record, Record):
                first, last = first or record, record
        whole = last.end if last else 0
        torn = self.path.stat().st_size - whole
        if torn:
            with self.path.open("r+b") as file:
                file.truncate(whole)
                os.fsync(file.fileno())
        return torn, first, last


class SegmentWriter:
    """Appends to one segment, durably."""

    def __init__(self, segment: Segment) -> None:
        self.segment = segment
        self._file = os.open(segment.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self.size = os.fstat(self._file).st_size

    def append(self, data: bytes) -> None:
        """Write and fsync; if that fails, for want of space perhaps, nothing of it stays. Raises OSError."""
        try:
            _write_all(self._file, data)
            _fsync(self._file)
        except OSError:
            os.ftruncate(self._file, self.size)
            raise
        self.size += len(data)

    def close(self) -> None:
        """No more is appended."""
        os.close(self._file)


def segments_in(folder: Path) -> list[Segment]:
    """The segments of a folder in the order of their records."""
    return sorted(Segment(int(path.stem), path) for path in folder.glob(f"*{_SUFFIX}") if path.stem.isdecimal())


def new_segment(folder: Path, first_seq: int) -> Segment:
    """A segment that does not exist yet."""
    return Segment(first_seq, folder / f"{first_seq:020d}{_SUFFIX}")


def sync_folder(folder: Path) -> None:
    """Make the coming and going of files durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _mapped(path: Path) -> Iterator[bytes | mmap]:
    with path.open("rb") as file:
        if not os.fstat(file.fileno()).st_size:
            yield b""
            return
        with mmap(file.fileno(), 0, access=ACCESS_READ) as data:
            yield data


def _write_all(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]
