"""A ledger with hands: a test records what happened, as the recorder does, lets workers run, and reads what they made.

`MemoryDesk` and `SqlDesk` do the same on the two kinds of ledger, so that one suite runs on both.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Protocol

from adapters.store import Store
from callcenter.domain.agents.spells import AgentSpell, AgentState, SpellKind, open_spells
from callcenter.domain.calls.visits import FoldedCall, QueueVisit, Refusal, RingAttempt
from callcenter.domain.ids import AgentId, LegId, QueueName
from callcenter.metrics.marks import StaleMark, agent_marks, refusal_marks, ring_marks, visit_marks
from callcenter.metrics.summaries import AgentSummary, QueueSummary
from callcenter.ports import LinkLedger, SampleLedger
from tests.support.agents import ALICE, PBX
from tests.support.heard import batch, progress, record
from tests.support.memory_ledger import Drawn, Kept, MemoryLedger, set_marks

Item = QueueVisit | RingAttempt | Refusal


class WorkersLedger(SampleLedger, LinkLedger, Protocol):
    """All that the workers here need."""


class Desk(Protocol):
    """What a test does and sees."""

    @property
    def ledger(self) -> WorkersLedger: ...

    async def calls(self, *items: Item) -> None:
        """These calls are now like this; others stay. Marks what changed."""
        ...

    async def spells(self, *spells: AgentSpell, agent: AgentId = ALICE) -> None:
        """These are now all spells of the agent. Marks what changed."""
        ...

    async def read_until(self, horizon: datetime) -> None:
        """The sources have been read up to here."""
        ...

    async def queue_rows(self) -> dict[tuple[QueueName, datetime], QueueSummary]: ...

    async def agent_rows(self) -> dict[tuple[AgentId, datetime], AgentSummary]: ...

    async def draws(self) -> dict[tuple[date, AgentId], Drawn]:
        """All draws that drew anything."""
        ...

    async def links(self) -> set[tuple[str, str]]: ...

    async def stale(self) -> int: ...


def changed(before: Iterable[AgentSpell], after: Iterable[AgentSpell], horizon: datetime | None) -> set[StaleMark]:
    """The marks that the recorder sets for spells: of an open one up to the horizon."""
    return {
        mark
        for spell in set(before) ^ set(after)
        for mark in agent_marks(spell.agent, spell.started_at, spell.ended_at or _reached(spell.started_at, horizon))
    }


def marks_of_gone(item: Item, horizon: datetime | None) -> list[StaleMark]:
    """The marks that the recorder sets for a row of a call that is no more: of a conversation up to the horizon."""
    marks = marks_of(item)
    if isinstance(item, QueueVisit) and item.talking and item.member and item.answered_at:
        marks += agent_marks(item.member.agent, item.answered_at, _reached(item.answered_at, horizon))
    return marks


def _reached(since: datetime, horizon: datetime | None) -> datetime:
    return max(since, horizon or since)


def marks_of(item: Item) -> list[StaleMark]:
    """The marks that the recorder sets for a row of a call."""
    if isinstance(item, RingAttempt):
        return list(ring_marks(item.queue, item.member.agent, item.at))
    if isinstance(item, Refusal):
        return list(refusal_marks(item.queue, item.at))
    agent = item.member.agent if item.member else None
    return list(visit_marks(item.queue, agent, item.entered_at, item.answered_at, item.ended_at))


class MemoryDesk:
    """A desk over lists."""

    def __init__(self) -> None:
        self.kept = Kept()
        self.ledger = MemoryLedger(self.kept)

    async def calls(self, *items: Item) -> None:
        replaced = {item.call for item in items}
        lists: tuple[list[Item], ...] = (self.kept.visits, self.kept.rings, self.kept.refusals)  # type: ignore[assignment]
        for kept, kind in zip(lists, (QueueVisit, RingAttempt, Refusal), strict=True):
            gone = [item for item in kept if item.call in replaced]
            set_marks(self.kept, [mark for item in gone for mark in marks_of_gone(item, self.kept.horizon)])
            kept[:] = [item for item in kept if item.call not in replaced]
            kept += [item for item in items if isinstance(item, kind)]
        set_marks(self.kept, [mark for item in items for mark in marks_of(item)])

    async def spells(self, *spells: AgentSpell, agent: AgentId = ALICE) -> None:
        before = [spell for spell in self.kept.spells if spell.agent == agent]
        set_marks(self.kept, changed(before, spells, self.kept.horizon))
        self.kept.spells = [spell for spell in self.kept.spells if spell.agent != agent] + list(spells)

    async def read_until(self, horizon: datetime) -> None:
        self.kept.horizon = horizon

    async def queue_rows(self) -> dict[tuple[QueueName, datetime], QueueSummary]:
        return dict(self.kept.queue_rows)

    async def agent_rows(self) -> dict[tuple[AgentId, datetime], AgentSummary]:
        return dict(self.kept.agent_rows)

    async def draws(self) -> dict[tuple[date, AgentId], Drawn]:
        return {key: drawn for key, drawn in self.kept.draws.items() if drawn[2]}

    async def links(self) -> set[tuple[str, str]]:
        return set(self.kept.links)

    async def stale(self) -> int:
        return len(self.kept.marks)


class SqlDesk:
    """A desk over a database."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.ledger = store.ledger
        self._spells: dict[AgentId, set[AgentSpell]] = defaultdict(set)
        self._seq = 0

    async def calls(self, *items: Item) -> None:
        folded = {
            call: FoldedCall(
                visits=tuple(item for item in items if item.call == call and isinstance(item, QueueVisit)),
                rings=tuple(item for item in items if item.call == call and isinstance(item, RingAttempt)),
                refusals=tuple(item for item in items if item.call == call and isinstance(item, Refusal)),
            )
            for call in {item.call for item in items}
        }
        async with self._store.ledger.recording(PBX) as recording:
            await recording.assign({LegId(item.leg): item.call for item in items})
            gone = await recording.replace_calls(folded, ())
            await recording.mark_stale({*gone, *(mark for item in items for mark in marks_of(item))})

    async def spells(self, *spells: AgentSpell, agent: AgentId = ALICE) -> None:
        closed = [spell for spell in spells if spell.ended_at is not None]
        state = _open_state(spell for spell in spells if spell.ended_at is None)
        assert set(spells) == {*closed, *open_spells(PBX, agent, state)}
        day = date(2026, 3, 1)
        async with self._store.ledger.recording(PBX) as recording:
            await recording.replace_agent_days(agent, day, {day: (state, closed)})
            await recording.mark_stale(changed(self._spells[agent], spells, await recording.horizon()))
        self._spells[agent] = set(spells)

    async def read_until(self, horizon: datetime) -> None:
        self._seq += 1
        await record(self._store, batch([], self._seq, progress=progress(100 * self._seq, read_until=horizon)))

    async def queue_rows(self) -> dict[tuple[QueueName, datetime], QueueSummary]:
        rows = await self._store.archive.queue_rows(PBX, None)
        return {(row.queue, row.quarter): row.summary for row in rows}

    async def agent_rows(self) -> dict[tuple[AgentId, datetime], AgentSummary]:
        rows = await self._store.archive.agent_rows(PBX, None)
        return {(row.agent, row.quarter): row.summary for row in rows}

    async def draws(self) -> dict[tuple[date, AgentId], Drawn]:
        found: dict[tuple[date, AgentId], Drawn] = {}
        for row in sorted(await self._store.archive.samples(PBX, None), key=lambda row: row.position):
            seed, population, drawn = found.get((row.day, row.agent), (row.seed, row.population, ()))
            found[row.day, row.agent] = (seed, population, (*drawn, row.visit_id))
        return found

    async def links(self) -> set[tuple[str, str]]:
        page = await self._store.archive.recordings(PBX, cursor=None, limit=1000)
        return {(link.visit_id, link.path) for link in page.items}

    async def stale(self) -> int:
        return (await self._store.archive.feed(PBX)).stale_marks


def _open_state(spells: Iterable[AgentSpell]) -> AgentState:
    by_kind: dict[SpellKind, Sequence[AgentSpell]] = {spell.kind: [spell] for spell in spells}
    paused = by_kind.get(SpellKind.PAUSED)
    signed_in = by_kind.get(SpellKind.SIGNED_IN)
    return AgentState(
        signed_in_since=signed_in[0].started_at if signed_in else None,
        paused_since=paused[0].started_at if paused else None,
        reason=paused[0].reason if paused else None,
    )
