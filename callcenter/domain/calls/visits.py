"""What the fold of a call gives: queue visits, ring attempts, refusals, and whatever did not fit.

A visit is one caller's one pass through one queue. Every visit ends in exactly one `Outcome`, so that
*offered = the sum of the outcomes* is a law.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from callcenter.domain.calls.events import ConversationEnd
from callcenter.domain.ids import CallerRef, EventId, LegId, MemberRef, PbxId, QueueName, Source


class Outcome(StrEnum):
    """The closed list of ways in which a visit ends (or has not ended yet)."""

    ANSWERED = "answered"
    ABANDONED = "abandoned"
    TIMED_OUT = "timed_out"
    EXITED_BY_KEY = "exited_by_key"
    EXITED_EMPTY = "exited_empty"
    WITHDRAWN = "withdrawn"
    STILL_WAITING = "still_waiting"
    UNKNOWN = "unknown"


class EndedBy(StrEnum):
    """Who ended a conversation, by the order of hang-up requests; the PBX's own word is only a hint."""

    CALLER = "caller"
    AGENT = "agent"
    TRANSFER = "transfer"
    UNKNOWN = "unknown"


class RingResult(StrEnum):
    """How one ringing of one agent's phone ended."""

    ANSWERED = "answered"
    NOT_ANSWERED = "not_answered"
    CANCELED = "canceled"
    DUMPED = "dumped"
    ELSEWHERE = "answered_elsewhere"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueVisit:
    """One caller's one pass through one queue.

    ``call`` names the set of events that the visit was folded from: the caller's call, and perhaps others with it.
    ``leg`` is the caller's id at entry, ``legs`` all ids it had, in order. ``ordinal`` counts the visits of this leg to
    this queue from 1. Wait and ring are the whole seconds that Asterisk states; ``talk_seconds`` is measured from the
    connection to the moment when the first of the two legs leaves the bridge (else as stated);
    ``stated_talk_seconds`` is the PBX's own figure. ``left_at`` is the end of the wait, whatever ended it.
    """

    pbx: PbxId
    call: LegId
    leg: LegId
    queue: QueueName
    ordinal: int
    legs: tuple[LegId, ...]
    caller: CallerRef | None
    entered_at: datetime
    position: int | None
    outcome: Outcome
    reason: str | None = None
    exit_key: str | None = None
    wait_seconds: int | None = None
    left_at: datetime | None = None
    member: MemberRef | None = None
    agent_leg: LegId | None = None
    ring_seconds: int | None = None
    ended_at: datetime | None = None
    talk_seconds: float | None = None
    stated_talk_seconds: int | None = None
    hold_seconds: float = 0.0
    ended_by: EndedBy | None = None
    transfer: ConversationEnd | None = None
    transfer_target: str | None = None
    recordings: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    evidence: tuple[EventId, ...] = ()

    @property
    def visit_id(self) -> str:
        """The visit's address within its PBX: leg at entry, queue, ordinal."""
        return f"{self.leg}~{self.queue}~{self.ordinal}"

    @property
    def answered(self) -> bool:
        return self.outcome is Outcome.ANSWERED

    @property
    def transferred(self) -> bool:
        """Answered, and the conversation ended in a transfer, whoever made it."""
        return self.transfer is not None

    @property
    def answered_at(self) -> datetime | None:
        return self.left_at if self.answered else None

    @property
    def talking(self) -> bool:
        """Answered, and nothing has ended the conversation yet."""
        return self.answered and self.ended_at is None and self.reason is None


@dataclass(frozen=True, slots=True, kw_only=True)
class RingAttempt:
    """One ringing of one agent's phone for one waiting caller. ``ring_seconds`` as Asterisk states it, else
    measured."""

    pbx: PbxId
    call: LegId
    leg: LegId
    queue: QueueName
    member: MemberRef
    agent_leg: LegId | None
    at: datetime
    result: RingResult
    ring_seconds: float | None
    evidence: tuple[EventId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A caller whom a queue did not let in; never part of *offered*. ``status`` as in QUEUESTATUS."""

    pbx: PbxId
    call: LegId
    leg: LegId
    queue: QueueName
    at: datetime
    status: str
    evidence: tuple[EventId, ...] = ()

    @property
    def is_full(self) -> bool:
        return self.status == "FULL"


class LooseKind(StrEnum):
    """Facts that may belong to a visit known under another id."""

    OPEN_WAIT = "open_wait"
    STRAY_WAIT_END = "stray_wait_end"
    OPEN_TALK = "open_talk"
    STRAY_TALK_END = "stray_talk_end"

    @property
    def counterpart(self) -> "LooseKind":
        return _COUNTERPARTS[self]


_COUNTERPARTS = {
    LooseKind.OPEN_WAIT: LooseKind.STRAY_WAIT_END,
    LooseKind.STRAY_WAIT_END: LooseKind.OPEN_WAIT,
    LooseKind.OPEN_TALK: LooseKind.STRAY_TALK_END,
    LooseKind.STRAY_TALK_END: LooseKind.OPEN_TALK,
}

LOOSE_TOLERANCE = timedelta(seconds=3)
"""How far apart the two halves of one visit may place its entry (or its connection): rounding and a late log line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LooseEnd:
    """A half of a visit whose other half may stand under another call id.

    ``at`` is the entry into the queue (wait kinds) or the connection (talk kinds) that the half tells or implies.
    Two calls whose loose ends are counterparts in the same queue within `LOOSE_TOLERANCE` are folded together.
    """

    kind: LooseKind
    queue: QueueName
    at: datetime
    leg: LegId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Anomaly:
    """What the table of a fold did not expect; kept, counted and shown, never raised and never dropped."""

    kind: str
    at: datetime
    leg: LegId | None
    queue: QueueName | None
    event_id: EventId
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """AMI and queue_log told the same fact with different values; what was kept is in the visit."""

    visit_id: str
    queue: QueueName
    at: datetime
    field: str
    ami: str
    queue_log: str


@dataclass(frozen=True, slots=True)
class FoldedCall:
    """All that follows from the events of one call."""

    visits: tuple[QueueVisit, ...] = ()
    rings: tuple[RingAttempt, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    loose_ends: tuple[LooseEnd, ...] = ()
    anomalies: tuple[Anomaly, ...] = ()
    disagreements: tuple[Disagreement, ...] = ()
