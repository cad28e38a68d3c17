"""Draws conversations for quality assessment: some answered visits per agent and day of the site.

A day's draw is made again while visits of it may still come, until the day after it is over: late ones have the same
chance as all others. From then on it is frozen, whatever comes, but for corrections of who took the calls.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta

from callcenter.domain.calendar import Calendar
from callcenter.domain.ids import AgentId, PbxId
from callcenter.domain.periods import Period
from callcenter.domain.quality.sampling import Draw, draw, draw_day, seed_of
from callcenter.metrics.marks import MarkKind
from callcenter.ports import SampleLedger, StaleBatch

LOOK_BACK_DAYS = 31
"""How far back days without a draw are looked for after a start."""

DAYS_AT_ONCE = 7
"""Days drawn in one run; more than two only when catching up."""

CORRECTED_AT_ONCE = 200
"""Corrected quarters taken in one run."""


class QaSampling:
    """The draws of one PBX. Drawing a day twice from the same visits gives the same draw."""

    def __init__(
        self, pbx: PbxId, ledger: SampleLedger, *, calendar: Calendar, seed: str, per_agent_and_day: int
    ) -> None:
        self.name = f"qa_sampling:{pbx}"
        self._pbx = pbx
        self._ledger = ledger
        self._calendar = calendar
        self._seed = seed
        self._per_agent = per_agent_and_day
        self._next: datetime | None = None
        self._watched_from: datetime | None = None
        self._made: dict[date, Mapping[AgentId, Draw]] = {}

    async def run_once(self) -> int:
        """Draw the days that are not frozen; returns how many draws changed, at least 1 while days wait."""
        async with self._ledger.intervals(self._pbx) as work:
            horizon = await work.horizon()
            corrected = await work.take(MarkKind.SAMPLE, CORRECTED_AT_ONCE)
        redrawn = await self._redraw(corrected)
        if horizon is None or self._per_agent <= 0:
            return redrawn
        today = self._calendar.day_start(horizon)
        yesterday = self._day_before(today)
        self._watched_from = self._watched_from or yesterday
        days = list(self._days_until(today))
        changed = 0
        for start in days[:DAYS_AT_ONCE]:
            changed += await self._draw(start, only_if_missed=start < self._watched_from)
            if start < yesterday:
                self._freeze(start)
        return max(changed + redrawn, len(days) > DAYS_AT_ONCE)

    def _days_until(self, today: datetime) -> Iterator[datetime]:
        """The days to draw, in order: after a start also those that may have been missed, then those not frozen yet."""
        day = self._next or self._calendar.day_start(today - timedelta(days=LOOK_BACK_DAYS))
        while day <= today:
            yield day
            day = self._calendar.next_day(day)

    def _day_before(self, start: datetime) -> datetime:
        return self._calendar.day_start(start.astimezone(UTC) - timedelta(hours=1))

    def _freeze(self, start: datetime) -> None:
        self._next = self._calendar.next_day(start)
        self._made.pop(start.date(), None)

    async def _redraw(self, corrected: StaleBatch) -> int:
        """Draw days again whose calls turned out to be somebody else's; returns how many marks that settled."""
        days = {self._calendar.day_start(mark.quarter) for mark, _ in corrected.marks}
        for start in sorted(days) if self._per_agent > 0 else ():
            async with self._ledger.samples(self._pbx) as work:
                known = await work.drawn_for(start.date())
                visits = await work.answered_visits(Period(start, self._calendar.next_day(start)))
                seed = seed_of(self._seed, self._pbx, start.date())
                draws = dict(draw_day(visits, seed, self._per_agent)) if known else {}
                for agent, drawn in ({agent: draw((), seed, 0) for agent in known} | draws).items():
                    await work.put_draw(start.date(), agent, drawn.seed, drawn.population, drawn.visit_ids)
        if corrected.marks:
            async with self._ledger.intervals(self._pbx) as settling:
                await settling.settle(corrected)
        return len(corrected.marks)

    async def _draw(self, start: datetime, *, only_if_missed: bool) -> int:
        """Draw one day; returns how many agents' draws changed. A day of before our time that has a draw keeps it."""
        day = start.date()
        seed = seed_of(self._seed, self._pbx, day)
        async with self._ledger.samples(self._pbx) as work:
            if only_if_missed and await work.drawn(day):
                return 0
            visits = await work.answered_visits(Period(start, self._calendar.next_day(start)))
            draws = dict(draw_day(visits, seed, self._per_agent))
            before = self._made.get(day, {})
            # An agent whose visits turned out to be another's keeps no draw.
            gone = {agent: draw((), seed, 0) for agent in before.keys() - draws.keys()}
            changed = {agent: drawn for agent, drawn in (draws | gone).items() if drawn != before.get(agent)}
            for agent, drawn in changed.items():
                await work.put_draw(day, agent, drawn.seed, drawn.population, drawn.visit_ids)
        self._made[day] = draws
        return len(changed)
