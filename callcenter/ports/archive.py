"""The SQL store as readers see it: the API, reports, checks."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Generic, Protocol, TypeVar

from callcenter.domain.agents.spells import AgentSpell
from callcenter.domain.batches import SourceProgress
from callcenter.domain.calls.visits import (
    Anomaly,
    Disagreement,
    Outcome,
    QueueVisit,
    RingAttempt,
)
from callcenter.domain.event import Event
from callcenter.domain.ids import AgentId, LegId, PbxId, QueueName, Source
from callcenter.domain.periods import Period
from callcenter.metrics.summaries import AgentSummary, QueueSummary

T = TypeVar("T")


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

    async def recorded_seq(self, pbx: PbxId, adapter: str) -> int:
        """Up to which number all batches of an adapter are recorded; 0 if none is."""
        ...

    async def anomalies(self, pbx: PbxId | None, *, limit: int) -> list[tuple[PbxId, Anomaly]]: ...

    async def disagreements(self, pbx: PbxId | None, *, limit: int) -> list[tuple[PbxId, Disagreement]]: ...

    async def spells(self, pbx: PbxId | None, period: Period) -> list[AgentSpell]: ...

    async def covered(self, pbx: PbxId | None) -> Period | None:
        """From the first to the last instant that the sources told of."""
        ...
