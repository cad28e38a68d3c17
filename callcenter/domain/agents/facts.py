"""The facts about one agent in the order in which they are to be believed: each once, whoever told it.

AMI and queue_log tell the same acts. queue_log cuts to whole seconds, AMI is exact: of twins AMI's instant stays.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import TypeAlias

from callcenter.domain.agents.events import (
    AgentLoggedIn,
    AgentLoggedOff,
    MemberAdded,
    MemberPaused,
    MemberRemoved,
    MemberSeen,
    MemberStatusChanged,
    MemberUnpaused,
)
from callcenter.domain.event import Event
from callcenter.domain.feed import PbxStarted
from callcenter.domain.ids import QueueName, Source

TWIN_TOLERANCE = timedelta(seconds=2)
"""How far apart AMI and queue_log may place one act, and a snapshot may still show the state before it."""

Sighting: TypeAlias = MemberSeen | MemberStatusChanged
"""A fact that shows how things stand, not that something happened."""

_ACTS = (MemberAdded, MemberRemoved, MemberPaused, MemberUnpaused, AgentLoggedIn, AgentLoggedOff)
_OF_MEMBERSHIP = (MemberAdded, MemberRemoved)
_OF_PAUSE = (MemberPaused, MemberUnpaused, MemberAdded, MemberRemoved)


@dataclass(frozen=True, slots=True)
class Moment:
    """Everything at one instant. ``restarted``: the PBX began then, before anything else of that instant."""

    at: datetime
    restarted: bool
    events: tuple[Event, ...]


class Facts:
    """The facts of one agent, sorted and without repetition."""

    def __init__(self, events: Iterable[Event], restarts: Iterable[datetime]) -> None:
        unique = {event.event_id: event for event in events}
        ordered = sorted(unique.values(), key=lambda event: (event.occurred_at, event.event_id))
        starts = {event.started_at for event in ordered if isinstance(event, PbxStarted)} | set(restarts)
        acts = without_twins(event for event in ordered if isinstance(event, _ACTS))
        sightings: list[Event] = [event for event in ordered if isinstance(event, (MemberSeen, MemberStatusChanged))]
        self._moments = _moments(acts + sightings, starts)
        self._membership = _instants(acts, _OF_MEMBERSHIP)
        self._pause = _instants(acts, _OF_PAUSE)

    def __iter__(self) -> Iterator[Moment]:
        return iter(self._moments)

    def membership_disputed(self, queue: QueueName, at: datetime) -> bool:
        """Whether the agent came or left so near to this instant that a sighting proves nothing about it."""
        return _any_near(self._membership.get(queue, ()), at)

    def pause_disputed(self, queue: QueueName, at: datetime) -> bool:
        """The same for pauses."""
        return _any_near(self._pause.get(queue, ()), at)

    def last_membership_act(self, queue: QueueName, at: datetime) -> datetime | None:
        """When the agent last came or left, as far as was told."""
        return _last_until(self._membership.get(queue, ()), at)

    def last_pause_act(self, queue: QueueName, at: datetime) -> datetime | None:
        """When the agent last paused or un-paused, came or left, as far as was told."""
        return _last_until(self._pause.get(queue, ()), at)


def without_twins(acts: Iterable[Event]) -> list[Event]:
    """Each act once: a queue_log row is dropped for the nearest AMI fact of its kind and queue that has no other row.

    What only the row knows (a reason, that a member was added paused) goes over to the AMI fact.
    """
    groups: dict[tuple[type[Event], object], tuple[list[Event], list[Event]]] = defaultdict(lambda: ([], []))
    for act in acts:
        precise, rows = groups[type(act), getattr(act, "queue", None)]
        (rows if act.source is Source.QUEUE_LOG else precise).append(act)
    return [act for precise, rows in groups.values() for act in _paired(precise, rows)]


def _paired(precise: Sequence[Event], rows: Sequence[Event]) -> Iterator[Event]:
    """Both in time order. Earliest first pairs as many as can be."""
    waiting = iter(rows)
    row = next(waiting, None)
    for act in precise:
        while row is not None and row.occurred_at < act.occurred_at - TWIN_TOLERANCE:
            yield row
            row = next(waiting, None)
        if row is not None and row.occurred_at <= act.occurred_at + TWIN_TOLERANCE:
            yield _completed(act, row)
            row = next(waiting, None)
        else:
            yield act
    while row is not None:
        yield row
        row = next(waiting, None)


def _completed(act: Event, row: Event) -> Event:
    """AMI's fact, with what it left open filled from the row."""
    if isinstance(act, MemberPaused) and isinstance(row, MemberPaused):
        return replace(act, reason=act.reason or row.reason)
    if isinstance(act, MemberAdded) and isinstance(row, MemberAdded):
        paused = row.paused if act.paused is None else act.paused
        return replace(act, membership=act.membership or row.membership, paused=paused)
    return act


def _moments(events: Iterable[Event], starts: Iterable[datetime]) -> list[Moment]:
    begun = set(starts)
    ordered = sorted(events, key=lambda event: (event.occurred_at, event.event_id))
    told = {at: tuple(group) for at, group in groupby(ordered, key=lambda event: event.occurred_at)}
    return [Moment(at, at in begun, told.get(at, ())) for at in sorted(begun | told.keys())]


def _instants(acts: Iterable[Event], kinds: tuple[type[Event], ...]) -> Mapping[QueueName, Sequence[datetime]]:
    found: dict[QueueName, list[datetime]] = defaultdict(list)
    for act in acts:
        if isinstance(act, kinds):
            found[act.queue].append(act.occurred_at)  # type: ignore[attr-defined]
    return {queue: sorted(instants) for queue, instants in found.items()}


def _any_near(instants: Sequence[datetime], at: datetime) -> bool:
    place = bisect_left(instants, at - TWIN_TOLERANCE)
    return place < len(instants) and instants[place] <= at + TWIN_TOLERANCE


def _last_until(instants: Sequence[datetime], at: datetime) -> datetime | None:
    place = bisect_right(instants, at)
    return instants[place - 1] if place else None
