"""Who sits where in which state, as the events of one PBX tell it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from callcenter.domain.agents import events as a
from callcenter.domain.calls import events as e
from callcenter.domain.event import Event
from callcenter.domain.ids import AgentId, CallerRef, LegId, MemberRef, QueueName
from callcenter.domain.policies import AfterCallRule, SitePolicies


class AgentState(StrEnum):
    """What an agent does now, strongest first: a conversation shows before a pause, a pause before being ready."""

    TALKING = "talking"
    ON_HOLD = "on_hold"
    RINGING = "ringing"
    WRAP_UP = "wrap_up"
    PAUSED = "paused"
    UNAVAILABLE = "unavailable"
    READY = "ready"
    SIGNED_OUT = "signed_out"


@dataclass(slots=True)
class Seat:
    """An agent's membership of one queue."""

    static: bool = False
    paused: bool = False
    reason: str | None = None
    penalty: int = 0


@dataclass(frozen=True, slots=True)
class Conversation:
    """The queue call that an agent is in."""

    queue: QueueName
    leg: LegId
    agent_leg: LegId | None
    since: datetime
    caller: CallerRef | None


@dataclass(slots=True)
class Desk:
    """One agent with seats, phone and call. ``state`` and ``since`` are kept by `Desks`."""

    agent: AgentId
    interface: str | None = None
    seats: dict[QueueName, Seat] = field(default_factory=dict)
    device: a.DeviceState = a.DeviceState.UNKNOWN
    rings: dict[LegId, QueueName] = field(default_factory=dict)
    call: Conversation | None = None
    held: bool = False
    wrap_up_until: datetime | None = None
    state: AgentState = AgentState.SIGNED_OUT
    since: datetime | None = None
    reason: str | None = None


_UNREACHABLE = (a.DeviceState.UNAVAILABLE, a.DeviceState.INVALID)
_BUSY = (a.DeviceState.IN_USE, a.DeviceState.BUSY, a.DeviceState.RINGING_IN_USE, a.DeviceState.ON_HOLD)


