"""Which agent rows change without any new fact, because something in them is still open and time goes on.

Open spells and conversations last until the horizon, the PBX's time up to which its sources were read. When it has
moved, their rows are marked stale from where it was to where it is. What is not known here (after a start, or when
something opened) is marked from its beginning; what closed, from its beginning to where it had been counted to.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeAlias

from callcenter.domain.ids import AgentId
from callcenter.domain.periods import Period
from callcenter.metrics.marks import StaleMark, agent_marks
from callcenter.ports import IntervalWriting

Open: TypeAlias = frozenset[tuple[str, datetime]]
"""What is open for an agent: which kind of thing, since when."""

_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Counted:
    """Up to which horizon open things were counted, and which these were."""

    horizon: datetime | None = None
    open: dict[AgentId, Open] = field(default_factory=dict)


class Growing:
    """Keeps in memory what was counted how far. Losing it costs work, and no correctness."""

    def __init__(self, refresh: timedelta) -> None:
        self._refresh = refresh
        self._counted = Counted()
        self._last_seen: datetime | None = None

    def due(self, horizon: datetime) -> bool:
        """Whether the horizon has moved far enough, or has moved and now stands still."""
        stands_still, self._last_seen = horizon == self._last_seen, horizon
        before = self._counted.horizon
        if before is None:
            return True
        return horizon != before and (stands_still or abs(horizon - before) >= self._refresh)

    async def marks(self, work: IntervalWriting, horizon: datetime) -> tuple[set[StaleMark], Counted]:
        """The rows to compute again, and what is counted once they are: to be told by `note` after the commit."""
        before = self._counted
        now = {agent: await _open(work, agent, horizon) for agent in await work.open_agents()}
        marks: set[StaleMark] = set()
        for agent in now.keys() | before.open.keys():
            marks |= _grown(
                agent, before.open.get(agent, frozenset()), now.get(agent, frozenset()), before.horizon, horizon
            )
        return marks, Counted(horizon, {agent: things for agent, things in now.items() if things})

    def note(self, counted: Counted) -> None:
        """The marks are stored."""
        self._counted = counted


def _grown(agent: AgentId, before: Open, now: Open, counted_to: datetime | None, horizon: datetime) -> set[StaleMark]:
    marks: set[StaleMark] = set()
    for _, began in now - before:
        marks.update(agent_marks(agent, began, max(began, horizon)))
    if counted_to is None:
        return marks
    for _, began in before - now:
        marks.update(agent_marks(agent, began, max(began, counted_to)))
    if now & before:
        marks.update(agent_marks(agent, min(counted_to, horizon), max(counted_to, horizon)))
    return marks


async def _open(work: IntervalWriting, agent: AgentId, horizon: datetime) -> Open:
    present = Period(horizon, horizon + _MOMENT)
    spells = await work.spells(agent, present)
    visits = await work.visits_of_agent(agent, present)
    things = {(spell.kind.value, spell.started_at) for spell in spells if spell.ended_at is None}
    return frozenset(things | {("talk", v.answered_at) for v in visits if v.talking and v.answered_at is not None})
