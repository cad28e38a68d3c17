"""A recorded folder as a source: the same bytes, cut as they were read, at the times at which they were."""

from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec

from adapters.ami.capture.blocks import BlockReader, fingerprint, lines, unreadable
from adapters.ami.capture.pace import Pace
from adapters.ami.errors import AmiDisconnected
from adapters.ami.source import ConnectionBegan, ConnectionEnded, Received, SourceItem
from callcenter.domain.errors import PeerError, SourceUnreadable

_REST_BYTES = 64 * 1024


class Entry(msgspec.Struct):
    """One line of the index: a read of the socket, or (with ``event``) the beginning or end of connection ``conn``."""

    t: float
    o: int
    n: Annotated[int, msgspec.Meta(ge=0)] = 0
    conn: int = 1
    event: str = ""

    @property
    def at(self) -> datetime:
        """The time as an instant. Raises ValueError, OverflowError or OSError if it is none."""
        return datetime.fromtimestamp(self.t, UTC)


_decode = msgspec.json.Decoder(Entry).decode


class FolderCapture:
    """A `FrameSource`. What is torn or damaged is read as far as it goes; the last notice then holds the error."""

    def __init__(self, folder: Path, raw: Path, pace: Pace) -> None:
        self._folder = folder
        self._raw = raw
        self._index = folder / "ami.idx.gz"
        self._pace = pace
        self._name = fingerprint(raw)
        self._began: ConnectionBegan | None = None
        self._last_at = datetime.fromtimestamp(0, UTC)
        self._error: PeerError | None = None

    async def items(self) -> AsyncGenerator[SourceItem]:
        """Everything in order, once. The connections bear the same names each time that a folder is read."""
        async with aclosing(BlockReader(self._raw)) as raw:
            for entry in self._entries():
                await self._pace.until(entry.t)
                self._last_at = entry.at
                if entry.event:
                    for notice in self._turn(entry):
                        yield notice
                    continue
                if entry.o != raw.position:
                    self._error = unreadable(self._index, f"speaks of byte {entry.o} where {raw.position} is next")
                    break
                data = await raw.take(entry.n)
                for item in self._heard(entry.conn, data):
                    yield item
            while rest := await raw.take(_REST_BYTES):  # more than the index knows: it is the torn one
                for item in self._heard(1, rest):
                    yield item
            self._error = self._error or raw.error
        for notice in self._finish():
            yield notice

    def _entries(self) -> Iterator[Entry]:
        try:
            for number, line in enumerate(lines(self._index), 1):
                entry = _read(line)
                if entry is None:
                    self._error = unreadable(self._index, f"line {number} is no entry of an index")
                    return
                yield entry
        except SourceUnreadable as error:
            self._error = error

    def _heard(self, conn: int, data: bytes) -> Iterator[SourceItem]:
        if not data:
            return
        if self._began is None:
            yield self._begin(conn)
        yield Received(data, self._last_at)

    def _turn(self, entry: Entry) -> Iterator[SourceItem]:
        if entry.event == "login":
            if self._began is not None:
                yield self._end("ended without a notice", meant=False)
            yield self._begin(entry.conn)
        elif self._began is not None:
            yield self._end(entry.event, meant=entry.event == "logoff")

    def _begin(self, conn: int) -> ConnectionBegan:
        hello = self._folder / "ami.hello"
        said = hello.read_bytes() if conn == 1 and hello.is_file() else b""
        self._began = ConnectionBegan(f"{self._name}-{conn}", self._last_at, said)
        return self._began

    def _end(self, reason: str, *, meant: bool) -> ConnectionEnded:
        assert self._began is not None
        error = None if meant else AmiDisconnected(self._folder.name, reason)
        ended = ConnectionEnded(self._began.connection, self._last_at, reason, error)
        self._began = None
        return ended

    def _finish(self) -> Iterator[SourceItem]:
        if self._began is not None:
            reason = str(self._error) if self._error else "the recording ends here"
            yield ConnectionEnded(self._began.connection, self._last_at, reason, self._error)
        elif self._error is not None:
            raise self._error


def _read(line: bytes) -> Entry | None:
    try:
        entry = _decode(line)
        entry.at  # noqa: B018  a time that is no instant is found here
    except (msgspec.DecodeError, ValueError, OverflowError, OSError):
        return None
    return entry
