"""Today's figures: the stored quarters of the site's day, added up.

They are read at most once a second however many ask, and on a large site so seldom that they take a tenth of the time.
"""

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from callcenter.api.figures import (
    AgentToday,
    QueueFigures,
    QueueToday,
    TodayShown,
    agent_fields,
    queue_fields,
    rules_of,
)
from callcenter.api.intervals import added
from callcenter.api.names import AgentNames, agent_names
from callcenter.domain.ids import PbxId, QueueName
from callcenter.domain.periods import Period
from callcenter.domain.policies import SitePolicies
from callcenter.metrics.across import queue_across
from callcenter.metrics.ruled import RuledSummary
from callcenter.ports import AgentRow, Archive, Clock, People, QueueRow, QueueSettings

_SHARE = 10
"""Reading may take one part in this many of the time."""


@dataclass(frozen=True, slots=True)
class Today:
    """Today's figures and their JSON. ``figures`` is the JSON without the instant: equal means that nothing changed."""

    shown: TodayShown
    body: bytes
    figures: bytes


class TodayBoard:
    """Reads today's figures when asked, and remembers them for a moment."""

    def __init__(
        self,
        archive: Archive,
        people: People,
        clock: Clock,
        policies: SitePolicies,
        *,
        keep_seconds: float = 1.0,
    ) -> None:
        self.latest: Today | None = None
        self._archive = archive
        self._people = people
        self._clock = clock
        self._policies = policies
        self._least_seconds = self._keep_seconds = keep_seconds
        self._reading = asyncio.Lock()

    async def read(self) -> Today:
        """The figures, at most a moment old. Raises what the store raises."""
        async with self._reading:
            now = self._clock.now()
            latest = self.latest
            if latest is None or not 0 <= (now - latest.shown.as_of).total_seconds() < self._keep_seconds:
                begun = time.monotonic()
                latest = self.latest = await self._read(now)
                self._keep_seconds = max(self._least_seconds, _SHARE * (time.monotonic() - begun))
            return latest

    async def _read(self, now: datetime) -> Today:
        calendar = self._policies.calendar
        start = calendar.day_start(now)
        day = Period(start, calendar.next_day(start))
        queues, agents, settings, names = await asyncio.gather(
            self._archive.queue_rows(None, day),
            self._archive.agent_rows(None, day),
            self._archive.queue_settings(None),
            agent_names(self._people),
        )
        # In a thread: on a large site this is many rows, and browsers wait for other things meanwhile.
        return await asyncio.to_thread(self._sum_up, names, now, start, queues, agents, settings)

    def _sum_up(
        self,
        names: AgentNames,
        now: datetime,
        start: datetime,
        queue_rows: Iterable[QueueRow],
        agent_rows: Iterable[AgentRow],
        settings: Iterable[QueueSettings],
    ) -> Today:
        rules = rules_of(self._policies, settings)
        sums = added(((row.pbx, row.queue), row.summary) for row in queue_rows)
        by_queue = {key: RuledSummary({rules.of(*key, start): summary}) for key, summary in sums.items()}
        by_agent = added(((row.pbx, row.agent), row.summary) for row in agent_rows)
        whole = sum(by_queue.values(), RuledSummary({}))
        several = len({pbx for pbx, _ in by_queue}) > 1
        across: dict[tuple[PbxId, QueueName], RuledSummary] = {}
        for key, figures in by_queue.items() if several else ():
            across[queue_across(*key)] = across.get(queue_across(*key), RuledSummary({})) + figures
        shown = TodayShown(
            date=start.date(),
            timezone=self._policies.calendar.name,
            since=start,
            as_of=now,
            queues=tuple(self._queue(*key, figures) for key, figures in sorted(by_queue.items())),
            across=tuple(self._queue(*key, figures) for key, figures in sorted(across.items())),
            total=QueueFigures(**queue_fields(whole)),
            agents=tuple(
                AgentToday(pbx=pbx, agent=agent, name=names.of(pbx, agent), **agent_fields(summary))
                for (pbx, agent), summary in sorted(by_agent.items())
            ),
        )
        return Today(shown, shown.model_dump_json().encode(), shown.model_dump_json(exclude={"as_of"}).encode())

    def _queue(self, pbx: PbxId, queue: QueueName, figures: RuledSummary) -> QueueToday:
        return QueueToday(pbx=pbx, queue=queue, name=self._policies.name_of(queue), **queue_fields(figures))
