"""What is heard about agents: queue membership, pauses, and the state of their phones."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import ClassVar

from callcenter.domain.event import Event
from callcenter.domain.ids import LegId, MemberRef, QueueName


class DeviceState(IntEnum):
    """Asterisk's device states, as in QueueMemberStatus."""

    UNKNOWN = 0
    NOT_IN_USE = 1
    IN_USE = 2
    BUSY = 3
    INVALID = 4
    UNAVAILABLE = 5
    RINGING = 6
    RINGING_IN_USE = 7
    ON_HOLD = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberAdded(Event):
    """A member joined a queue (QueueMemberAdded, ADDMEMBER): a sign-in when the membership is dynamic."""

    TYPE: ClassVar[str] = "member.added"
    queue: QueueName
    member: MemberRef
    membership: str | None = None
    penalty: int | None = None
    paused: bool | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRemoved(Event):
    """A member left a queue (QueueMemberRemoved, REMOVEMEMBER); also the end of its pause there."""

    TYPE: ClassVar[str] = "member.removed"
    queue: QueueName
    member: MemberRef


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberPaused(Event):
    """A member is not ready in a queue (QueueMemberPause, PAUSE). May be said again, with another reason."""

    TYPE: ClassVar[str] = "member.paused"
    queue: QueueName
    member: MemberRef
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberUnpaused(Event):
    """A member is ready again in a queue (QueueMemberPause, UNPAUSE)."""

    TYPE: ClassVar[str] = "member.unpaused"
    queue: QueueName
    member: MemberRef
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberPenaltySet(Event):
    """A member's penalty in a queue was set (QueueMemberPenalty, PENALTY)."""

    TYPE: ClassVar[str] = "member.penalty_set"
    queue: QueueName
    member: MemberRef
    penalty: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberStatusChanged(Event):
    """The phone of a member changed its state (QueueMemberStatus); comes once per queue of the member."""

    TYPE: ClassVar[str] = "member.status_changed"
    queue: QueueName
    member: MemberRef
    status: DeviceState
    in_call: bool = False
    paused: bool = False
    reason: str | None = None
    penalty: int | None = None
    membership: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberSeen(Event):
    """A snapshot shows a member as it is now (QueueMember)."""

    TYPE: ClassVar[str] = "member.seen"
    queue: QueueName
    member: MemberRef
    membership: str | None = None
    status: DeviceState
    in_call: bool = False
    paused: bool = False
    reason: str | None = None
    penalty: int | None = None
    signed_in_at: datetime | None = None
    paused_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentLoggedIn(Event):
    """An agent logged in to the agent pool (AgentLogin, AGENTLOGIN)."""

    TYPE: ClassVar[str] = "agent.logged_in"
    member: MemberRef
    leg: LegId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentLoggedOff(Event):
    """An agent logged off from the agent pool (AgentLogoff, AGENTLOGOFF)."""

    TYPE: ClassVar[str] = "agent.logged_off"
    member: MemberRef
    leg: LegId | None = None
