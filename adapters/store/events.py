"""Events as rows and back: stored once each, found again by call and by agent.

The payload is the event as it travels (`codec.encode_event`) without its caller, who is in `callers`: a caller who is
erased is gone from every event at once.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import fields, replace
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Connection, bindparam, select, union

from adapters.store.bulk import Row
from adapters.store.callers import caller_of
from adapters.store.lists import among
from adapters.store.tables import callers, events, legs
from adapters.store.text import key, storable_throughout
from callcenter.codec import decode_event, encode_event, event_types, to_microseconds
from callcenter.domain.agents import events as agent_events
from callcenter.domain.calls.events import CallOffered, CallSeenWaiting
from callcenter.domain.calls.legs import legs_of
from callcenter.domain.event import Event
from callcenter.domain.ids import CallerRef, LegId, MemberRef

_AGENT_EVENTS = frozenset(cls for cls in event_types().values() if cls.__module__ == agent_events.__name__)
_WITH_QUEUE = frozenset(cls for cls in event_types().values() if any(f.name == "queue" for f in fields(cls)))
_WITH_CALLER = frozenset(cls for cls in event_types().values() if any(f.name == "caller" for f in fields(cls)))


def caller_in(event: Event) -> CallerRef | None:
    """The caller that an event names."""
    return cast(CallOffered | CallSeenWaiting, event).caller if type(event) in _WITH_CALLER else None


def event_row(
    number: int, event: Event, callers: Mapping[CallerRef | None, int | None], wording: int, place: int
) -> tuple[Row, Event]:
    """The row of an event, and the event as it is stored: with other text where what was heard cannot be stored."""
    kind = type(event)
    caller = None
    spoken = event
    if kind in _WITH_CALLER and (caller := caller_in(event)) is not None:
        spoken = replace(cast(CallOffered, event), caller=None)
    try:
        payload = encode_event(spoken)
    except UnicodeEncodeError:
        event, payload = storable_throughout(event), encode_event(storable_throughout(spoken))
    about = legs_of(event)
    member: MemberRef | None = cast(Any, event).member if kind in _AGENT_EVENTS else None
    row = (
        number,
        to_microseconds(event.occurred_at),
        event.event_id,
        kind.TYPE,
        event.source.value,
        key(about[0]) if about else None,
        key(cast(Any, event).queue) if kind in _WITH_QUEUE else None,
        key(member.interface) if member else None,
        key(member.name) if member else None,
        callers[caller],
        wording,
        place,
        payload,
    )
    return row, event


def decoded(payload: bytes, number: str | None, name: str | None) -> Event:
    """The event of a payload, with its caller if that is still known."""
    event = decode_event(payload)
    caller = caller_of(number, name)
    return event if caller is None else replace(cast(CallOffered, event), caller=caller)


def events_of_calls(connection: Connection, number: int, roots: Iterable[LegId]) -> dict[LegId, list[Event]]:
    """All events of calls, by call."""
    asked = {key(root): root for root in roots}
    found: dict[LegId, list[Event]] = {root: [] for root in asked.values()}
    calls = {row.leg: asked[row.root] for row in connection.execute(LEGS, {"pbx": number, "roots": asked})}
    for row in connection.execute(_OF_LEGS, {"pbx": number, "legs": calls}):
        found[calls[row.leg]].append(decoded(row.payload, row.number, row.name))
    return found


def events_of_agents(
    connection: Connection, number: int, members: Collection[MemberRef], since: datetime
) -> list[Event]:
    """Agent events from an instant on that bear one of these interfaces or names."""
    wanted: Mapping[str, Any] = {
        "pbx": number,
        "since": to_microseconds(since),
        "interfaces": sorted({key(member.interface) for member in members if member.interface}),
        "names": sorted({key(member.name) for member in members if member.name}),
    }
    return [decode_event(payload) for payload in connection.execute(_OF_AGENTS, wanted).scalars()]


# Two questions, not one with a join: there is only one way to answer each.
LEGS = select(legs.c.leg, legs.c.root).where(legs.c.pbx_id == bindparam("pbx"), among(legs.c.root, "roots"))
"""The legs of calls (``pbx``, ``roots``)."""

_OF_LEGS = (
    select(events.c.leg, events.c.payload, callers.c.number, callers.c.name)
    .select_from(events.outerjoin(callers, callers.c.id == events.c.caller_id))
    .where(events.c.pbx_id == bindparam("pbx"), among(events.c.leg, "legs"))
)

_AGENT_EVENTS_SINCE = select(events.c.payload).where(
    events.c.pbx_id == bindparam("pbx"), events.c.occurred_at >= bindparam("since")
)
_OF_AGENTS = union(
    _AGENT_EVENTS_SINCE.where(among(events.c.interface, "interfaces")),
    _AGENT_EVENTS_SINCE.where(among(events.c.member, "names")),
)
