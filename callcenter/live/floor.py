"""The picture of one PBX's floor: who waits, who works, and how well the PBX is heard.

While AMI is heard, `queue_log` adds nothing to the present (it comes a moment later and would bring back callers who
have left); where AMI never was heard, `queue_log` alone draws the picture.
"""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

from callcenter.domain.calls import events as e
from callcenter.domain.event import Event
from callcenter.domain.feed import FeedLost, FeedRestored
from callcenter.domain.ids import CallerRef, LegId, PbxId, QueueName, Source
from callcenter.domain.masking import mask_number
from callcenter.domain.policies import SitePolicies
from callcenter.live.desks import AgentState, Desk, Desks
from callcenter.live.waiting import Waiter, WaitingRoom

Json = dict[str, Any]

_ABSENT = (AgentState.SIGNED_OUT, AgentState.UNAVAILABLE)
_REMEMBERED_CALLERS = 20_000


class LiveState:
    """The floor of one PBX: `apply` every event as it arrives, `tick` now and then, and take the news.

    ``clock_offset_seconds`` is how far the PBX's clock is ahead of ours.
    """

    def __init__(self, pbx: PbxId, policies: SitePolicies) -> None:
        self.pbx = pbx
        self.heard = "starting"
        self.last_event_at: datetime | None = None
        self.clock_offset_seconds = 0.0
        self._room = WaitingRoom()
        self._desks = Desks(policies)
        self._callers: dict[LegId, CallerRef] = {}
        self._ami_heard = False
        self._pbx_changed = True

    def apply(self, event: Event) -> None:
        """What one event changes on the floor."""
        if event.source is Source.AMI:
            self._ami_heard = True
        elif self._ami_heard:
            return
        if self.last_event_at is None or event.occurred_at > self.last_event_at:
            self.last_event_at = event.occurred_at
        self._hear("lost" if isinstance(event, FeedLost) else "live")
        if isinstance(event, FeedLost | FeedRestored):
            return
        if isinstance(event, e.CallOffered) and event.caller is not None:
            self._remember(event.leg, event.caller)
        if isinstance(event, e.CallTransferredAttended) and event.leg and event.second_leg in self._callers:
            self._callers.setdefault(event.leg, self._callers[event.second_leg])
        self._room.apply(event)
        self._desks.apply(event, self._callers)

    def tick(self, now: datetime) -> None:
        """Time passed, by the PBX's clock."""
        self._room.tick(now)
        self._desks.tick(now)

    def snapshot(self, as_of: datetime) -> Json:
        """The whole picture; what changed before it is told with it."""
        self._clear()
        return {
            "as_of": _instant(as_of),
            "pbx": self._pbx(),
            "queues": {queue: self._queue(queue) for queue in sorted(self._queues())},
            "agents": {agent: _agent(desk) for agent, desk in sorted(self._desks.desks.items())},
        }

    def delta(self, as_of: datetime) -> Json | None:
        """What looks different since the last snapshot or delta; None if nothing does."""
        agents = self._desks.changed
        queues = self._room.changed | {queue for agent in agents for queue in self._desks.desks[agent].seats}
        queues |= self._desks.left
        if not (agents or queues or self._pbx_changed):
            return None
        told = {
            "as_of": _instant(as_of),
            "pbx": self._pbx(),
            "queues": {queue: self._queue(queue) for queue in sorted(queues)},
            "agents": {agent: _agent(self._desks.desks[agent]) for agent in sorted(agents)},
        }
        self._clear()
        return told

    def pulse(self, as_of: datetime) -> Json:
        """A delta in which nothing changed: says that the PBX is still heard."""
        return {"as_of": _instant(as_of), "pbx": self._pbx(), "queues": {}, "agents": {}}

    def _queues(self) -> set[QueueName]:
        return set(self._room.queues) | {queue for desk in self._desks.desks.values() for queue in desk.seats}

    def _clear(self) -> None:
        self._room.changed.clear()
        self._desks.changed.clear()
        self._desks.left.clear()
        self._pbx_changed = False

    def _hear(self, heard: str) -> None:
        if heard != self.heard:
            self.heard, self._pbx_changed = heard, True

    def _remember(self, leg: LegId, caller: CallerRef) -> None:
        self._callers[leg] = caller
        if len(self._callers) > _REMEMBERED_CALLERS:
            del self._callers[next(iter(self._callers))]

    def _pbx(self) -> Json:
        return {
            "state": self.heard,
            "last_event_at": _instant(self.last_event_at),
            "clock_offset_seconds": round(self.clock_offset_seconds, 3),
        }

    def _queue(self, queue: QueueName) -> Json:
        waiting = sorted(self._room.queues.get(queue, {}).values(), key=lambda w: (w.entered_at, w.leg))
        return {
            "waiting": [_waiter(waiter) for waiter in waiting],
            "longest_wait_since": _instant(waiting[0].entered_at) if waiting else None,
            "agents": self._counts(queue),
        }

    def _counts(self, queue: QueueName) -> Json:
        """Agents of a queue by state; a pause in this queue alone counts here alone."""
        counts: Counter[AgentState] = Counter()
        for desk in self._desks.desks.values():
            seat = desk.seats.get(queue)
            if seat is not None:
                only_elsewhere = desk.state is AgentState.PAUSED and not seat.paused
                counts[AgentState.READY if only_elsewhere else desk.state] += 1
        told: Json = {state.value: counts[state] for state in AgentState if state is not AgentState.SIGNED_OUT}
        return {**told, "signed_in": sum(n for state, n in counts.items() if state not in _ABSENT)}


def _agent(desk: Desk) -> Json:
    call = desk.call
    return {
        "agent": desk.agent,
        "interface": desk.interface,
        "state": desk.state.value,
        "since": _instant(desk.since),
        "reason": desk.reason,
        "queues": [
            {"queue": queue, "penalty": seat.penalty, "paused": seat.paused, "static": seat.static}
            for queue, seat in sorted(desk.seats.items())
        ],
        "call": call
        and {"queue": call.queue, "caller": _masked(call.caller), "since": _instant(call.since), "leg": call.leg},
    }


def _waiter(waiter: Waiter) -> Json:
    return {
        "leg": waiter.leg,
        "caller": _masked(waiter.caller),
        "entered_at": _instant(waiter.entered_at),
        "position": waiter.position,
    }


def _masked(caller: CallerRef | None) -> str | None:
    return mask_number(caller.number) if caller and caller.number else None


def _instant(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z") if at else None
