"""Which answer belongs to which action.

Answers travel between events, on the same connection. Reading every message for their sake would cost as much as the
intake itself, so bytes are looked into only while somebody waits; otherwise their last three are kept, which are
enough to know whether the next chunk begins with a new message.
"""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from adapters.ami.frame import Frame, FrameKind
from adapters.ami.reader import FrameReader
from adapters.ami.snapshots import SNAPSHOT_FRAMES
from adapters.ami.translate import IGNORED, TABLE

_EVENTS = TABLE.keys() | SNAPSHOT_FRAMES.keys() | IGNORED
"""No answer is among these: named, they are passed over by their first bytes, which counts when a flood goes on."""

_UNDATED = datetime(1970, 1, 1, tzinfo=UTC)  # answers are matched by their ActionID; their time is of no interest


@dataclass(frozen=True, slots=True)
class Answer:
    """What Asterisk said to an action."""

    frame: Frame

    @property
    def success(self) -> bool:
        """It says that it did, or is about to do, what was asked."""
        return self.frame.name.casefold() in ("success", "goodbye")

    @property
    def message(self) -> str:
        """Its own words."""
        return self.frame.get("Message") or self.frame.name


class Answers:
    """The unanswered actions of one connection, by ActionID; and ``booted``, the first FullyBooted event.

    Only responses answer: the rows of a list, and events that happen to bear an ActionID, are events.
    """

    def __init__(self) -> None:
        self.booted: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        self._waiting: dict[str, asyncio.Future[Answer | None]] = {}
        self._reader: FrameReader | None = _reader(aligned=True)
        self._last_bytes = b""

    def expect(self, action_id: str) -> asyncio.Future[Answer | None]:
        """The answer to come; None if the connection ends before it. Whoever cancels it is not waiting any more."""
        answer: asyncio.Future[Answer | None] = asyncio.get_running_loop().create_future()
        self._waiting[action_id] = answer
        answer.add_done_callback(lambda _: self._waiting.pop(action_id, None))
        return answer

    def listen(self, chunk: bytes) -> None:
        """Bytes came: find the answers among them, if any are awaited."""
        if self._waiting or not self.booted.done():
            self.hear(chunk)
            return
        self._reader = None
        self._remember_end_of(chunk)

    def hear(self, chunk: bytes) -> list[Frame]:
        """As `listen`, in any case; returns the responses and boot notices found."""
        if self._reader is None:
            self._reader = _reader(aligned=False)
            self._reader.feed(self._last_bytes, _UNDATED)
        frames = self._reader.feed(chunk, _UNDATED)
        for frame in frames:
            if frame.kind is FrameKind.EVENT:
                _resolve(self.booted, frame)
            else:
                _resolve(self._waiting.get(frame.get("ActionID") or ""), Answer(frame))
        self._remember_end_of(chunk)
        return frames

    def give_up(self) -> None:
        """The connection ended: nobody will be answered."""
        for answer in list(self._waiting.values()):
            _resolve(answer, None)
        self.booted.cancel()

    def _remember_end_of(self, chunk: bytes) -> None:
        self._last_bytes = (self._last_bytes + chunk[-3:])[-3:]


def _reader(*, aligned: bool) -> FrameReader:
    return FrameReader({"FullyBooted": None}, _EVENTS, aligned=aligned)


def _resolve(future: asyncio.Future[Any] | None, result: object) -> None:
    if future is not None and not future.done():
        future.set_result(result)
