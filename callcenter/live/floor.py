"""The picture of one PBX's floor: who waits, who works, and how well the PBX is heard.

While AMI is heard, `queue_log` adds nothing to the present (it comes a moment later and would bring back callers who
have left). Where AMI never was heard, `queue_log` alone draws the picture; from the moment at which AMI is lost until
it is back, `queue_log` carries on, though nobody is told that all is well.
"""

from collections import Counter, OrderedDict
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from callcenter.domain.calls import events as e
from callcenter.domain.event import Event
from callcenter.domain.feed import FeedLost
from callcenter.domain.ids import AgentId, CallerRef, EventId, LegId, PbxId, QueueName, Source
from callcenter.domain.masking import mask_number
from callcenter.domain.policies import SitePolicies
from callcenter.live.conversations import Conversation
from callcenter.live.desks import AgentState, Desk, Desks
from callcenter.live.seating import Seating
from callcenter.live.waiting import Waiter, WaitingRoom

Json = dict[str, Any]
K = TypeVar("K", bound=str | bytes)
V = TypeVar("V")

_ABSENT = (AgentState.SIGNED_OUT, AgentState.UNAVAILABLE)
_REMEMBERED_CALLERS = 20_000
_REMEMBERED_EVENTS = 20_000
"""What comes again comes soon: after a broken connection, or from a second adapter beside the first."""


