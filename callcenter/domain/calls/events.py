"""What is heard about calls.

Every class is one fact as one source told it. ``leg`` is the leg that the fact is about: in queue events the caller's.
A fact that names further legs ties them to the same call (`legs.py`). Seconds stated by Asterisk are whole seconds.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from callcenter.domain.event import Event
from callcenter.domain.ids import CallerRef, LegId, MemberRef, QueueName


class ExitReason(StrEnum):
    """Why a caller left a queue without an answer, in the words of a queue_log row."""

    ABANDONED = "abandoned"
    TIMED_OUT = "timed_out"
    EXITED_BY_KEY = "exited_by_key"
    EXITED_EMPTY = "exited_empty"
    WITHDRAWN = "withdrawn"
    INCOMPATIBLE_CODECS = "incompatible_codecs"


class ConversationEnd(StrEnum):
    """How the PBX says that a conversation ended. ``TRANSFER`` when it does not say which kind."""

    CALLER = "caller"
    AGENT = "agent"
    TRANSFER = "transfer"
    BLIND_TRANSFER = "blind_transfer"
    ATTENDED_TRANSFER = "attended_transfer"

    @property
    def is_transfer(self) -> bool:
        return self not in (ConversationEnd.CALLER, ConversationEnd.AGENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOffered(Event):
    """A caller entered a queue (QueueCallerJoin, ENTERQUEUE)."""

    TYPE: ClassVar[str] = "call.offered"
    leg: LegId
    queue: QueueName
    position: int | None = None
    caller: CallerRef | None = None
    linked_leg: LegId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallSeenWaiting(Event):
    """A snapshot shows a caller who entered ``wait_seconds`` ago (QueueEntry); ``position`` is the present one."""

    TYPE: ClassVar[str] = "call.seen_waiting"
    leg: LegId
    queue: QueueName
    position: int | None = None
    wait_seconds: int
    caller: CallerRef | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RingStarted(Event):
    """An agent's phone was called for a waiting caller (AgentCalled)."""

    TYPE: ClassVar[str] = "ring.started"
    leg: LegId
    queue: QueueName
    member: MemberRef
    agent_leg: LegId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RingNotAnswered(Event):
    """An agent did not answer, was busy or rejected (AgentRingNoAnswer, RINGNOANSWER)."""

    TYPE: ClassVar[str] = "ring.not_answered"
    leg: LegId
    queue: QueueName
    member: MemberRef
    agent_leg: LegId | None = None
    ring_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RingCanceled(Event):
    """The caller left while the agent's phone rang (RINGCANCELED)."""

    TYPE: ClassVar[str] = "ring.canceled"
    leg: LegId
    queue: QueueName
    member: MemberRef
    ring_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentDumped(Event):
    """An agent hung up before the caller was connected; the caller stays in the queue (AgentDump, AGENTDUMP)."""

    TYPE: ClassVar[str] = "ring.dumped"
    leg: LegId
    queue: QueueName
    member: MemberRef
    agent_leg: LegId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallAnswered(Event):
    """An agent and a caller were connected (AgentConnect, CONNECT)."""

    TYPE: ClassVar[str] = "call.answered"
    leg: LegId
    queue: QueueName
    member: MemberRef
    agent_leg: LegId | None = None
    wait_seconds: int
    ring_seconds: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationEnded(Event):
    """A conversation as the queue saw it end (AgentComplete; COMPLETE…, …TRANSFER rows).

    AgentComplete may lack either leg, or both; a row may bear the id of another open visit of the same agent.
    """

    TYPE: ClassVar[str] = "call.conversation_ended"
    leg: LegId | None = None
    queue: QueueName
    member: MemberRef
    agent_leg: LegId | None = None
    wait_seconds: int | None = None
    talk_seconds: int | None = None
    position: int | None = None
    end: ConversationEnd
    target: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallLeftQueue(Event):
    """A caller is no longer waiting: answered, or gone for a reason not told here (QueueCallerLeave)."""

    TYPE: ClassVar[str] = "call.left_queue"
    leg: LegId
    queue: QueueName