class Desks:
    """All agents. ``changed`` and ``left`` collect agents that look different, and queues that lost a member."""

    def __init__(self, policies: SitePolicies) -> None:
        self._policies = policies
        self.desks: dict[AgentId, Desk] = {}
        self.changed: set[AgentId] = set()
        self.left: set[QueueName] = set()
        self._by_leg: dict[LegId, AgentId] = {}

    def apply(self, event: Event, callers: dict[LegId, CallerRef]) -> None:
        """What one event changes. ``callers`` knows who is behind a leg."""
        desk = self._concerned(event)
        if desk is None:
            return
        match event:
            case a.MemberAdded():
                self._seat(desk, event)
            case a.MemberSeen() | a.MemberStatusChanged():
                self._seat(desk, event)
                desk.device = event.status
            case a.MemberRemoved():
                desk.seats.pop(event.queue, None)
                self.left.add(event.queue)
            case a.MemberPaused() | a.MemberUnpaused():
                seat = desk.seats.setdefault(event.queue, Seat())
                seat.paused = isinstance(event, a.MemberPaused)
                seat.reason = event.reason if seat.paused else None
            case a.MemberPenaltySet():
                desk.seats.setdefault(event.queue, Seat()).penalty = event.penalty
            case e.CallAnswered():
                self._answer(desk, event, callers.get(event.leg))
            case e.RingStarted() | e.RingNotAnswered() | e.AgentDumped():
                self._ring(desk, event)
            case _:
                self._talk(desk, event)
        self._settle(desk, event.occurred_at)

    def tick(self, now: datetime) -> None:
        """Time passed: fixed after-call work ends."""
        for desk in self.desks.values():
            if desk.wrap_up_until is not None and desk.wrap_up_until <= now:
                at, desk.wrap_up_until = desk.wrap_up_until, None
                self._settle(desk, at)

    def _concerned(self, event: Event) -> Desk | None:
        member = getattr(event, "member", None)
        if isinstance(member, MemberRef):
            return self._desk(member)
        leg = getattr(event, "leg", None)
        agent = self._by_leg.get(leg) if leg else None
        return self.desks[agent] if agent else None

    def _desk(self, member: MemberRef) -> Desk:
        desk = self.desks.setdefault(member.agent, Desk(member.agent))
        desk.interface = member.interface or desk.interface
        return desk

    @staticmethod
    def _seat(desk: Desk, told: a.MemberAdded | a.MemberSeen | a.MemberStatusChanged) -> None:
        seat = desk.seats.setdefault(told.queue, Seat())
        if told.membership is not None:
            seat.static = told.membership == "static"
        if told.paused is not None:
            seat.paused, seat.reason = told.paused, told.reason if told.paused else None
        if told.penalty is not None:
            seat.penalty = told.penalty

    def _ring(self, desk: Desk, event: e.RingStarted | e.RingNotAnswered | e.AgentDumped) -> None:
        if not isinstance(event, e.RingStarted):
            self._stop_ringing(desk, event.agent_leg)
        elif event.agent_leg is not None:
            desk.rings[event.agent_leg] = event.queue
            self._by_leg[event.agent_leg] = desk.agent

    def _answer(self, desk: Desk, answer: e.CallAnswered, caller: CallerRef | None) -> None:
        self._stop_ringing(desk, answer.agent_leg)
        desk.call = Conversation(answer.queue, answer.leg, answer.agent_leg, answer.occurred_at, caller)
        for leg in (answer.agent_leg, answer.leg):
            if leg:
                self._by_leg[leg] = desk.agent

    def _talk(self, desk: Desk, event: Event) -> None:
        match event:
            case e.ConversationEnded():
                if desk.call and event.queue == desk.call.queue:
                    self._hang_up(desk, event.occurred_at)
            case e.LegHeld() | e.LegResumed():
                if desk.call and event.leg == desk.call.agent_leg:
                    desk.held = isinstance(event, e.LegHeld)
            case e.LegEnded():
                self._stop_ringing(desk, event.leg)
                self._by_leg.pop(event.leg, None)
                if desk.call and event.leg in (desk.call.agent_leg, desk.call.leg):
                    self._hang_up(desk, event.occurred_at)

    def _stop_ringing(self, desk: Desk, leg: LegId | None) -> None:
        if leg is not None:
            desk.rings.pop(leg, None)

    def _hang_up(self, desk: Desk, at: datetime) -> None:
        if desk.call is None:
            return
        for leg in (desk.call.leg, desk.call.agent_leg):
            if leg and leg not in desk.rings:
                self._by_leg.pop(leg, None)
        after_call = self._policies.of(desk.call.queue).after_call
        if after_call.rule is AfterCallRule.FIXED and after_call.fixed_seconds:
            desk.wrap_up_until = at + timedelta(seconds=after_call.fixed_seconds)
        desk.call, desk.held = None, False

    def _settle(self, desk: Desk, at: datetime) -> None:
        """What the agent does now, and since when."""
        state, reason = self._state(desk)
        if (state, reason) != (desk.state, desk.reason) or desk.since is None:
            desk.state, desk.reason, desk.since = state, reason, at
        self.changed.add(desk.agent)

    def _state(self, desk: Desk) -> tuple[AgentState, str | None]:
        if desk.call is not None:
            return (AgentState.ON_HOLD if desk.held else AgentState.TALKING), None
        if not desk.seats:
            return AgentState.SIGNED_OUT, None
        if desk.rings:
            return AgentState.RINGING, None
        paused = [seat for seat in desk.seats.values() if seat.paused]
        if desk.wrap_up_until is not None:
            return AgentState.WRAP_UP, None
        if paused:
            reason = next((seat.reason for seat in paused if seat.reason), None)
            return (AgentState.WRAP_UP if self._is_after_call(desk, reason) else AgentState.PAUSED), reason
        if desk.device in _UNREACHABLE:
            return AgentState.UNAVAILABLE, None
        return (AgentState.TALKING if desk.device in _BUSY else AgentState.READY), None

    def _is_after_call(self, desk: Desk, reason: str | None) -> bool:
        rules = (self._policies.of(queue).after_call for queue in desk.seats)
        return any(rule.rule is AfterCallRule.PAUSE_REASON and reason in rule.pause_reasons for rule in rules)
