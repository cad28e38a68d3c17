"""What the inside needs from the outside, as Protocols. Adapters implement them; every one has a contract suite."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Generic, Protocol, TypeVar

from callcenter.domain.agents.spells import AgentSpell, AgentState
from callcenter.domain.batches import Batch, SourceProgress
from callcenter.domain.calls.visits import (
    Anomaly,
    Disagreement,
    FoldedCall,
    LooseEnd,
    Outcome,
    QueueVisit,
    Refusal,
    RingAttempt,
)
from callcenter.domain.event import Event
from callcenter.domain.ids import AgentId, LegId, MemberRef, PbxId, QueueName, Source
from callcenter.domain.periods import Period
from callcenter.metrics.marks import MarkKind, StaleMark
from callcenter.metrics.summaries import AgentSummary, QueueSummary

T = TypeVar("T")


class Clock(Protocol):
    """The present. Only ever used for "now", never for facts."""

    def now(self) -> datetime:
        """The present instant, aware UTC."""
        ...


# --- the stream: a short memory between adapters and workers


@dataclass(frozen=True, slots=True)
class Delivery:
    """One entry of a stream as a reader got it. ``deliveries`` counts how often it was handed out."""

    entry_id: str
    seq: int
    adapter: str
    payload: bytes
    deliveries: int = 1


class EventStream(Protocol):
    """One ordered stream of encoded batches per PBX, at least once to every group."""

    async def publish(self, pbx: PbxId, adapter: str, entries: Sequence[tuple[int, bytes]]) -> None:
        """Append (seq, encoded batch) pairs in one go; returns when they are durable."""
        ...

    async def last_seq(self, pbx: PbxId, adapter: str) -> int:
        """The seq of the adapter's last entry that is still in the stream; 0 if there is none."""
        ...

    async def join(self, pbx: PbxId, group: str, after: str = "0") -> None:
        """Make the group unless it exists, reading from after this entry id."""
        ...

    async def read(self, pbx: PbxId, group: str, consumer: str, *, limit: int, wait_seconds: float) -> list[Delivery]:
        """The consumer's own unacknowledged entries first (once after each start), then new ones; [] after the wait."""
        ...

    async def claim(self, pbx: PbxId, group: str, consumer: str, *, idle_seconds: float, limit: int) -> list[Delivery]:
        """Take over entries that another consumer has held for too long."""
        ...

    async def acknowledge(self, pbx: PbxId, group: str, entry_ids: Sequence[str]) -> None:
        """These are done with, for good."""
        ...

    async def bury(self, pbx: PbxId, group: str, delivery: Delivery, reason: str) -> None:
        """Put an entry that cannot be handled into the dead-letter stream, with the reason, and acknowledge it."""
        ...

    async def dead(self, pbx: PbxId, *, limit: int) -> list[tuple[str, str, bytes]]:
        """Dead letters, newest first: (entry id, reason, payload)."""
        ...

    async def backlog(self, pbx: PbxId, group: str) -> int:
        """How many entries the group has not acknowledged yet, delivered or not."""
        ...

    async def trim(self, pbx: PbxId, *, below: str, keep_seconds: float) -> int:
        """Drop entries below this id that every group has acknowledged and that are older than ``keep_seconds``."""
        ...

    def follow(self, pbx: PbxId, *, after: str, wait_seconds: float) -> AsyncIterator[list[Delivery]]:
        """Every entry after this id ("0": all that is left), without a group; yields [] when the wait passes."""
        ...


class LiveFeed(Protocol):
    """The way of the floor's picture from the live worker to every API process: snapshots and deltas, as JSON text."""

    async def publish(self, pbx: PbxId, kind: str, body: bytes) -> str:
        """Append a ``snapshot`` or ``delta``; returns its id. Old entries are dropped by length."""
        ...

    async def latest(self, pbx: PbxId) -> list[tuple[str, str, bytes]]:
        """The last snapshot and all deltas after it, as (id, kind, body); [] when there is none."""
        ...

    def follow(self, pbx: PbxId, *, after: str, wait_seconds: float) -> AsyncIterator[list[tuple[str, str, bytes]]]:
        """What comes after this id; yields [] when the wait passes."""
        ...


# --- the store


