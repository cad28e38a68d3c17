"""A ledger that holds plain lists: the workers' ports without a database, for tests of what the workers compute.

A transaction sees what was there when it began, and writes at its end, all or nothing, like the SQL one.
"""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import TypeVar

from callcenter.domain.agents.spells import AgentSpell
from callcenter.domain.calls.visits import QueueVisit, Refusal, RingAttempt
from callcenter.domain.ids import AgentId, PbxId, QueueName
from callcenter.domain.periods import Period
from callcenter.metrics.counting import CountedBy
from callcenter.metrics.marks import MarkKind, StaleMark, agent_marks
from callcenter.metrics.summaries import AgentSummary, QueueSummary
from callcenter.ports import OpenThing, StaleBatch
from tests.support.agents import PBX

K = TypeVar("K")
S = TypeVar("S")

AFTER_CALL = timedelta(hours=1)

Drawn = tuple[str, int, tuple[str, ...]]
"""Seed, population and visit_ids of a draw."""


@dataclass
class Kept:
    """All that is stored of one PBX. ``marks`` maps to a token that is another one each time a mark is set."""

    visits: list[QueueVisit] = field(default_factory=list)
    rings: list[RingAttempt] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    spells: list[AgentSpell] = field(default_factory=list)
    horizon: datetime | None = None
    marks: dict[StaleMark, int] = field(default_factory=dict)
    queue_rows: dict[tuple[QueueName, datetime], QueueSummary] = field(default_factory=dict)
    agent_rows: dict[tuple[AgentId, datetime], AgentSummary] = field(default_factory=dict)
    draws: dict[tuple[date, AgentId], Drawn] = field(default_factory=dict)
    links: dict[tuple[str, str], None] = field(default_factory=dict)
    counted_by: CountedBy | None = None


_tokens = count(1)


def set_marks(kept: Kept, marks: Collection[StaleMark]) -> None:
    """Mark, whether marked already or not."""
    kept.marks |= {mark: next(_tokens) for mark in marks}


class MemoryLedger:
    """`ports.SampleLedger` and `ports.LinkLedger` over lists. ``fail_at_commit`` makes the next transactions come to
    nothing, as a crash would."""

    def __init__(self, kept: Kept) -> None:
        self.kept = kept
        self.fail_at_commit: OSError | None = None

    async def pbxs(self) -> list[PbxId]:
        return [PBX]

    @asynccontextmanager
    async def intervals(self, pbx: PbxId) -> AsyncIterator["MemoryIntervals"]:
        work = MemoryIntervals(self.kept)
        yield work
        self._commit()
        work.write()

    @asynccontextmanager
    async def samples(self, pbx: PbxId) -> AsyncIterator["MemorySamples"]:
        work = MemorySamples(self.kept)
        yield work
        self._commit()
        self.kept.draws |= work.draws

    @asynccontextmanager
    async def links(self, pbx: PbxId) -> AsyncIterator["MemoryLinks"]:
        work = MemoryLinks(self.kept)
        yield work
        self._commit()
        self.kept.links |= work.made

    def _commit(self) -> None:
        if self.fail_at_commit is not None:
            raise self.fail_at_commit


