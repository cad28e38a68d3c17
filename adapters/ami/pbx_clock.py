"""How far a PBX's clock is ahead of ours, from what the PBX says of its time.

Half of what matters bears no time of its own: rows of snapshots, notices of a start, all events of an Asterisk without
``timestampevents``. It is dated by its receipt, by the PBX's clock. The answers to our pings tell that clock; until the
first one, events that state a time do. What one connection taught holds in the next until that says otherwise.
"""

import re
from datetime import UTC, datetime, timedelta

from adapters.ami.frame import Frame, FrameKind
from adapters.ami.report import stated_time
from callcenter.domain.errors import BadHeader

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_INSTANT = re.compile(r"\d{1,10}\.\d{1,6}")


class PbxClock:
    """One PBX's clock, over all its connections. ``ahead`` is zero until something was heard of it."""

    def __init__(self) -> None:
        self.ahead = timedelta()
        self._pinged = False

    def begin(self) -> None:
        """Another connection: its own words count more than what earlier ones taught."""
        self._pinged = False

    def learn(self, frame: Frame) -> bool:
        """Take from a frame what it says of the clock; whether it says anything."""
        if frame.kind is not FrameKind.EVENT:
            return self.learn_from_answer(frame)
        try:
            stated = stated_time(frame)
        except BadHeader:
            return False
        if stated is None:
            return False
        self.learn_from_event(stated, frame.received_at)
        return True

    def learn_from_answer(self, frame: Frame) -> bool:
        """The answer to a ping tells the PBX's time, also where its events do not, or come late."""
        stated = frame.get("Timestamp")
        if stated is None or not _INSTANT.fullmatch(stated):
            return False
        self.ahead = _EPOCH + timedelta(seconds=float(stated)) - frame.received_at
        self._pinged = True
        return True

    def learn_from_event(self, occurred_at: datetime, received_at: datetime) -> None:
        """An event that states its time, unless a ping told better."""
        if not self._pinged:
            self.ahead = occurred_at - received_at
