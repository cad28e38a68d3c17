"""What is known of the PBX around a call: when it started, and who was there when it was last asked.

A leg that a snapshot does not name is gone, even if nobody heard it go. The latest snapshot of each kind is enough,
since what was missing in an earlier one is missing in it too.
"""

from collections.abc import Collection, Iterable
from datetime import datetime

from callcenter.domain.calls.evidence import ROUNDING
from callcenter.domain.event import Event
from callcenter.domain.feed import LegsSeen, PbxStarted, WaitingSeen
from callcenter.domain.ids import LegId, QueueName
from callcenter.domain.starts import SAME_START, distinct_starts


class Surroundings:
    """The starts of a PBX and its latest snapshots. Indifferent to the order in which they are told."""

    def __init__(self, told: Iterable[Event] = (), starts: Iterable[datetime] = ()) -> None:
        self.starts: list[datetime] = distinct_starts(starts)
        self._waiting: dict[QueueName, WaitingSeen] = {}
        self._legs: LegsSeen | None = None
        self.learn(told)

    def learn(self, told: Iterable[Event]) -> datetime | None:
        """Take in what these events say. Returns up to when calls that were open may have to be folded again, if
        any."""
        news: list[datetime] = []
        for event in told:
            if isinstance(event, PbxStarted):
                if not any(abs(event.started_at - start) <= SAME_START for start in self.starts):
                    self.starts = sorted((*self.starts, event.started_at))
                    news.append(event.started_at)
            elif isinstance(event, WaitingSeen):
                known = self._waiting.get(event.queue)
                if known is None or known.occurred_at < event.occurred_at:
                    self._waiting[event.queue] = event
                    news.append(event.occurred_at)
            elif isinstance(event, LegsSeen) and (self._legs is None or self._legs.occurred_at < event.occurred_at):
                self._legs = event
                news.append(event.occurred_at)
        return max(news, default=None)

    def restarted_after(self, since: datetime) -> bool:
        """Whether the PBX started anew after an instant: what was open then is cut."""
        return any(start > since + ROUNDING for start in self.starts)

    def is_gone_from(self, queue: QueueName, legs: Collection[LegId], since: datetime) -> bool:
        """Whether a snapshot of the queue after an instant names none of these legs."""
        seen = self._waiting.get(queue)
        return seen is not None and seen.occurred_at > since + ROUNDING and not set(legs) & set(seen.legs)

    def are_gone(self, legs: Collection[LegId], since: datetime) -> bool:
        """Whether a snapshot of the PBX after an instant names none of these legs."""
        seen = self._legs
        return seen is not None and seen.occurred_at > since + ROUNDING and not set(legs) & set(seen.legs)


NOWHERE = Surroundings()
"""Nothing is known around the call."""
