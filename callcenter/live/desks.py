"""Who sits where in which state, as the events of one PBX tell it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from callcenter.domain.agents import events as a
from callcenter.domain.calls import events as e
from callcenter.domain.event import Event
from callcenter.domain.feed import FeedRestored, LegsSeen, PbxStarted, QueueSeen, WaitingSeen
from callcenter.domain.ids import AgentId, LegId, MemberRef, QueueName
from callcenter.domain.policies import AfterCallRule, SitePolicies
from callcenter.live.conversations import Conversation, ended_by
from callcenter.live.local_paths import LocalPaths
from callcenter.live.rollcall import RollCall
from callcenter.live.seating import Seating


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


@dataclass(slots=True)
class Desk:
    """One agent with seats, phone and calls. From ``state`` on it is kept by `Desks`."""

    agent: AgentId
    interface: str | None = None
    seats: dict[QueueName, Seat] = field(default_factory=dict)
    device: a.DeviceState = a.DeviceState.UNKNOWN
    rings: set[LegId] = field(default_factory=set)
    calls: list[Conversation] = field(default_factory=list)
    wrap_up_until: datetime | None = None
    state: AgentState = AgentState.SIGNED_OUT
    since: datetime | None = None
    reason: str | None = None
    indexed: frozenset[LegId] = frozenset()

    @property
    def call(self) -> Conversation | None:
        """The call that shows: the latest."""
        return self.calls[-1] if self.calls else None

    @property
    def legs(self) -> frozenset[LegId]:
        """The legs whose end means something here."""
        return frozenset(self.rings).union(*(call.legs for call in self.calls))


_BEFORE_ALL = datetime(1970, 1, 1, tzinfo=UTC)
_UNREACHABLE = (a.DeviceState.UNAVAILABLE, a.DeviceState.INVALID)
_BUSY = (a.DeviceState.IN_USE, a.DeviceState.BUSY, a.DeviceState.RINGING_IN_USE, a.DeviceState.ON_HOLD)


class Desks:
    """All agents, and the queues that they ever sat in. ``changed`` and ``left`` collect agents who may look different,
    and queues that lost a member."""

    def __init__(self, policies: SitePolicies, seating: Seating | None = None) -> None:
        self._policies = policies
        self.seating = seating or Seating()
        self._at = _BEFORE_ALL
        self.desks: dict[AgentId, Desk] = {}
        self.queues: set[QueueName] = set()
        self.changed: set[AgentId] = set()
        self.left: set[QueueName] = set()
        self._by_interface: dict[str, AgentId] = {}
        self._seats_of: dict[AgentId, set[str]] = {}
        self._by_leg: dict[LegId, AgentId] = {}
        self._paths = LocalPaths()
        self._seats_on_roll: RollCall[QueueName, AgentId] = RollCall()
        self._legs_on_roll: RollCall[None, LegId] = RollCall()

    def apply(self, event: Event) -> None:
        """What one event changes."""
        self._at = event.occurred_at
        self._paths.apply(event)
        match event:
            case QueueSeen():
                sitting = (agent for agent, desk in self.desks.items() if event.queue in desk.seats)
                self._seats_on_roll.begin(event.queue, sitting)
            case WaitingSeen():
                for agent in self._seats_on_roll.end(event.queue):
                    self._leave(self.desks[agent], event.queue)
                    self._settle(self.desks[agent], event.occurred_at)
            case FeedRestored():
                self._legs_on_roll.begin(None, self._by_leg)
            case LegsSeen():
                for leg in self._legs_on_roll.end(None).difference(map(LegId, event.legs)):
                    self._leg_ended(leg, event.occurred_at)
                self._legs_on_roll.begin(None, self._by_leg)
            case PbxStarted():
                self._begin_anew(event)
            case e.LegEnded():
                self._leg_ended(event.leg, event.occurred_at)
            case e.LegsOptimized():
                self._optimize(event)
            case _:
                self._told_of_one(event)

    def tick(self, now: datetime) -> None:
        """Time passed: fixed after-call work ends."""
        self._at = now
        for desk in self.desks.values():
            if desk.wrap_up_until is not None and desk.wrap_up_until <= now:
                at, desk.wrap_up_until = desk.wrap_up_until, None
                self._settle(desk, at)

    def state_in(self, desk: Desk, queue: QueueName) -> AgentState:
        """What an agent does as one queue sees it: a pause elsewhere is none here."""
        return self._state(desk, [desk.seats[queue]])[0]

    def _told_of_one(self, event: Event) -> None:
        desk = self._concerned(event)
        if desk is not None:
            self._sit(desk, event)
            self._talk(desk, event)
            self._settle(desk, event.occurred_at)

    def _sit(self, desk: Desk, event: Event) -> None:
        match event:
            case a.MemberAdded() | a.MemberSeen() | a.MemberStatusChanged():
                self._take_seat(desk, event)
            case a.MemberRemoved():
                self._leave(desk, event.queue)
            case a.MemberPaused() | a.MemberUnpaused():
                seat = self._seat(desk, event.queue)
                seat.paused = isinstance(event, a.MemberPaused)
                seat.reason = event.reason if seat.paused else None
            case a.MemberPenaltySet():
                self._seat(desk, event.queue).penalty = event.penalty

    def _talk(self, desk: Desk, event: Event) -> None:
        match event:
            case e.RingStarted(agent_leg=leg) if leg is not None:
                desk.rings.add(leg)
            case e.RingNotAnswered(agent_leg=leg) | e.AgentDumped(agent_leg=leg) if leg is not None:
                desk.rings.discard(leg)
            case e.CallAnswered():
                desk.rings -= {event.agent_leg}
                desk.calls.append(Conversation.begun(event))
            case e.ConversationEnded():
                self._hang_up(desk, ended_by(desk.calls, event), event.occurred_at)
            case e.LegHeld() | e.LegResumed():
                holder = self._paths.near(event.leg)
                for call in desk.calls:
                    call.held = isinstance(event, e.LegHeld) if holder == call.agent_leg else call.held

    def _concerned(self, event: Event) -> Desk | None:
        member = getattr(event, "member", None)
        if isinstance(member, MemberRef):
            return self._desk(member)
        agent = self._by_leg.get(self._paths.near(getattr(event, "leg", None) or LegId("")))
        return self.desks[agent] if agent else None

    def _desk(self, member: MemberRef) -> Desk:
        """The agent's desk; one who is told of by interface alone is who sat at it last."""
        told = member.agent
        if member.name is None and member.interface is not None:
            told = self._by_interface.get(member.interface, told)
        if member.interface is not None:
            self._by_interface[member.interface] = told
            self._seats_of.setdefault(told, set()).add(member.interface)
        agent = self.seating.agent_at(member.interface, told, self._seats_of.get(told, ()))
        desk = self.desks.setdefault(agent, Desk(agent))
        if member.interface is not None:
            desk.interface = member.interface
        return desk

    def _seat(self, desk: Desk, queue: QueueName) -> Seat:
        self.queues.add(queue)
        self._seats_on_roll.confirm(queue, desk.agent)
        return desk.seats.setdefault(queue, Seat())

    def _take_seat(self, desk: Desk, told: a.MemberAdded | a.MemberSeen | a.MemberStatusChanged) -> None:
        seat = self._seat(desk, told.queue)
        if told.membership is not None:
            seat.static = told.membership == "static"
        if told.paused is not None:
            seat.paused, seat.reason = told.paused, told.reason if told.paused else None
        if told.penalty is not None:
            seat.penalty = told.penalty
        if not isinstance(told, a.MemberAdded):
            desk.device = told.status

    def _leave(self, desk: Desk, queue: QueueName) -> None:
        desk.seats.pop(queue, None)
        self.queues.add(queue)
        self.left.add(queue)

    def _leg_ended(self, leg: LegId, at: datetime) -> None:
        agent = self._by_leg.get(leg)
        if agent is None:
            return
        desk = self.desks[agent]
        desk.rings.discard(leg)
        self._hang_up(desk, next((call for call in desk.calls if leg in call.legs), None), at)
        self._settle(desk, at)

    def _optimize(self, told: e.LegsOptimized) -> None:
        agents = {self._by_leg[leg] for leg in (told.leg, told.other_leg) if leg in self._by_leg}
        for desk in (self.desks[agent] for agent in agents):
            for call in desk.calls:
                call.optimize(told)
            self._settle(desk, told.occurred_at)

    def _begin_anew(self, started: PbxStarted) -> None:
        """No call of a process that is gone goes on."""
        for desk in self.desks.values():
            gone = [call for call in desk.calls if call.since < started.started_at]
            if gone:
                desk.calls = [call for call in desk.calls if call not in gone]
                self._settle(desk, started.started_at)

    def _hang_up(self, desk: Desk, call: Conversation | None, at: datetime) -> None:
        if call is None:
            return
        desk.calls.remove(call)
        after_call = self._policies.of(call.queue, call.since).after_call
        if after_call.rule is AfterCallRule.FIXED and after_call.fixed_seconds:
            desk.wrap_up_until = at + timedelta(seconds=after_call.fixed_seconds)

    def _settle(self, desk: Desk, at: datetime) -> None:
        """What the agent does now, and since when; and which legs matter."""
        state, reason = self._state(desk, desk.seats.values())
        if (state, reason) != (desk.state, desk.reason) or desk.since is None:
            desk.state, desk.reason, desk.since = state, reason, at
        self._index(desk)
        self.changed.add(desk.agent)

    def _index(self, desk: Desk) -> None:
        legs = desk.legs
        if legs == desk.indexed:
            return
        for leg in desk.indexed - legs:
            if self._by_leg.get(leg) == desk.agent:
                del self._by_leg[leg]
        self._by_leg |= dict.fromkeys(legs - desk.indexed, desk.agent)
        desk.indexed = legs

    def _state(self, desk: Desk, seats: Iterable[Seat]) -> tuple[AgentState, str | None]:
        """What an agent does who sits in these seats."""
        if desk.call is not None:
            return (AgentState.ON_HOLD if desk.call.held else AgentState.TALKING), None
        if not desk.seats:
            return AgentState.SIGNED_OUT, None
        if desk.rings:
            return AgentState.RINGING, None
        if desk.wrap_up_until is not None:
            return AgentState.WRAP_UP, None
        paused = [seat for seat in seats if seat.paused]
        if paused:
            reason = next((seat.reason for seat in paused if seat.reason), None)
            return (AgentState.WRAP_UP if self._is_after_call(desk, reason) else AgentState.PAUSED), reason
        if desk.device in _UNREACHABLE:
            return AgentState.UNAVAILABLE, None
        return (AgentState.TALKING if desk.device in _BUSY else AgentState.READY), None

    def _is_after_call(self, desk: Desk, reason: str | None) -> bool:
        rules = (self._policies.of(queue, self._at).after_call for queue in desk.seats)
        return any(rule.rule is AfterCallRule.PAUSE_REASON and reason in rule.pause_reasons for rule in rules)
