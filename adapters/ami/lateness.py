"""How late frames are read: what a stall of ours, or of the PBX, left waiting in the connection.

Rows of snapshots state no time and are dated by their receipt. After a stall that is when they were read, not when they
were said, and a caller would seem to have come as much later, as somebody else. The events around them tell better: on
one connection bytes come in the order in which they were said. A single event may be late by itself, so all of several
have to be, and have to have come just now.
"""

from collections import deque
from datetime import datetime, timedelta

_EVENTS = 8
_JUST_NOW = timedelta(seconds=1)
_USUAL = timedelta(seconds=1)
"""Less than this is how events always come; whoever waits is counted in whole seconds anyway."""


class Lateness:
    """Of one connection, by the events that state a time."""

    def __init__(self) -> None:
        self._heard: deque[tuple[datetime, timedelta]] = deque(maxlen=_EVENTS)

    def note(self, received_at: datetime, late: timedelta) -> None:
        """An event that states its time came so much later than it says, by the PBX's clock as it is known."""
        self._heard.append((received_at, late))

    def forget(self) -> None:
        """The clock is known better now: what was late by it before says nothing."""
        self._heard.clear()

    def at(self, received_at: datetime) -> timedelta:
        """How late what is read now is: as the least late of the last events, if they too were read just now."""
        if len(self._heard) < _EVENTS or received_at - self._heard[0][0] > _JUST_NOW:
            return timedelta()
        least = min(late for _, late in self._heard)
        return least if least > _USUAL else timedelta()
