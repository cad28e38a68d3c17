"""Which legs a fact names. Facts that share a leg belong to the same call."""

from collections.abc import Callable
from operator import attrgetter
from typing import Any

from callcenter.domain.calls import events as e
from callcenter.domain.event import Event
from callcenter.domain.ids import LegId

_NAMING: dict[type[Event], tuple[str, ...]] = {
    # Linkedid is left out: it changes during a call, and would tie strangers who met one leg.
    e.CallOffered: ("leg",),
    e.CallSeenWaiting: ("leg",),
    e.RingStarted: ("leg", "agent_leg"),
    e.RingNotAnswered: ("leg", "agent_leg"),
    e.RingCanceled: ("leg",),
    e.AgentDumped: ("leg", "agent_leg"),
    e.CallAnswered: ("leg", "agent_leg"),
    e.ConversationEnded: ("leg", "agent_leg"),
    e.CallLeftQueue: ("leg",),
    e.CallUnanswered: ("leg",),
    e.CallExited: ("leg",),
    e.QueueStatusSet: ("leg",),
    e.QueueAttempted: ("leg",),
    e.CallRefused: ("leg",),
    e.LegJoinedBridge: ("leg", "swapped_leg"),
    e.LegLeftBridge: ("leg",),
    e.LegEnded: ("leg",),
    e.HangupRequested: ("leg",),
    e.LegHeld: ("leg",),
    e.LegResumed: ("leg",),
    e.LegsPaired: ("leg", "other_leg"),
    e.DeviceRung: ("leg", "device_leg"),
    e.LegsOptimized: ("leg", "other_leg", "source_leg"),
    e.CallTransferredBlind: ("leg", "transferer_leg"),
    e.CallTransferredAttended: ("transferer_leg", "second_leg", "leg", "target_leg"),
    e.RecordingNamed: ("leg",),
    e.RecordingStarted: ("leg",),
    e.RecordingStopped: ("leg",),
    e.RecordingMuted: ("leg",),
    e.Noted: ("leg",),
}


def _reader(names: tuple[str, ...]) -> Callable[[Any], tuple[LegId, ...]]:
    read: Callable[[Any], Any] = attrgetter(*names)
    if len(names) == 1:
        return lambda event: () if (leg := read(event)) is None else (leg,)

    def read_all(event: Any) -> tuple[LegId, ...]:
        legs: tuple[LegId | None, ...] = read(event)
        return tuple(leg for leg in legs if leg is not None)

    return read_all


_READERS = {kind: _reader(names) for kind, names in _NAMING.items()}


def legs_of(event: Event) -> tuple[LegId, ...]:
    """The legs that a fact about a call names, the one it is about first; () for facts about anything else."""
    read = _READERS.get(type(event))
    return read(event) if read else ()
