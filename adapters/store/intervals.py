"""The transaction of a metrics worker: it reads while others write, and writes in one short turn at its end.

What it writes rests on what it read, so a row is only stored where its mark still stands: a mark that is gone was
settled by another worker that had read later. A mark that was set again in between stays, and the row is computed once
more.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Delete, Table, bindparam, delete

from adapters.store import periods, recounting
from adapters.store.bulk import Row, replace
from adapters.store.feed import read_until
from adapters.store.marks import Place, draw_token, oldest_marks, place_of, remove_marks, standing, store_marks
from adapters.store.packing import to_json
from adapters.store.tables import agent_intervals, queue_intervals
from adapters.store.transactions import Transaction
from callcenter.domain.agents.spells import AgentSpell
from callcenter.domain.calls.visits import QueueVisit, Refusal, RingAttempt
from callcenter.domain.ids import AgentId, PbxId, QueueName
from callcenter.domain.periods import Period
from callcenter.metrics.counting import CountedBy
from callcenter.metrics.marks import MarkKind, StaleMark
from callcenter.metrics.summaries import AgentSummary, QueueSummary
from callcenter.ports import OpenThing, StaleBatch

_TABLES: dict[MarkKind, Table] = {MarkKind.QUEUE: queue_intervals, MarkKind.AGENT: agent_intervals}

_NOTHING = ""
"""What is not stored: an interval in which nothing happened has no row."""


class SqlIntervals:
    """`ports.IntervalWriting` over a reading transaction; `write` does the rest in a writing one."""

    def __init__(self, transaction: Transaction, number: int, pbx: PbxId) -> None:
        self._run = transaction.run
        self._number = number
        self._pbx = pbx
        self._marked: dict[StaleMark, int] = {}
        self._taken: dict[StaleMark, int] = {}
        self._settled: list[tuple[StaleMark, int]] = []
        self._rows: dict[Place, str] = {}
        self._rules: CountedBy | None = None
        self._recounted: list[tuple[QueueName, Period]] = []
        self._all_recounted = False

    async def take(self, kind: MarkKind, limit: int) -> StaleBatch:
        stored = await self._run(oldest_marks, self._number, kind, limit)
        marks = dict(stored) | {mark: token for mark, token in self._marked.items() if mark.kind is kind}
        oldest = sorted(marks.items(), key=lambda item: (item[0].quarter, item[1]))[:limit]
        self._taken |= oldest
        return StaleBatch(tuple(oldest))

    async def visits_entered(self, queue: QueueName, period: Period) -> list[QueueVisit]:
        return await self._run(periods.visits_entered, self._number, self._pbx, queue, period)

    async def visits_of_agent(self, agent: AgentId, period: Period) -> list[QueueVisit]:
        return await self._run(periods.visits_of_agent, self._number, self._pbx, agent, period)

    async def rings(self, kind: MarkKind, subject: str, period: Period) -> list[RingAttempt]:
        return await self._run(periods.rings_of, self._number, self._pbx, kind, subject, period)

    async def refusals(self, queue: QueueName, period: Period) -> list[Refusal]:
        return await self._run(periods.refusals_of, self._number, self._pbx, queue, period)

    async def spells(self, agent: AgentId, period: Period) -> list[AgentSpell]:
        return await self._run(periods.spells_touching, self._number, self._pbx, period, agent)

    async def open_things(self) -> list[OpenThing]:
        return await self._run(periods.open_things, self._number)

    async def horizon(self) -> datetime | None:
        return await self._run(read_until, self._number)

    async def put_queue(self, queue: QueueName, quarter: datetime, summary: QueueSummary) -> None:
        self._put(StaleMark(MarkKind.QUEUE, queue, quarter), summary)

    async def put_agent(self, agent: AgentId, quarter: datetime, summary: AgentSummary) -> None:
        self._put(StaleMark(MarkKind.AGENT, agent, quarter), summary)

    async def settle(self, taken: StaleBatch) -> None:
        self._settled += taken.marks

    async def mark_stale(self, marks: Collection[StaleMark]) -> None:
        self._marked |= {mark: draw_token() for mark in marks}

    async def queues(self) -> list[QueueName]:
        return await self._run(recounting.queues_entered, self._number)

    async def counted_by(self) -> CountedBy | None:
        return await self._run(recounting.known_rules, self._number)

    async def note_counted_by(self, rules: CountedBy) -> None:
        self._rules = rules

    async def recount(self, queue: QueueName, period: Period) -> None:
        self._recounted.append((queue, period))

    async def recount_all(self) -> None:
        self._all_recounted = True

    @property
    def changed(self) -> bool:
        """Whether there is anything to write."""
        recounted = self._rules or self._recounted or self._all_recounted
        return bool(self._marked or self._settled or self._rows or recounted)

    def write(self, connection: Connection, number: int) -> None:
        """Store everything, in the turn of the PBX."""
        store_marks(connection, number, self._marked.items())
        outdated = self._outdated(connection, number)
        current = {place: summary for place, summary in sorted(self._rows.items()) if place not in outdated}
        for kind, table in _TABLES.items():
            rows = [(number, *place[1:], summary) for place, summary in current.items() if place[0] == kind]
            replace(connection, table, [row for row in rows if row[-1] != _NOTHING])
            _remove(connection, kind, [row for row in rows if row[-1] == _NOTHING])
        remove_marks(connection, number, self._settled)
        self._write_recount(connection, number)

    def _write_recount(self, connection: Connection, number: int) -> None:
        if self._rules is not None:
            recounting.note_rules(connection, number, self._rules)
        if self._all_recounted:
            recounting.mark_all(connection, number)
        for queue, period in self._recounted:
            recounting.mark_touched(connection, number, queue, period)

    def _put(self, mark: StaleMark, summary: Any) -> None:
        # Not by the words: a sum of no seconds may be 0 or 0.0.
        empty = summary in (QueueSummary(), AgentSummary())
        self._rows[place_of(mark)] = _NOTHING if empty else to_json(summary)

    def _outdated(self, connection: Connection, number: int) -> set[Place]:
        """Places whose mark was taken here and settled elsewhere."""
        places = {place_of(mark) for mark in self._taken}
        subjects = {(mark.kind, mark.subject) for mark in self._taken}
        for kind in MarkKind:
            its = {subject for that, subject in subjects if that is kind}
            places -= standing(connection, number, kind, its).keys() if its else set()
        return places


def _remove(connection: Connection, kind: MarkKind, rows: Collection[Row]) -> None:
    """Forget the rows of intervals in which nothing happened after all."""
    if rows:
        connection.execute(_REMOVE[kind], [dict(zip(("pbx", "subject", "quarter"), row, strict=False)) for row in rows])


def _removal(table: Table, subject: str) -> Delete:
    return delete(table).where(
        table.c.pbx_id == bindparam("pbx"),
        table.c[subject] == bindparam("subject"),
        table.c.quarter == bindparam("quarter"),
    )


_REMOVE = {MarkKind.QUEUE: _removal(queue_intervals, "queue"), MarkKind.AGENT: _removal(agent_intervals, "agent")}
