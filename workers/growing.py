"""Which agent rows change without any new fact, because something in them is still open and time goes on.

Open spells and conversations last until the horizon, the PBX's time up to which its sources were read. When it has
moved, their rows are marked stale from where it was to where it is. What is not known here (after a start, or when
something opened) is marked from its beginning; what closed, from its beginning to where it had been counted to. What
closed while nobody was here to see it was marked by the recorder, up to the horizon.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeAlias

from callcenter.domain.ids import AgentId
from callcenter.metrics.marks import StaleMark, agent_marks
from callcenter.ports import IntervalWriting, OpenThing

Open: TypeAlias = frozenset[OpenThing]
"""What is open for an agent."""

_NOTHING: Open = frozenset()


@dataclass(frozen=True, slots=True)
class Counted:
    """Up to which horizon open things were counted, which these were, and the marks that it took."""

    horizon: datetime | None = None
    open: Mapping[AgentId, Open] = field(default_factory=dict)
    marks: frozenset[StaleMark] = frozenset()


class Growing:
    """Keeps in memory what was counted how far. Losing it costs work, and no correctness."""

    def __init__(self, refresh: timedelta) -> None:
        self._refresh = refresh
        self._counted = Counted()
        self._own: set[StaleMark] = set()
        self._last_seen: datetime | None = None
        self._others_marked = False

    def took(self, marks: Iterable[StaleMark]) -> None:
        """These marks are worked on. If others than ours are among them, what is open may have changed."""
        taken = set(marks)
        self._others_marked |= bool(taken - self._own)
        self._own -= taken

    def due(self, horizon: datetime, *, idle: bool) -> bool:
        """Whether to look for growth: the horizon moved far; or it stands still, and it or something else had moved.

        Not while marks are left: if rows were marked again before their turn came, some would never get it."""
        stands_still, self._last_seen = horizon == self._last_seen, horizon
        before = self._counted.horizon
        if before is None or not idle:
            return idle
        if stands_still:
            return horizon != before or self._others_marked
        return horizon != before and abs(horizon - before) >= self._refresh

    async def look(self, work: IntervalWriting, horizon: datetime) -> Counted:
        """What is open now, and the rows to mark stale for it; tell `note` once these are stored."""
        before = self._counted
        now: dict[AgentId, Open] = {}
        for thing in await work.open_things():
            now[thing.agent] = now.get(thing.agent, _NOTHING) | {thing}
        marks = {
            mark
            for agent in now.keys() | before.open.keys()
            for mark in _grown(agent, before, now.get(agent, _NOTHING), horizon)
        }
        return Counted(horizon, now, frozenset(marks))

    def note(self, counted: Counted) -> None:
        """The marks are stored."""
        self._counted = counted
        self._own |= counted.marks
        self._others_marked = False


def _grown(agent: AgentId, counted: Counted, now: Open, horizon: datetime) -> Iterator[StaleMark]:
    before, counted_to = counted.open.get(agent, _NOTHING), counted.horizon
    for thing in now - before:
        yield from agent_marks(agent, thing.since, max(thing.since, horizon))
    if counted_to is None:
        return
    for thing in before - now:
        yield from agent_marks(agent, thing.since, max(thing.since, counted_to))
    if now & before and horizon != counted_to:
        yield from agent_marks(agent, min(counted_to, horizon), max(counted_to, horizon))