class LiveState:
    """The floor of one PBX: `apply` every event as it arrives, `tick` now and then, and take the news.

    ``clock_offset_seconds`` is how far the PBX's clock is ahead of ours.
    """

    def __init__(self, pbx: PbxId, policies: SitePolicies, seating: Seating | None = None) -> None:
        self.pbx = pbx
        self.heard = "starting"
        self.last_event_at: datetime | None = None
        self.clock_offset_seconds = 0.0
        self._room = WaitingRoom()
        self._desks = Desks(policies, seating)
        self._policies = policies
        self._callers: OrderedDict[LegId, CallerRef] = OrderedDict()
        self._applied: OrderedDict[EventId, None] = OrderedDict()
        self._ami_heard = False
        self._ami_lost_at: datetime | None = None
        self._told_queues: dict[QueueName, Json] = {}
        self._told_agents: dict[AgentId, Json] = {}
        self._pbx_changed = True

    def apply(self, event: Event) -> None:
        """What one event changes on the floor; nothing when it is heard again."""
        if event.event_id in self._applied:
            return
        _remember(self._applied, event.event_id, None, _REMEMBERED_EVENTS)
        if not self._counts_now(event):
            return
        if self.last_event_at is None or event.occurred_at > self.last_event_at:
            self.last_event_at = event.occurred_at
        self._hear("lost" if self._ami_lost_at else "live")
        self._note_caller(event)
        self._room.apply(event)
        self._desks.apply(event)

    def _counts_now(self, event: Event) -> bool:
        """Whether this is news: see above. AMI is lost or back with the notes that its adapter makes of it."""
        if event.source is not Source.AMI:
            return not self._ami_heard or (self._ami_lost_at is not None and event.occurred_at >= self._ami_lost_at)
        self._ami_heard = True
        self._ami_lost_at = event.occurred_at if isinstance(event, FeedLost) else None
        return True

    def _note_caller(self, event: Event) -> None:
        """Who is behind a leg; one who takes another's place in a queue is known by that one's name, if by none."""
        match event:
            case e.CallOffered(caller=CallerRef() as caller) | e.CallSeenWaiting(caller=CallerRef() as caller):
                if isinstance(event, e.CallOffered) or event.leg not in self._callers:
                    _remember(self._callers, event.leg, caller, _REMEMBERED_CALLERS)
            case e.CallTransferredAttended(leg=leg) if leg and leg not in self._callers:
                if event.second_leg in self._callers:
                    _remember(self._callers, leg, self._callers[event.second_leg], _REMEMBERED_CALLERS)

    def tick(self, now: datetime) -> None:
        """Time passed, by the PBX's clock."""
        self._desks.tick(now)

    def snapshot(self, as_of: datetime) -> Json:
        """The whole picture; what changed before it is told with it."""
        self._told_queues = {queue: self._queue(queue) for queue in sorted(self._queues())}
        self._told_agents = {agent: self._agent(desk) for agent, desk in sorted(self._desks.desks.items())}
        self._clear()
        return self._told(as_of, self._told_queues, self._told_agents)

    def delta(self, as_of: datetime) -> Json | None:
        """What looks different since the last snapshot or delta; None if nothing does."""
        touched = self._desks.changed
        queues = self._room.changed | self._desks.left
        queues = queues.union(*(self._desks.desks[agent].seats for agent in touched))
        new_queues = _differing({queue: self._queue(queue) for queue in sorted(queues)}, self._told_queues)
        new_agents = _differing(
            {agent: self._agent(self._desks.desks[agent]) for agent in sorted(touched)}, self._told_agents
        )
        pbx_changed = self._pbx_changed
        self._clear()
        if not (new_queues or new_agents or pbx_changed):
            return None
        self._told_queues |= new_queues
        self._told_agents |= new_agents
        return self._told(as_of, new_queues, new_agents)

    def pulse(self, as_of: datetime) -> Json:
        """A delta in which nothing changed: says that the PBX is still heard."""
        return self._told(as_of, {}, {})

    def _told(self, as_of: datetime, queues: Mapping[QueueName, Json], agents: Mapping[AgentId, Json]) -> Json:
        return {"as_of": _instant(as_of), "pbx": self._pbx(), "queues": dict(queues), "agents": dict(agents)}

    def _queues(self) -> set[QueueName]:
        return set(self._room.queues) | self._desks.queues

    def _clear(self) -> None:
        self._room.changed.clear()
        self._desks.changed.clear()
        self._desks.left.clear()
        self._pbx_changed = False

    def _hear(self, heard: str) -> None:
        if heard != self.heard:
            self.heard, self._pbx_changed = heard, True

    def _pbx(self) -> Json:
        return {
            "state": self.heard,
            "last_event_at": _instant(self.last_event_at),
            "clock_offset_seconds": round(self.clock_offset_seconds, 3),
        }

    def _queue(self, queue: QueueName) -> Json:
        waiting = sorted(self._room.queues.get(queue, {}).values(), key=lambda w: (w.entered_at, w.leg))
        return {
            "name": self._policies.name_of(queue),
            "waiting": [self._waiter(waiter) for waiter in waiting],
            "longest_wait_since": _instant(waiting[0].entered_at) if waiting else None,
            "agents": self._counts(queue),
        }

    def _counts(self, queue: QueueName) -> Json:
        """Agents of a queue by state; a pause in this queue alone counts here alone."""
        counts: Counter[AgentState] = Counter()
        for desk in self._desks.desks.values():
            if queue in desk.seats:
                counts[self._desks.state_in(desk, queue)] += 1
        told: Json = {state.value: counts[state] for state in AgentState if state is not AgentState.SIGNED_OUT}
        return {**told, "signed_in": sum(n for state, n in counts.items() if state not in _ABSENT)}

    def _waiter(self, waiter: Waiter) -> Json:
        return {
            "leg": waiter.leg,
            "caller": _masked(self._callers.get(waiter.leg)),
            "entered_at": _instant(waiter.entered_at),
            "position": waiter.position,
        }

    def _agent(self, desk: Desk) -> Json:
        return {
            "agent": desk.agent,
            "name": self._desks.seating.name_of(desk.agent),
            "interface": desk.interface,
            "state": desk.state.value,
            "since": _instant(desk.since),
            "reason": desk.reason,
            "queues": [
                {"queue": queue, "penalty": seat.penalty, "paused": seat.paused, "static": seat.static}
                for queue, seat in sorted(desk.seats.items())
            ],
            "call": self._call(desk.call),
        }

    def _call(self, call: Conversation | None) -> Json | None:
        if call is None:
            return None
        caller = _masked(self._callers.get(call.leg))
        return {"queue": call.queue, "caller": caller, "since": _instant(call.since), "leg": call.leg}


def _remember(known: OrderedDict[K, V], key: K, value: V, most: int) -> None:
    """Keep the newest so many."""
    known[key] = value
    if len(known) > most:
        known.popitem(last=False)


def _differing(now: dict[K, Json], told: dict[K, Json]) -> dict[K, Json]:
    return {key: shown for key, shown in now.items() if shown != told.get(key)}


def _masked(caller: CallerRef | None) -> str | None:
    return mask_number(caller.number) if caller and caller.number else None


def _instant(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z") if at else None
