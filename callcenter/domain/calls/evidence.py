"""The events of one call, each once, in one order, sorted by kind: what every part of the fold reads from."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TypeVar

from callcenter.domain.event import Event
from callcenter.domain.ids import LegId

E = TypeVar("E", bound=Event)

ROUNDING = timedelta(seconds=2)
"""Whole seconds, cut on both sides of a difference, and a log line or frame that came a moment late."""

LATENESS = timedelta(seconds=60)
"""How late a fact may be dated by us where the PBX states no time of its own: we were busy, or the network was."""

WHOLE_SECOND = timedelta(seconds=1)
"""What an instant in queue_log lacks of the true one, at most."""

REORDERING = timedelta(milliseconds=200)
"""How far the PBX's own time stamps of neighbouring frames were seen to step back, with room to spare."""


class Evidence:
    """Every event of a call exactly once, in time order; ties in an order that depends on the events alone."""

    def __init__(self, events: Iterable[Event]) -> None:
        unique = {event.event_id: event for event in events}
        self.ordered = sorted(unique.values(), key=lambda event: (event.occurred_at, event.source, event.event_id))
        self._by_type: dict[type[Event], list[Event]] = defaultdict(list)
        self._by_leg: dict[tuple[type[Event], LegId], list[Event]] = defaultdict(list)
        for event in self.ordered:
            kind = type(event)
            self._by_type[kind].append(event)
            leg = getattr(event, "leg", None)
            if leg is not None:
                self._by_leg[kind, leg].append(event)

    def of(self, kind: type[E]) -> list[E]:
        """All events of a kind."""
        return self._by_type.get(kind, [])  # type: ignore[return-value]

    def on(self, kind: type[E], leg: LegId | None) -> list[E]:
        """All events of a kind about one leg."""
        return self._by_leg.get((kind, leg), []) if leg else []  # type: ignore[return-value]

    def first_on(self, kind: type[E], leg: LegId | None, since: datetime) -> E | None:
        """The first event of a kind about a leg at or after an instant."""
        return next((event for event in self.on(kind, leg) if event.occurred_at >= since), None)


def whole_seconds(start: datetime, end: datetime) -> int:
    """A duration as Asterisk states it: the difference of two clock readings in whole seconds."""
    return int(end.timestamp()) - int(start.timestamp())