class MemoryIntervals:
    """`ports.IntervalWriting`."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept
        self._settled: list[tuple[StaleMark, int]] = []
        self._marked: set[StaleMark] = set()
        self._rules: CountedBy | None = None
        self._queue_rows: dict[tuple[QueueName, datetime], QueueSummary] = {}
        self._agent_rows: dict[tuple[AgentId, datetime], AgentSummary] = {}

    async def take(self, kind: MarkKind, limit: int) -> StaleBatch:
        found = [(mark, token) for mark, token in self._kept.marks.items() if mark.kind is kind]
        return StaleBatch(tuple(sorted(found, key=lambda one: (one[0].quarter, one[1]))[:limit]))

    async def visits_entered(self, queue: QueueName, period: Period) -> list[QueueVisit]:
        return [v for v in self._kept.visits if v.queue == queue and v.entered_at in period]

    async def visits_of_agent(self, agent: AgentId, period: Period) -> list[QueueVisit]:
        return [
            v for v in self._kept.visits if v.member is not None and v.member.agent == agent and _touches(v, period)
        ]

    async def rings(self, kind: MarkKind, subject: str, period: Period) -> list[RingAttempt]:
        return [
            ring
            for ring in self._kept.rings
            if ring.at in period and subject == (ring.queue if kind is MarkKind.QUEUE else ring.member.agent)
        ]

    async def refusals(self, queue: QueueName, period: Period) -> list[Refusal]:
        return [refusal for refusal in self._kept.refusals if refusal.queue == queue and refusal.at in period]

    async def spells(self, agent: AgentId, period: Period) -> list[AgentSpell]:
        return [
            spell
            for spell in self._kept.spells
            if spell.agent == agent
            and spell.started_at < period.end
            and (spell.ended_at is None or spell.ended_at > period.start)
        ]

    async def open_things(self) -> list[OpenThing]:
        spells = [OpenThing(s.agent, s.kind.value, s.started_at) for s in self._kept.spells if s.ended_at is None]
        talks = [
            OpenThing(v.member.agent, "talk", v.answered_at)
            for v in self._kept.visits
            if v.talking and v.member is not None and v.answered_at is not None
        ]
        return sorted(spells + talks)

    async def horizon(self) -> datetime | None:
        return self._kept.horizon

    async def put_queue(self, queue: QueueName, quarter: datetime, summary: QueueSummary) -> None:
        self._queue_rows[queue, quarter] = summary

    async def put_agent(self, agent: AgentId, quarter: datetime, summary: AgentSummary) -> None:
        self._agent_rows[agent, quarter] = summary

    async def settle(self, taken: StaleBatch) -> None:
        self._settled += taken.marks

    async def mark_stale(self, marks: Collection[StaleMark]) -> None:
        self._marked |= set(marks)

    async def queues(self) -> list[QueueName]:
        return sorted({visit.queue for visit in self._kept.visits})

    async def counted_by(self) -> CountedBy | None:
        return self._kept.counted_by

    async def note_counted_by(self, rules: CountedBy) -> None:
        self._rules = rules

    async def recount(self, queue: QueueName, period: Period) -> None:
        rows = {StaleMark(MarkKind.QUEUE, q, quarter) for q, quarter in self._kept.queue_rows if q == queue}
        self._marked |= {mark for mark in rows if mark.quarter in period}
        for visit in self._kept.visits:
            if visit.queue == queue and visit.entered_at in period and visit.member and visit.ended_at:
                self._marked |= set(agent_marks(visit.member.agent, visit.ended_at, visit.ended_at + AFTER_CALL))

    async def recount_all(self) -> None:
        if not self._kept.queue_rows and not self._kept.agent_rows:
            return
        self._marked |= {StaleMark(MarkKind.QUEUE, *place) for place in self._kept.queue_rows}
        self._marked |= {StaleMark(MarkKind.AGENT, *place) for place in self._kept.agent_rows}
        for queue in await self.queues():
            await self.recount(queue, Period(datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)))

    def write(self) -> None:
        """Store everything."""
        self._kept.counted_by = self._rules or self._kept.counted_by
        set_marks(self._kept, self._marked)
        for mark, token in self._settled:
            if self._kept.marks.get(mark) == token:
                del self._kept.marks[mark]
        _put(self._kept.queue_rows, self._queue_rows, QueueSummary())
        _put(self._kept.agent_rows, self._agent_rows, AgentSummary())


class MemorySamples:
    """`ports.SampleWriting`."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept
        self.draws: dict[tuple[date, AgentId], Drawn] = {}

    async def answered_visits(self, period: Period) -> list[QueueVisit]:
        return [v for v in self._kept.visits if v.answered and v.ended_at is not None and v.ended_at in period]

    async def drawn(self, day: date) -> set[str]:
        return {visit_id for (on, _), drawn in self._kept.draws.items() if on == day for visit_id in drawn[2]}

    async def drawn_for(self, day: date) -> set[AgentId]:
        return {agent for on, agent in self._kept.draws if on == day}

    async def put_draw(self, day: date, agent: AgentId, seed: str, population: int, visit_ids: Sequence[str]) -> None:
        self.draws[day, agent] = (seed, population, tuple(visit_ids))


class MemoryLinks:
    """`ports.LinkWriting`."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept
        self.made: dict[tuple[str, str], None] = {}

    async def unlinked(self, limit: int) -> list[QueueVisit]:
        linked = self._kept.links
        return [v for v in self._kept.visits if any((v.visit_id, path) not in linked for path in v.recordings)][:limit]

    async def link(self, visit: QueueVisit, paths: Sequence[str]) -> None:
        self.made |= {(visit.visit_id, path): None for path in paths}


def _put(kept: dict[K, S], rows: Mapping[K, S], nothing: S) -> None:
    """Rows in which nothing happened are not kept."""
    kept |= rows
    for place in [place for place, summary in kept.items() if summary == nothing]:
        del kept[place]


def _touches(visit: QueueVisit, period: Period) -> bool:
    """Whether a conversation, or an hour after it, touches a period."""
    if visit.answered_at is None or visit.answered_at >= period.end:
        return False
    return visit.talking or (visit.ended_at or visit.answered_at) + AFTER_CALL > period.start
