"""How far a PBX's clock is ahead of ours, from what the PBX says of its time.

Half of what matters bears no time of its own: rows of snapshots, notices of a start, all events of an Asterisk without
``timestampevents``. It is dated by its receipt, by the PBX's clock. The answers to our pings tell that clock; until the
first one, events that state a time do. What one connection taught holds in the next until that says otherwise.

Once a ping was answered, an event that states quite another time is not believed: one of the year 2029 would otherwise
move everything that is still open there. Our own time is believed too: that is where a wrong clock is set to.
"""

import re
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from adapters.ami.frame import Frame, FrameKind
from adapters.ami.report import stated_time
from callcenter.domain.errors import BadHeader
from callcenter.domain.event import Event

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_INSTANT = re.compile(r"\d{1,10}\.\d{1,6}")

FAR = timedelta(hours=1)
"""No clock is set so far, and no event comes so late, but by mistake."""

_SURE = timedelta(seconds=1)
"""No event is heard before it was said: one that seems so by more than this shows that the clock was learnt wrong."""


class PbxClock:
    """One PBX's clock, over all its connections. ``ahead`` is zero until something was heard of it."""

    def __init__(self) -> None:
        self.ahead = timedelta()
        self._pinged = False
        self._was_pinged = False

    def begin(self) -> None:
        """Another connection: its own words count more than what earlier ones taught."""
        self._pinged = False

    def learn(self, frame: Frame, *, if_far: bool = False) -> bool:
        """Take from a frame what it says of the clock; whether it says anything.

        An event far from all that is known does only ``if_far``: while a ping may still be answered, better wait.
        """
        if frame.kind is not FrameKind.EVENT:
            return self.learn_from_answer(frame)
        try:
            stated = stated_time(frame)
        except BadHeader:
            return False
        if stated is None or not (if_far or self._is_near(stated - frame.received_at)):
            return False
        return self.learn_from_event(stated, frame.received_at)

    def learn_from_answer(self, frame: Frame) -> bool:
        """The answer to a ping tells the PBX's time, also where its events do not, or come late."""
        stated = frame.get("Timestamp")
        if stated is None or not _INSTANT.fullmatch(stated):
            return False
        self.ahead = _EPOCH + timedelta(seconds=float(stated)) - frame.received_at
        self._pinged = self._was_pinged = True
        return True

    def learn_from_event(self, occurred_at: datetime, received_at: datetime) -> bool:
        """An event states its time; False if it is not believed.

        It tells the clock, unless a ping told better: one whose answer was itself read late did not.
        """
        ahead = occurred_at - received_at
        if self._was_pinged and not self._is_near(ahead):
            return False
        if not self._pinged or ahead > self.ahead + _SURE:
            self.ahead = ahead
        return True

    def _is_near(self, ahead: timedelta) -> bool:
        return abs(ahead - self.ahead) <= FAR or abs(ahead) <= FAR


def moved(event: Event, by: timedelta) -> Event:
    """The same fact at another time, with all that was reckoned from its time."""
    told = {field.name: getattr(event, field.name) for field in fields(event)}
    times: dict[str, Any] = {name: at + by for name, at in told.items() if isinstance(at, datetime)}
    return replace(event, **times)
