"""What a visit expects to hear in which phase, as a table. What it does not expect is an anomaly: kept, never raised.

The table is walked for each source on its own, since whole seconds and microseconds do not sort into one story.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import Enum, auto

from callcenter.domain.calls import events as e
from callcenter.domain.calls.drafts import Draft
from callcenter.domain.calls.evidence import ROUNDING
from callcenter.domain.calls.visits import Anomaly
from callcenter.domain.event import Event
from callcenter.domain.ids import Source


class Phase(Enum):
    """Where a visit stands, as one source tells it."""

    BEFORE = auto()
    WAITING = auto()
    LEFT = auto()
    TALKING = auto()
    CLOSED = auto()


NEXT: dict[tuple[Phase, type[Event]], Phase] = {
    (Phase.BEFORE, e.CallOffered): Phase.WAITING,
    (Phase.BEFORE, e.CallSeenWaiting): Phase.WAITING,
    (Phase.WAITING, e.CallSeenWaiting): Phase.WAITING,
    (Phase.WAITING, e.CallTransferredAttended): Phase.WAITING,
    (Phase.WAITING, e.CallUnanswered): Phase.CLOSED,
    (Phase.WAITING, e.CallExited): Phase.CLOSED,
    (Phase.WAITING, e.CallLeftQueue): Phase.LEFT,
    (Phase.WAITING, e.CallAnswered): Phase.TALKING,
    (Phase.LEFT, e.CallAnswered): Phase.TALKING,
    (Phase.LEFT, e.CallUnanswered): Phase.CLOSED,
    (Phase.TALKING, e.CallLeftQueue): Phase.TALKING,
    (Phase.TALKING, e.ConversationEnded): Phase.CLOSED,
    (Phase.CLOSED, e.CallLeftQueue): Phase.CLOSED,
}


def unexpected(draft: Draft) -> Iterator[Anomaly]:
    """What one visit heard and its table does not hold; and a visit that nobody saw begin."""
    facts = sorted(draft.facts(), key=lambda fact: (fact.occurred_at, _RANK.get(type(fact), 9), fact.event_id))
    if draft.inferred and facts:
        yield _anomaly("entry_not_told", draft, facts[0])
    for source in Source:
        yield from _walk(draft, (fact for fact in facts if fact.source is source))


_RANK: dict[type[Event], int] = {
    kind: rank
    for rank, kind in enumerate(
        (e.CallOffered, e.CallSeenWaiting, e.CallLeftQueue, e.CallAnswered, e.CallUnanswered, e.CallExited)
    )
}
"""The order of facts that bear the same instant."""


def _walk(draft: Draft, facts: Iterable[Event]) -> Iterator[Anomaly]:
    phase, moved_at = Phase.BEFORE, None
    for fact in facts:
        following = NEXT.get((phase, type(fact)))
        if following is not None:
            phase, moved_at = following, fact.occurred_at
        elif phase is not Phase.BEFORE and not _is_late(fact, moved_at):
            yield _anomaly(f"{fact.TYPE}_when_{phase.name.lower()}", draft, fact)


def _is_late(fact: Event, moved_at: datetime | None) -> bool:
    """A snapshot states no time of its own: its rows are dated by their receipt, when things may have moved on."""
    return isinstance(fact, e.CallSeenWaiting) and moved_at is not None and fact.occurred_at - moved_at <= ROUNDING


def _anomaly(kind: str, draft: Draft, fact: Event) -> Anomaly:
    return Anomaly(kind=kind, at=fact.occurred_at, leg=draft.leg, queue=draft.queue, event_id=fact.event_id)
