"""Events of calls for tests: short ways to tell a story, and strategies that tell any story."""

import hashlib
from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any, TypeVar, get_args, get_type_hints

from hypothesis import strategies as st

from callcenter.domain.calls import events as e
from callcenter.domain.event import Event
from callcenter.domain.ids import EventId, LegId, MemberRef, PbxId, QueueName, Source

T = TypeVar("T", bound=Event)

PBX = PbxId("pbx")
MORNING = datetime(2026, 3, 2, 9, tzinfo=UTC)
ALICE = MemberRef("PJSIP/1001", "Alice")
BOB = MemberRef("Local/1002@agents/n", "Bob")


def at(seconds: float) -> datetime:
    """So many seconds after nine."""
    return MORNING + timedelta(seconds=seconds)


def heard(kind: type[T], seconds: float, *, source: Source = Source.AMI, **values: Any) -> T:
    """An event with an id made from all that it says."""
    told = f"{kind.TYPE}|{seconds}|{source}|{sorted(values.items())}"
    event_id = EventId(hashlib.sha256(told.encode()).digest()[:16])
    return kind(event_id=event_id, occurred_at=at(seconds), pbx=PBX, source=source, **values)


def row(kind: type[T], seconds: int, **values: Any) -> T:
    """The same from queue_log, in whole seconds."""
    return heard(kind, seconds, source=Source.QUEUE_LOG, **values)


CALL_EVENTS: Sequence[type[Event]] = [
    kind for kind in vars(e).values() if isinstance(kind, type) and issubclass(kind, Event) and kind is not Event
]

_LEGS = st.sampled_from([LegId(leg) for leg in ("1.1", "1.2", "1.3", "1.4", "1.5")])
_QUEUES = st.sampled_from([QueueName("sales"), QueueName("support")])
_MEMBERS = st.sampled_from([ALICE, BOB, MemberRef(name="Alice"), MemberRef(interface="PJSIP/1001")])


_BY_NAME: dict[str, st.SearchStrategy[Any]] = {
    "queue": _QUEUES,
    "status": st.sampled_from(["TIMEOUT", "FULL", "JOINEMPTY", "LEAVEEMPTY", "CONTINUE", "WITHDRAW"]),
    "application": st.just("Queue"),
    "destination": st.sampled_from(["App", "Bridge", "Link"]),
    "details": st.just(()),
    "legs": st.lists(_LEGS, unique=True).map(tuple),
    "membership": st.sampled_from(["dynamic", "static"]),
}
_BY_TYPE: dict[Any, st.SearchStrategy[Any]] = {
    MemberRef: _MEMBERS,
    bool: st.booleans(),
    int: st.integers(-2, 40),
    float: st.integers(-2, 40),
    datetime: st.integers(-60, 60).map(at),
}


def _values(hint: Any, name: str) -> st.SearchStrategy[Any]:
    """Any value of a field: from few enough that events meet."""
    if type(None) in get_args(hint):
        return st.none() | _values(next(a for a in get_args(hint) if a is not type(None)), name)
    if name.endswith("leg"):
        return _LEGS
    if isinstance(hint, type) and issubclass(hint, Enum):
        return st.sampled_from(list(hint))
    return _BY_NAME.get(name, _BY_TYPE.get(hint, st.sampled_from(["a", "b"])))


@st.composite
def events_of(draw: st.DrawFn, kinds: Sequence[type[Event]]) -> Event:
    """Any event of these kinds, over few legs, two queues and a minute, so that they meet."""
    kind = draw(st.sampled_from(kinds))
    hints = get_type_hints(kind)
    own = [f.name for f in fields(kind) if f.name not in ("event_id", "occurred_at", "pbx", "source")]
    values = {name: draw(_values(hints[name], name)) for name in own if name != "caller"}
    source = draw(st.sampled_from([Source.AMI, Source.QUEUE_LOG]))
    seconds = draw(st.integers(0, 60)) if source is Source.QUEUE_LOG else draw(st.integers(0, 60_000)) / 1000
    return heard(kind, seconds, source=source, **values)


def call_events() -> st.SearchStrategy[Event]:
    """Any event about calls."""
    return events_of(CALL_EVENTS)