class Recording(Protocol):
    """One transaction of the recorder, for one PBX. All or nothing; leaving the context commits."""

    async def add(self, batches: Sequence[Batch]) -> list[Event]:
        """Store events (insert once), wordings, progress and seq; returns the events that were not there yet."""
        ...

    async def roots(self, legs: Collection[LegId]) -> dict[LegId, LegId]:
        """The call (named by one of its legs) that each known leg belongs to."""
        ...

    async def assign(self, roots: Mapping[LegId, LegId]) -> None:
        """Put legs into calls."""
        ...

    async def merge(self, merged: Mapping[LegId, LegId]) -> None:
        """Calls turned out to be one: move all legs of each key to its value."""
        ...

    async def call_events(self, roots: Collection[LegId]) -> dict[LegId, list[Event]]:
        """All events of these calls."""
        ...

    async def restarts(self) -> list[datetime]:
        """When the PBX's processes began, as far as any source told (``started_at`` of PbxStarted)."""
        ...

    async def open_calls(self, entered_before: datetime) -> set[LegId]:
        """Calls with a visit entered before this that still waits or talks."""
        ...

    async def loose_counterparts(self, ends: Sequence[LooseEnd]) -> dict[LegId, list[LooseEnd]]:
        """Calls with a loose end that is the counterpart of one of these, same queue, within LOOSE_TOLERANCE; with
        it."""
        ...

    async def replace_calls(self, folded: Mapping[LegId, FoldedCall], retired: Collection[LegId]) -> set[StaleMark]:
        """Put the rows of these calls in the place of what was there; ``retired`` calls lose theirs (merged away).

        Returns the marks of the rows that were removed."""
        ...

    async def sightings(self) -> list[tuple[str, str, datetime]]:
        """(interface, member name, first seen at) of every pair known."""
        ...

    async def sight(self, pairs: Mapping[tuple[str, str], datetime]) -> None:
        """Remember when an interface was first seen with a name; the earliest wins."""
        ...

    async def agent_events(self, members: Collection[MemberRef], since: datetime) -> list[Event]:
        """Agent events from ``since`` on that bear one of these interfaces or names."""
        ...

    async def agent_state(self, agent: AgentId, before: date) -> AgentState:
        """What was open for the agent at the end of the last folded day before this one."""
        ...

    async def agent_days(self, agent: AgentId, since: date) -> dict[date, tuple[AgentState, list[AgentSpell]]]:
        """The folded days from ``since`` on: state at the end, spells closed within."""
        ...

    async def replace_agent_days(
        self, agent: AgentId, since: date, days: Mapping[date, tuple[AgentState, Sequence[AgentSpell]]]
    ) -> None:
        """Put these days in the place of all from ``since`` on."""
        ...

    async def mark_stale(self, marks: Collection[StaleMark]) -> None:
        """These interval rows no longer hold."""
        ...


@dataclass(frozen=True, slots=True)
class StaleBatch:
    """Stale marks taken for work, with a token that tells whether they were marked again meanwhile."""

    marks: tuple[tuple[StaleMark, int], ...]


class IntervalWriting(Protocol):
    """One transaction of a metrics worker, for one PBX. Leaving the context commits."""

    async def take(self, kind: MarkKind, limit: int) -> StaleBatch:
        """Some stale marks of a kind, oldest quarter first; they stay until `settle`."""
        ...

    async def visits_entered(self, queue: QueueName, period: Period) -> list[QueueVisit]:
        """Visits of a queue by entry."""
        ...

    async def visits_of_agent(self, agent: AgentId, period: Period) -> list[QueueVisit]:
        """Answered visits of an agent whose conversation (and up to an hour after it) touches the period."""
        ...

    async def rings(self, kind: MarkKind, subject: str, period: Period) -> list[RingAttempt]:
        """Ring attempts of a queue or an agent, by their time."""
        ...

    async def refusals(self, queue: QueueName, period: Period) -> list[Refusal]:
        """Refused callers of a queue."""
        ...

    async def spells(self, agent: AgentId, period: Period) -> list[AgentSpell]:
        """Spells of an agent that touch the period, open ones included."""
        ...

    async def open_agents(self) -> list[AgentId]:
        """Agents with a spell or a conversation that is still open."""
        ...

    async def horizon(self) -> datetime | None:
        """The PBX time up to which its sources have been read; None before anything was."""
        ...

    async def put_queue(self, queue: QueueName, quarter: datetime, summary: QueueSummary) -> None: ...

    async def put_agent(self, agent: AgentId, quarter: datetime, summary: AgentSummary) -> None: ...

    async def settle(self, taken: StaleBatch) -> None:
        """Forget the taken marks, except those marked again since."""
        ...

    async def mark_stale(self, marks: Collection[StaleMark]) -> None: ...


class SampleWriting(Protocol):
    """One transaction of the QA sampling worker, for one PBX."""

    async def answered_visits(self, period: Period) -> list[QueueVisit]:
        """Answered visits whose conversation ended within the period."""
        ...

    async def drawn(self, period: Period) -> set[str]:
        """visit_ids already drawn for a day that begins in the period."""
        ...

    async def put_draw(self, day: date, agent: AgentId, seed: str, population: int, visit_ids: Sequence[str]) -> None:
        """Record (or replace) one agent's draw of one day with everything needed to draw it again."""
        ...


class LinkWriting(Protocol):
    """One transaction of the recordings worker, for one PBX: which file belongs to which visit."""

    async def unlinked(self, limit: int) -> list[QueueVisit]:
        """Visits that name recordings not linked yet."""
        ...

    async def link(self, visit: QueueVisit, paths: Sequence[str]) -> None:
        """Link these files (path as the PBX named it) to a visit; a link is made once."""
        ...


