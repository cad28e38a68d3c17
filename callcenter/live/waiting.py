"""Who waits in which queue, as the events of one PBX tell it."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from callcenter.domain.calls import events as e
from callcenter.domain.event import Event
from callcenter.domain.feed import QueueSeen
from callcenter.domain.ids import CallerRef, LegId, QueueName

_SNAPSHOT_LASTS = timedelta(seconds=2)
"""A queue's entries follow its QueueParams at once; what a snapshot has not named by then is not there."""


@dataclass(frozen=True, slots=True)
class Waiter:
    """One caller in a queue; ``position`` as last told."""

    leg: LegId
    entered_at: datetime
    position: int | None
    caller: CallerRef | None


class WaitingRoom:
    """All callers waiting, by queue. ``changed`` collects the queues that look different since it was last cleared."""

    def __init__(self) -> None:
        self.queues: dict[QueueName, dict[LegId, Waiter]] = {}
        self.changed: set[QueueName] = set()
        self._unconfirmed: dict[QueueName, tuple[datetime, set[LegId]]] = {}

    def apply(self, event: Event) -> None:
        """What one event changes."""
        match event:
            case e.CallOffered():
                self._enter(event.queue, Waiter(event.leg, event.occurred_at, event.position, event.caller))
            case e.CallSeenWaiting():
                self._confirm(event)
            case e.CallAnswered() | e.CallExited() | e.CallUnanswered() | e.CallLeftQueue():
                self._leave(event.queue, event.leg)
            case e.CallTransferredAttended(leg=leg) if leg is not None:
                self._rename(event.second_leg, leg)
            case e.LegEnded():
                for queue in [queue for queue, waiting in self.queues.items() if event.leg in waiting]:
                    self._leave(queue, event.leg)
            case QueueSeen():
                self._begin_snapshot(event)

    def tick(self, now: datetime) -> None:
        """Time passed: callers that a snapshot has not named are gone."""
        for queue, (begun_at, legs) in list(self._unconfirmed.items()):
            if now - begun_at > _SNAPSHOT_LASTS:
                del self._unconfirmed[queue]
                for leg in legs:
                    self._leave(queue, leg)

    def _enter(self, queue: QueueName, waiter: Waiter) -> None:
        self.queues.setdefault(queue, {})[waiter.leg] = waiter
        self.changed.add(queue)

    def _leave(self, queue: QueueName, leg: LegId) -> None:
        if self.queues.get(queue, {}).pop(leg, None) is not None:
            self.changed.add(queue)

    def _rename(self, old: LegId, new: LegId) -> None:
        for queue, waiting in self.queues.items():
            if old in waiting:
                waiting[new] = replace(waiting.pop(old), leg=new)
                self.changed.add(queue)

    def _begin_snapshot(self, seen: QueueSeen) -> None:
        waiting = self.queues.setdefault(seen.queue, {})
        self.changed.add(seen.queue)
        older = {leg for leg, waiter in waiting.items() if waiter.entered_at < seen.occurred_at}
        self._unconfirmed[seen.queue] = seen.occurred_at, older

    def _confirm(self, seen: e.CallSeenWaiting) -> None:
        if seen.queue in self._unconfirmed:
            self._unconfirmed[seen.queue][1].discard(seen.leg)
        known = self.queues.get(seen.queue, {}).get(seen.leg)
        entered_at = known.entered_at if known else seen.occurred_at - timedelta(seconds=seen.wait_seconds)
        caller = known.caller if known else seen.caller
        self._enter(seen.queue, Waiter(seen.leg, entered_at, seen.position, caller))
