"""Reading large compressed files block by block, and as far as they can be read.

A recorder that was killed leaves a file without an end. What is in it is still worth reading, so everything before
the tear is delivered before the tear is told; `gzip` of the standard library would lose the last part.
"""

import asyncio
import zlib
from collections.abc import Generator, Iterator
from hashlib import sha256
from pathlib import Path

from callcenter.domain.errors import SourceUnreadable

_READ_BYTES = 256 * 1024
_GZIP = 31


def blocks(path: Path) -> Generator[bytes]:
    """The content of a file, decompressed if its name says so. Raises SourceUnreadable where it ends before its end."""
    with path.open("rb") as file:
        read = iter(lambda: file.read(_READ_BYTES), b"")
        yield from _inflated(path, read) if path.suffix == ".gz" else read


def lines(path: Path) -> Iterator[bytes]:
    """The complete lines of a file, without their ends; an unfinished last one is left out."""
    rest = b""
    for block in blocks(path):
        *complete, rest = (rest + block).split(b"\n")
        yield from complete


class BlockReader:
    """The content of a file, taken piece by piece; the next block is read in a thread while one is being used.

    ``error`` tells, after the last piece, that there should have been more.
    """

    def __init__(self, path: Path) -> None:
        self._blocks = blocks(path)
        self._next: asyncio.Task[bytes | None] | None = self._read_on()
        self._block, self._at = b"", 0
        self.position = 0
        """Bytes taken so far."""
        self.error: SourceUnreadable | None = None

    async def take(self, size: int) -> bytes:
        """So many bytes, fewer only at the end."""
        pieces = []
        missing = size
        while missing and (self._at < len(self._block) or await self._turn_over()):
            piece = self._block[self._at : self._at + missing]
            pieces.append(piece)
            self._at += len(piece)
            missing -= len(piece)
        self.position += size - missing
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    async def aclose(self) -> None:
        """No more is taken. A block that is still being read in its thread is waited for."""
        if self._next is not None:
            await asyncio.wait([self._next])
            self._next.cancelled() or self._next.exception()
        self._blocks.close()

    async def _turn_over(self) -> bool:
        if self._next is None:
            return False
        try:
            block = await asyncio.shield(self._next)
        except SourceUnreadable as error:
            self.error, block = error, None
        self._block, self._at = block or b"", 0
        self._next = self._read_on() if block is not None else None
        return block is not None

    def _read_on(self) -> "asyncio.Task[bytes | None]":
        return asyncio.create_task(asyncio.to_thread(next, self._blocks, None))


def fingerprint(path: Path) -> str:
    """A name for what is in a file: the same whenever and wherever it is read."""
    digest = sha256()
    with path.open("rb") as file:
        while block := file.read(_READ_BYTES):
            digest.update(block)
    return digest.hexdigest()[:16]


def unreadable(path: Path, problem: str) -> SourceUnreadable:
    """The error for a capture, with what would have been expected."""
    return SourceUnreadable(
        str(path), problem, "a folder with ami.raw.gz and ami.idx.gz as --capture writes it, or a single *.ami.gz"
    )


def _inflated(path: Path, read: Iterator[bytes]) -> Iterator[bytes]:
    inflater, whole = zlib.decompressobj(_GZIP), True
    for data in read:
        while data:
            before = inflater.copy()
            try:
                block = inflater.decompress(data)
            except zlib.error as error:
                if block := _up_to_the_damage(before, data):
                    yield block
                raise unreadable(path, f"is no gzip file, or damaged: {error}") from error
            if block:
                yield block
            whole, data = inflater.eof, inflater.unused_data
            if inflater.eof:
                inflater = zlib.decompressobj(_GZIP)
    if not whole:
        raise unreadable(path, "ends before its end, as if the recorder was killed")


def _up_to_the_damage(inflater: "zlib._Decompress", data: bytes) -> bytes:
    good = bytearray()
    try:
        for at in range(len(data)):
            good += inflater.decompress(data[at : at + 1])
    except zlib.error:
        pass
    return bytes(good)
