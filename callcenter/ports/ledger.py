"""The SQL store as the workers see it."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from callcenter.domain.agents.assignments import Assignment
from callcenter.domain.agents.spells import AgentSpell, AgentState
from callcenter.domain.agents.stays import Stay
from callcenter.domain.batches import Batch
from callcenter.domain.calls.visits import (
    FoldedCall,
    LooseEnd,
    QueueVisit,
    Refusal,
    RingAttempt,
)
from callcenter.domain.event import Event
from callcenter.domain.ids import AgentId, LegId, MemberRef, PbxId, QueueName
from callcenter.domain.periods import Period
from callcenter.metrics.counting import CountedBy
from callcenter.metrics.marks import MarkKind, StaleMark
from callcenter.metrics.summaries import AgentSummary, QueueSummary


class Recording(Protocol):
    """One transaction of the recorder, for one PBX. All or nothing; leaving the context commits."""

    @property
    def turn(self) -> int:
        """Which recording transaction of the PBX this is: one more than the last one, whoever made it."""
        ...

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

    async def last_snapshots(self) -> list[Event]:
        """The latest WaitingSeen of each queue and the latest LegsSeen."""
        ...

    async def open_calls(self, entered_before: datetime) -> set[LegId]:
        """Calls with a visit entered before this that still waits or talks."""
        ...

    async def calls_of(self, agents: Collection[str], period: Period | None = None) -> set[LegId]:
        """Calls with a conversation or a ring of one of these agents, begun within the period if one is given."""
        ...

    async def loose_counterparts(self, ends: Sequence[LooseEnd]) -> dict[LegId, list[LooseEnd]]:
        """Calls with a loose end that is the counterpart of one of these, same queue, within LOOSE_TOLERANCE; with
        it."""
        ...

    async def replace_calls(self, folded: Mapping[LegId, FoldedCall], retired: Collection[LegId]) -> set[StaleMark]:
        """Put the rows of these calls in the place of what was there; ``retired`` calls lose theirs (merged away).

        Returns the marks of the rows that were removed; of an open conversation up to the horizon."""
        ...

    async def count_calls(self) -> int:
        """How many calls there are."""
        ...

    async def calls(self, after: LegId | None, limit: int) -> list[LegId]:
        """Names of calls in order, from after this one on."""
        ...

    async def horizon(self) -> datetime | None:
        """The PBX time up to which its sources have been read, these batches included: so far open things count."""
        ...

    async def agents(self) -> list[AgentId]:
        """All agents that any day was ever folded for, and those that events name."""
        ...

    async def agents_since(self, day: date) -> list[AgentId]:
        """Agents who have a folded day from this one on, or an open spell."""
        ...

    async def last_agent_day(self, agent: AgentId, before: date) -> date | None:
        """The last folded day before this one."""
        ...

    async def stays(self) -> dict[str, list[Stay]]:
        """Who sat at each interface, in order."""
        ...

    async def replace_stays(self, interface: str, gone: Sequence[Stay], come: Sequence[Stay]) -> None:
        """Put some stays at an interface in the place of others."""
        ...

    async def sighted_around(
        self, interface: str, name: str, at: datetime, *, is_before: bool
    ) -> tuple[datetime | None, datetime | None]:
        """The last sighting of a name at an interface before an instant, and the first after it. One at that very
        instant is before it or after it, as told."""
        ...

    async def unnamed(self) -> dict[str, datetime]:
        """Until when each interface was told without a name, by any fact; at most a day too late."""
        ...

    async def note_unnamed(self, until: Mapping[str, datetime]) -> None:
        """Remember until when interfaces were told without a name; the latest counts."""
        ...

    async def assignments(self) -> list[Assignment]:
        """What people said about who it was, on this PBX."""
        ...

    async def told_members(self) -> set[MemberRef]:
        """All that members were ever called, by any fact."""
        ...

    async def note_told(self, members: Collection[MemberRef]) -> None:
        """Members were called so."""
        ...

    async def settle_correction(self, number: int) -> None:
        """A correction has taken effect."""
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


@dataclass(frozen=True, slots=True, order=True)
class OpenThing:
    """A spell (by its kind) or a conversation ("talk") of an agent that lasts, and since when."""

    agent: AgentId
    kind: str
    since: datetime


class IntervalWriting(Protocol):
    """One transaction of a metrics worker, for one PBX. Leaving the context commits."""

    async def take(self, kind: MarkKind, limit: int) -> StaleBatch:
        """Some stale marks of a kind, oldest quarter first; they stay until `settle`. Within a quarter the order has
        nothing to do with the subject, so that no subject waits for others that are marked again and again."""
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

    async def open_things(self) -> list[OpenThing]:
        """Every spell and conversation of an agent that is still open."""
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

    async def queues(self) -> list[QueueName]:
        """All queues that visits entered."""
        ...

    async def counted_by(self) -> CountedBy | None:
        """The rules that rows were counted by; None if nobody has noted any."""
        ...

    async def note_counted_by(self, rules: CountedBy) -> None:
        """From now on rows are counted by these."""
        ...

    async def recount(self, queue: QueueName, period: Period) -> None:
        """Mark a queue's rows of a period, and what agents did in the hour after conversations that entered in it."""
        ...

    async def recount_all(self) -> None:
        """Mark every row, and every quarter in which there may have to be one; nothing where nothing was counted."""
        ...


@dataclass(frozen=True, slots=True)
class PendingCorrection:
    """An assignment that came or went, and has not taken effect yet. Numbers rise."""

    number: int
    assignment: Assignment


class SampleWriting(Protocol):
    """One transaction of the QA sampling worker, for one PBX."""

    async def answered_visits(self, period: Period) -> list[QueueVisit]:
        """Answered visits whose conversation ended within the period."""
        ...

    async def drawn(self, day: date) -> set[str]:
        """visit_ids already drawn for a day of the site."""
        ...

    async def drawn_for(self, day: date) -> set[AgentId]:
        """Agents who have a draw of a day of the site."""
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


class CorrectionLedger(Protocol):
    """The SQL store as the worker of corrections sees it."""

    def recording(self, pbx: PbxId) -> AbstractAsyncContextManager[Recording]: ...

    async def pending_corrections(self, pbx: PbxId) -> list[PendingCorrection]:
        """Corrections that have not taken effect yet."""
        ...


class Ledger(SampleLedger, LinkLedger, CorrectionLedger, Protocol):
    """The SQL store as all workers see it."""

    async def forget_wordings(self, pbx: PbxId, before: datetime) -> int:
        """Erase the wordings of batches received before an instant; returns of how many. Events and ids stay."""
        ...
