"""The packaged capture: twelve and a half busy minutes of a real Asterisk 22, told again as if they were now.

Every time in it is moved by whole seconds: time stamps, the ids of legs, the names of recordings. So the same minutes
can be told again and again without an id coming back. Caller numbers are not those of the recording.
"""

import gzip
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files

_INSTANT = re.compile(rb"(?<!\d)1795\d{6}(?!\d)")
"""Seconds since 1970 on the day of the recording, wherever they stand."""


@dataclass(frozen=True, slots=True)
class Told:
    """One frame, or one row of queue_log, with its end of line(s); ``at`` in seconds since 1970 by the recording."""

    at: float
    data: bytes


@dataclass(frozen=True)
class Capture:
    """Frames and rows in order. ``opening`` holds the frames that describe queues and static members at the start."""

    opening: Sequence[Told]
    frames: Sequence[Told]
    rows: Sequence[Told]

    @cached_property
    def starts_at(self) -> float:
        return min(self.frames[0].at, self.rows[0].at)

    @cached_property
    def seconds(self) -> int:
        """How long it lasts, rounded up, with a moment of rest at the end."""
        return int(max(self.frames[-1].at, self.rows[-1].at) - self.starts_at) + 2


def packaged() -> Capture:
    """The capture that comes with callcenter."""
    folder = files("callcenter.demo") / "capture"
    raw = gzip.decompress((folder / "ami.raw.gz").read_bytes())
    index = gzip.decompress((folder / "ami.idx.gz").read_bytes()).splitlines()
    reads = [json.loads(line) for line in index]
    frames = [Told(read["t"], raw[read["o"] : read["o"] + read["n"]]) for read in reads]
    log = gzip.decompress((folder / "queue_log.gz").read_bytes())
    rows = [Told(float(line.partition(b"|")[0]), line) for line in log.splitlines(keepends=True)]
    opening = [frame for frame in frames if frame.data.startswith((b"Event: QueueParams", b"Event: QueueMember\r"))]
    return Capture(
        opening=opening,
        frames=[frame for frame in frames if frame not in opening and not frame.data.startswith(b"Event: FullyBooted")],
        rows=[row for row in rows if b"|QUEUESTART|" not in row.data],
    )


def moved(data: bytes, seconds: int) -> bytes:
    """The same, so many whole seconds later."""
    return _INSTANT.sub(lambda match: b"%d" % (int(match[0]) + seconds), data)
