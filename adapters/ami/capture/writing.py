"""Writing a live connection down in the form that is read here, for bug reports.

Everything that Asterisk said is in it, callers' numbers and names too: the files are for their owner only.
"""

import gzip
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

from adapters.ami.source import (
    CLOSED_BY_US,
    ConnectionBegan,
    ConnectionEnded,
    FrameSource,
    Received,
    SourceItem,
)
from callcenter.domain.errors import BadRequest

_QUICK = 3
_FLUSHED_EVERY = timedelta(seconds=1)


class CaptureWriter:
    """A folder being written. If the process is killed, all but the last second can be read."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if (folder / "ami.raw.gz").exists():
            raise BadRequest("capture", f"{folder} holds a recording already", "a new folder for each recording")
        self._folder = folder
        self._raw = gzip.GzipFile(_own(folder / "ami.raw.gz"), "wb", compresslevel=_QUICK)
        self._index = gzip.GzipFile(_own(folder / "ami.idx.gz"), "wb", compresslevel=_QUICK)
        self._offset = 0
        self._connections = 0
        self._flushed_at = datetime.fromtimestamp(0, UTC)

    def write(self, item: SourceItem) -> None:
        """Write one item down. Raises OSError if the disk refuses it."""
        match item:
            case ConnectionBegan():
                self._begin(item)
            case Received():
                self._raw.write(item.data)
                self._note(item.at, n=len(item.data))
                self._offset += len(item.data)
            case ConnectionEnded():
                meant = item.error is None or item.reason == CLOSED_BY_US
                self._note(item.at, conn=self._connections, event="logoff" if meant else f"error {item.reason}")

    def close(self) -> None:
        """The recording is complete."""
        self._raw.close()
        self._index.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _begin(self, began: ConnectionBegan) -> None:
        self._connections += 1
        if self._connections == 1:
            _own(self._folder / "ami.hello").write_bytes(began.hello)
        self._note(began.at, conn=self._connections, event="login")

    def _note(self, at: datetime, **what: object) -> None:
        entry = {"t": at.timestamp(), "o": self._offset} | what
        self._index.write(json.dumps(entry).encode() + b"\n")
        if abs(at - self._flushed_at) >= _FLUSHED_EVERY:
            # The index after the bytes: so it never speaks of bytes that are not there.
            self._raw.flush()
            self._index.flush()
            self._flushed_at = at


class Captured:
    """A `FrameSource` that hands over what another one gives, and writes it down on the way."""

    def __init__(self, source: FrameSource, writer: CaptureWriter) -> None:
        self._source = source
        self._writer = writer

    async def items(self) -> AsyncGenerator[SourceItem]:
        """The other one's items; the recording is complete when they end."""
        with self._writer:
            async with aclosing(self._source.items()) as items:
                async for item in items:
                    self._writer.write(item)
                    yield item


def _own(path: Path) -> Path:
    path.touch(mode=0o600)
    return path