class IntervalLedger(Protocol):
    """The SQL store as the metrics workers see it."""

    def intervals(self, pbx: PbxId) -> AbstractAsyncContextManager[IntervalWriting]: ...

    async def pbxs(self) -> list[PbxId]: ...


class SampleLedger(IntervalLedger, Protocol):
    """The SQL store as the QA sampling worker sees it."""

    def samples(self, pbx: PbxId) -> AbstractAsyncContextManager[SampleWriting]: ...


class LinkLedger(Protocol):
    """The SQL store as the recordings worker sees it."""

    def links(self, pbx: PbxId) -> AbstractAsyncContextManager[LinkWriting]: ...

    async def pbxs(self) -> list[PbxId]: ...


class Ledger(SampleLedger, LinkLedger, Protocol):
    """The SQL store as all workers see it."""

    def recording(self, pbx: PbxId) -> AbstractAsyncContextManager[Recording]: ...


# --- questions


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitFilter:
    """Which visits to list; None asks for all. ``text`` matches a leg id exactly."""

    pbx: PbxId | None = None
    period: Period | None = None
    queue: QueueName | None = None
    agent: AgentId | None = None
    outcome: Outcome | None = None
    leg: LegId | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows, and the cursor of the next page (None on the last)."""

    items: tuple[T, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class TimelineItem:
    """One event of a call with who said it, in which words, and where that stands."""

    event: Event
    wording: bytes
    adapter: str
    seq: int


@dataclass(frozen=True, slots=True)
class VisitStory:
    """One visit with everything behind it."""

    visit: QueueVisit
    rings: tuple[RingAttempt, ...]
    same_call: tuple[QueueVisit, ...]
    timeline: tuple[TimelineItem, ...]
    disagreements: tuple[Disagreement, ...]
    anomalies: tuple[Anomaly, ...]


@dataclass(frozen=True, slots=True)
class QueueRow:
    """The stored summary of one queue and quarter hour."""

    pbx: PbxId
    queue: QueueName
    quarter: datetime
    summary: QueueSummary


@dataclass(frozen=True, slots=True)
class AgentRow:
    """The stored summary of one agent and quarter hour."""

    pbx: PbxId
    agent: AgentId
    quarter: datetime
    summary: AgentSummary


@dataclass(frozen=True, slots=True)
class QueueSettings:
    """What the PBX itself says about a queue."""

    pbx: PbxId
    queue: QueueName
    service_level_seconds: int | None


@dataclass(frozen=True, slots=True)
class RecordingLink:
    """One recorded file and the visit that it belongs to."""

    pbx: PbxId
    visit_id: str
    path: str
    queue: QueueName
    agent: AgentId | None
    answered_at: datetime | None
    talk_seconds: float | None


@dataclass(frozen=True, slots=True)
class SampleRow:
    """One visit drawn for quality assessment, with what proves the draw."""

    pbx: PbxId
    day: date
    agent: AgentId
    visit_id: str
    seed: str
    population: int
    position: int


@dataclass(frozen=True, slots=True)
class FeedGap:
    """A stretch in which a source was not heard. ``filled_from`` names the source that told what it would have."""

    pbx: PbxId
    source: Source
    started_at: datetime
    ended_at: datetime | None
    reason: str
    filled_from: Source | None


@dataclass(frozen=True, slots=True)
class FeedReport:
    """How well one PBX is heard."""

    pbx: PbxId
    progress: tuple[SourceProgress, ...]
    events_by_source: Mapping[Source, int]
    anomalies: Mapping[str, int]
    disagreements: int
    gaps: tuple[FeedGap, ...]
    stale_marks: int


class Archive(Protocol):
    """The SQL store as readers see it: the API, reports, checks."""

    async def pbxs(self) -> list[PbxId]: ...

    async def visits(self, chosen: VisitFilter, *, cursor: str | None, limit: int) -> Page[QueueVisit]:
        """Newest entry first."""
        ...

    async def story(self, pbx: PbxId, visit_id: str) -> VisitStory:
        """Raises NotFound."""
        ...

    async def queue_rows(self, pbx: PbxId | None, period: Period | None) -> list[QueueRow]: ...

    async def agent_rows(self, pbx: PbxId | None, period: Period | None) -> list[AgentRow]: ...

    async def queue_settings(self, pbx: PbxId | None) -> list[QueueSettings]: ...

    async def recordings(self, pbx: PbxId | None, *, cursor: str | None, limit: int) -> Page[RecordingLink]: ...

    async def samples(self, pbx: PbxId | None, day: date | None) -> list[SampleRow]: ...

    async def feed(self, pbx: PbxId) -> FeedReport: ...

    async def anomalies(self, pbx: PbxId | None, *, limit: int) -> list[tuple[PbxId, Anomaly]]: ...

    async def disagreements(self, pbx: PbxId | None, *, limit: int) -> list[tuple[PbxId, Disagreement]]: ...

    async def spells(self, pbx: PbxId | None, period: Period) -> list[AgentSpell]: ...

    async def covered(self, pbx: PbxId | None) -> Period | None:
        """From the first to the last instant that the sources told of."""
        ...
