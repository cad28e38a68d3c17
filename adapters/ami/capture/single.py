"""One file of bytes without an index, as a source.

When its bytes were read is not known. Events say themselves when they happened, and what stands between them (answers,
rows of a snapshot) happened at about the time of the event before it: so a piece of the file is dated by the last
``Timestamp`` seen. A file without any is refused, since all its times would be invented.
"""

import re
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from datetime import datetime
from pathlib import Path

from adapters.ami.capture.blocks import BlockReader, blocks, fingerprint, unreadable
from adapters.ami.capture.pace import Pace
from adapters.ami.source import ConnectionBegan, ConnectionEnded, Received, SourceItem
from callcenter.codec import from_microseconds
from callcenter.domain.errors import SourceUnreadable

_TIMESTAMP = re.compile(rb"^Timestamp: (\d{1,11})\.(\d{1,6})\r?\n", re.MULTILINE)
_BLOCK_BYTES = 64 * 1024


class FileCapture:
    """A `FrameSource` of a single connection, from its banner or from anywhere."""

    def __init__(self, path: Path, pace: Pace) -> None:
        self._path = path
        self._pace = pace
        self._name = f"{fingerprint(path)}-1"
        self._at = _first_timestamp(path)

    async def items(self) -> AsyncGenerator[SourceItem]:
        """Everything in order, once; a torn file as far as it goes, with the error in the last notice."""
        yield ConnectionBegan(self._name, self._at)
        rest = b""
        async with aclosing(BlockReader(self._path)) as raw:
            while block := await raw.take(_BLOCK_BYTES):
                *_, last_line = (rest + block).rpartition(b"\n")
                complete = (rest + block).removesuffix(last_line)
                rest = last_line
                for piece, at in self._dated(complete):
                    await self._pace.until(at.timestamp())
                    yield Received(piece, at)
            if rest:
                yield Received(rest, self._at)
            reason = str(raw.error) if raw.error else "the recording ends here"
            yield ConnectionEnded(self._name, self._at, reason, raw.error)

    def _dated(self, lines: bytes) -> Iterator[tuple[bytes, datetime]]:
        """Whole lines, cut before each Timestamp, each piece with the time in force."""
        begin = 0
        for stamp in _TIMESTAMP.finditer(lines):
            if stamp.start() > begin:
                yield lines[begin : stamp.start()], self._at
            begin, self._at = stamp.start(), _instant(stamp)
        if begin < len(lines):
            yield lines[begin:], self._at


def _first_timestamp(path: Path) -> datetime:
    rest = b""
    try:
        for block in blocks(path):
            stamp = _TIMESTAMP.search(rest + block)
            if stamp:
                return _instant(stamp)
            rest = block[-64:]
    except SourceUnreadable:
        if not rest:
            raise
    problem = (
        "has no Timestamp in it, and no ami.idx.gz beside it: nobody knows when all this was" if rest else "is empty"
    )
    raise unreadable(path, problem)


def _instant(stamp: re.Match[bytes]) -> datetime:
    seconds, fraction = stamp.groups()
    return from_microseconds(int(seconds) * 1_000_000 + int(fraction.ljust(6, b"0")))