@dataclass(frozen=True, slots=True, kw_only=True)
class CallUnanswered(Event):
    """A caller's wait ended without an answer, for a reason not told here (QueueCallerAbandon)."""

    TYPE: ClassVar[str] = "call.unanswered"
    leg: LegId
    queue: QueueName
    wait_seconds: int | None = None
    position: int | None = None
    original_position: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallExited(Event):
    """A caller's wait ended without an answer, with the reason (ABANDON, EXIT…, WITHDRAW, SYSCOMPAT rows)."""

    TYPE: ClassVar[str] = "call.exited"
    leg: LegId
    queue: QueueName
    reason: ExitReason
    wait_seconds: int | None = None
    position: int | None = None
    original_position: int | None = None
    key: str | None = None
    member: MemberRef | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueStatusSet(Event):
    """The dialplan learnt why Queue() returned (VarSet QUEUESTATUS): TIMEOUT, FULL, JOINEMPTY, LEAVEEMPTY …"""

    TYPE: ClassVar[str] = "call.queue_status"
    leg: LegId
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueAttempted(Event):
    """The dialplan sent a call to a queue; it may yet be refused (Newexten of Queue)."""

    TYPE: ClassVar[str] = "call.queue_attempted"
    leg: LegId
    queue: QueueName


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRefused(Event):
    """The dialplan says that a queue refused a call (UserEvent or row QueueRefused): ``status`` as QUEUESTATUS."""

    TYPE: ClassVar[str] = "call.refused"
    leg: LegId
    queue: QueueName
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LegJoinedBridge(Event):
    """A leg entered a bridge, perhaps in the place of another (BridgeEnter)."""

    TYPE: ClassVar[str] = "leg.joined_bridge"
    leg: LegId
    bridge: str
    swapped_leg: LegId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LegLeftBridge(Event):
    """A leg left a bridge (BridgeLeave)."""

    TYPE: ClassVar[str] = "leg.left_bridge"
    leg: LegId
    bridge: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LegEnded(Event):
    """A leg is gone (Hangup). Not the end of a visit whose id has changed."""

    TYPE: ClassVar[str] = "leg.ended"
    leg: LegId
    cause: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HangupRequested(Event):
    """The far end of a leg asked for its end: the best hint of who hung up (HangupRequest)."""

    TYPE: ClassVar[str] = "leg.hangup_requested"
    leg: LegId
    cause: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LegHeld(Event):
    """The party at this leg put the other on hold (Hold)."""

    TYPE: ClassVar[str] = "leg.held"
    leg: LegId


@dataclass(frozen=True, slots=True, kw_only=True)
class LegResumed(Event):
    """The party at this leg took the other back (Unhold); does not always follow a Hold."""

    TYPE: ClassVar[str] = "leg.resumed"
    leg: LegId


@dataclass(frozen=True, slots=True, kw_only=True)
class LegsPaired(Event):
    """The two halves of a Local channel (LocalBridge)."""

    TYPE: ClassVar[str] = "leg.paired"
    leg: LegId
    other_leg: LegId


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceRung(Event):
    """The far half of a Local channel rings a device: who answers there is who speaks at the near half (DialBegin)."""

    TYPE: ClassVar[str] = "leg.device_rung"
    leg: LegId
    device_leg: LegId


@dataclass(frozen=True, slots=True, kw_only=True)
class LegsOptimized(Event):
    """Asterisk takes a Local channel out of the path; ``source_leg`` goes on in its place (LocalOptimizationBegin)."""

    TYPE: ClassVar[str] = "leg.optimized"
    leg: LegId
    other_leg: LegId
    source_leg: LegId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallTransferredBlind(Event):
    """A party sent the other on without asking (BlindTransfer); ``leg`` is the one that was sent on."""

    TYPE: ClassVar[str] = "call.transferred_blind"
    leg: LegId
    transferer_leg: LegId
    extension: str | None = None
    context: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallTransferredAttended(Event):
    """A party joined its two calls (AttendedTransfer).

    With ``destination`` App and ``application`` Queue the transferred leg takes the place of ``second_leg`` in a queue.
    """

    TYPE: ClassVar[str] = "call.transferred_attended"
    transferer_leg: LegId
    second_leg: LegId
    leg: LegId | None = None
    target_leg: LegId | None = None
    destination: str | None = None
    application: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingNamed(Event):
    """A leg is recorded into this file (VarSet MIXMONITOR_FILENAME)."""

    TYPE: ClassVar[str] = "recording.named"
    leg: LegId
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingStarted(Event):
    """A recording began on a leg (MixMonitorStart); its file is told by RecordingNamed just before."""

    TYPE: ClassVar[str] = "recording.started"
    leg: LegId


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingStopped(Event):
    """A recording was stopped on purpose (MixMonitorStop); none comes when the call just ends."""

    TYPE: ClassVar[str] = "recording.stopped"
    leg: LegId


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingMuted(Event):
    """A recording was muted or unmuted (MixMonitorMute)."""

    TYPE: ClassVar[str] = "recording.muted"
    leg: LegId
    direction: str | None = None
    muted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted(Event):
    """What the dialplan or a program wrote for its own purposes (UserEvent; a queue_log row of any other name)."""

    TYPE: ClassVar[str] = "call.noted"
    leg: LegId | None = None
    queue: QueueName | None = None
    member: MemberRef | None = None
    name: str
    details: tuple[tuple[str, str], ...] = ()
