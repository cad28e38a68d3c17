"""Server-sent events: frames, positions as event ids, and the bounded queue of one browser.

Frames are built once and shared by all. A browser that reads too slowly loses its backlog, is told ``resync`` and gets
a fresh snapshot: memory stays bounded and nothing is missed in silence.
"""

import asyncio
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import deque
from collections.abc import Mapping

import msgspec

COMMENT = b": still here\n\n"
RETRY = b"retry: 2000\n\n"
RESYNC = b'event: resync\ndata: {"reason":"behind"}\n\n'

MOST_FRAMES = 64
MOST_BYTES = 1024 * 1024

_position = msgspec.json.Decoder(dict[str, str]).decode


def frame(event: str, data: bytes, position: Mapping[str, str] | None = None) -> bytes:
    """One event. ``data`` is JSON on one line; a position makes it a place to go on from."""
    place = b"" if position is None else b"id: " + event_id(position).encode() + b"\n"
    return b"event: " + event.encode() + b"\n" + place + b"data: " + data + b"\n\n"


def event_id(position: Mapping[str, str]) -> str:
    """A position (one feed id per PBX) as an opaque event id."""
    return urlsafe_b64encode(msgspec.json.encode(dict(sorted(position.items())))).decode().rstrip("=")


def position_of(event_id: str) -> dict[str, str]:
    """The position that an event id stands for; empty for anything that never was one, which leads to a snapshot."""
    try:
        return _position(urlsafe_b64decode(event_id + "=" * (-len(event_id) % 4)))
    except (ValueError, msgspec.DecodeError):
        return {}


class Subscriber:
    """One browser's backlog. `offer` never waits; ``behind`` says that the backlog was dropped."""

    def __init__(self, most_frames: int = MOST_FRAMES, most_bytes: int = MOST_BYTES) -> None:
        self.behind = False
        self.closed = False
        self._frames: deque[bytes] = deque()
        self._bytes = 0
        self._most_frames = most_frames
        self._most_bytes = most_bytes
        self._wake = asyncio.Event()

    def offer(self, data: bytes) -> None:
        """Queue one frame; a backlog that would grow too long is dropped as a whole."""
        if self.behind:
            return
        if len(self._frames) >= self._most_frames or self._bytes + len(data) > self._most_bytes:
            self._drop()
            self.behind = True
        else:
            self._frames.append(data)
            self._bytes += len(data)
        self._wake.set()

    def caught_up(self) -> None:
        """A snapshot of this moment is about to be sent in the place of what was dropped."""
        self._drop()
        self.behind = False

    def close(self) -> None:
        """No more frames will come."""
        self.closed = True
        self._wake.set()

    async def take(self, wait_seconds: float) -> bytes:
        """All frames that are queued, as one; empty when the wait passes, when behind, and when closed."""
        if not (self._frames or self.behind or self.closed):
            try:
                async with asyncio.timeout(wait_seconds):
                    await self._wake.wait()
            except TimeoutError:
                return b""
        self._wake.clear()
        data = b"".join(self._frames)
        self._drop()
        return data

    def _drop(self) -> None:
        self._frames.clear()
        self._bytes = 0
