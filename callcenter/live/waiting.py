"""Who waits in which queue, as the events of one PBX tell it."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from callcenter.domain.calls import events as e
from callcenter.domain.event import Event
from callcenter.domain.feed import PbxStarted, QueueSeen, WaitingSeen
from callcenter.domain.ids import LegId, QueueName, Source
from callcenter.live.rollcall import RollCall

_ROUNDING = timedelta(seconds=1)
_REMEMBERED = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Waiter:
    """One caller in a queue; ``position`` as last told."""

    leg: LegId
    entered_at: datetime
    position: int | None


class WaitingRoom:
    """All callers waiting, by queue. ``changed`` collects the queues that may look different."""

    def __init__(self) -> None:
        self.queues: dict[QueueName, dict[LegId, Waiter]] = {}
        self.changed: set[QueueName] = set()
        self._roll: RollCall[QueueName, LegId] = RollCall()
        self._came: dict[QueueName, dict[LegId, datetime]] = {}

    def apply(self, event: Event) -> None:
        """What one event changes."""
        match event:
            case e.CallOffered():
                self._enter(event.queue, Waiter(event.leg, event.occurred_at, event.position))
            case e.CallAnswered() | e.CallExited():
                self._end_wait(event)
            case e.CallUnanswered() | e.CallLeftQueue():
                self._leave(event.queue, event.leg)
            case e.CallTransferredAttended(leg=leg) if leg is not None:
                self._rename(event.second_leg, leg)
            case e.LegEnded():
                for queue in self.queues:
                    self._leave(queue, event.leg)
            case PbxStarted():
                self._begin_anew(event.started_at)
            case _:
                self._compare(event)

    def _compare(self, snapshot: Event) -> None:
        match snapshot:
            case QueueSeen():
                self._begin_snapshot(snapshot)
            case e.CallSeenWaiting():
                self._confirm(snapshot)
            case WaitingSeen():
                for leg in self._roll.end(snapshot.queue).difference(map(LegId, snapshot.legs)):
                    self._leave(snapshot.queue, leg)

    def _enter(self, queue: QueueName, waiter: Waiter) -> None:
        for other in self.queues:
            if other != queue:
                self._leave(other, waiter.leg)
        self.queues.setdefault(queue, {})[waiter.leg] = waiter
        self._remember(queue, waiter)
        self._roll.confirm(queue, waiter.leg)
        self.changed.add(queue)

    def _remember(self, queue: QueueName, waiter: Waiter) -> None:
        """Who came, for longer than two sources may be apart."""
        came = self._came.setdefault(queue, {})
        came[waiter.leg] = waiter.entered_at
        while (first := next(iter(came))) != waiter.leg and came[first] < waiter.entered_at - _REMEMBERED:
            del came[first]

    def _leave(self, queue: QueueName, leg: LegId) -> None:
        if self.queues.get(queue, {}).pop(leg, None) is not None:
            self.changed.add(queue)

    def _end_wait(self, end: e.CallAnswered | e.CallExited) -> None:
        """The log alone does not tell that another took a caller's place in the queue: who leaves under an id that
        never came is the one who has waited so long."""
        waiting = self.queues.get(end.queue, {})
        unheard = end.source is Source.QUEUE_LOG and end.leg not in self._came.get(end.queue, {})
        if unheard and end.wait_seconds is not None:
            entered_at = end.occurred_at - timedelta(seconds=end.wait_seconds)
            fitting = [leg for leg, waiter in waiting.items() if abs(waiter.entered_at - entered_at) <= _ROUNDING]
            if len(fitting) == 1:
                self._leave(end.queue, fitting[0])
        self._leave(end.queue, end.leg)

    def _rename(self, old: LegId, new: LegId) -> None:
        """The transferred caller takes the place of the one who asked for it."""
        for queue, waiting in self.queues.items():
            if old in waiting:
                self._enter(queue, replace(waiting.pop(old), leg=new))

    def _begin_snapshot(self, seen: QueueSeen) -> None:
        waiting = self.queues.setdefault(seen.queue, {})
        self._roll.begin(seen.queue, (leg for leg, at in waiting.items() if at.entered_at < seen.occurred_at))
        self.changed.add(seen.queue)

    def _confirm(self, seen: e.CallSeenWaiting) -> None:
        """An entry that was heard is exact; a snapshot only tells whole seconds."""
        known = self.queues.get(seen.queue, {}).get(seen.leg)
        entered_at = known.entered_at if known else seen.occurred_at - timedelta(seconds=seen.wait_seconds)
        self._enter(seen.queue, Waiter(seen.leg, entered_at, seen.position))

    def _begin_anew(self, started_at: datetime) -> None:
        """Nobody who waited in a process that is gone still waits."""
        for queue, waiting in self.queues.items():
            for leg in [leg for leg, waiter in waiting.items() if waiter.entered_at < started_at]:
                self._leave(queue, leg)
