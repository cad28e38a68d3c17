"""A visit while the fold works on it: which facts belong to it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from callcenter.domain.calls import events as e
from callcenter.domain.calls.evidence import LATENESS, ROUNDING
from callcenter.domain.event import Event
from callcenter.domain.ids import LegId, QueueName, Source

WaitFact = e.CallSeenWaiting | e.CallAnswered | e.CallUnanswered | e.CallExited | e.CallLeftQueue


@dataclass(slots=True, kw_only=True)
class Draft:
    """One visit to be. ``entered_at`` is AMI's instant where AMI told it. ``inferred``: nobody told of the entry."""

    queue: QueueName
    leg: LegId
    entered_at: datetime
    legs: list[LegId] = field(default_factory=list)
    offers: list[e.CallOffered] = field(default_factory=list)
    seen: list[e.CallSeenWaiting] = field(default_factory=list)
    answers: list[e.CallAnswered] = field(default_factory=list)
    exits: list[e.CallExited] = field(default_factory=list)
    unanswered: list[e.CallUnanswered] = field(default_factory=list)
    lefts: list[e.CallLeftQueue] = field(default_factory=list)
    ends: list[e.ConversationEnded] = field(default_factory=list)
    transfers: list[e.CallTransferredAttended] = field(default_factory=list)
    inferred: bool = False

    @property
    def position(self) -> int | None:
        return next((offer.position for offer in self.offers if offer.position is not None), None)

    @property
    def wait_ended(self) -> bool:
        return bool(self.answers or self.exits or self.unanswered or self.lefts)

    @property
    def last_leg(self) -> LegId:
        """The id under which the visit is known at its end."""
        return self.legs[-1]

    def take(self, fact: WaitFact) -> None:
        """This fact is about this visit."""
        if fact.leg not in self.legs:
            self.legs.append(fact.leg)
        match fact:
            case e.CallSeenWaiting():
                self.seen.append(fact)
            case e.CallAnswered():
                self.answers.append(fact)
            case e.CallExited():
                self.exits.append(fact)
            case e.CallUnanswered():
                self.unanswered.append(fact)
            case e.CallLeftQueue():
                self.lefts.append(fact)

    def wait_ends(self) -> Iterator[WaitFact]:
        """Everything that says that the wait is over."""
        for ends in (self.answers, self.exits, self.unanswered, self.lefts):
            yield from ends

    def facts(self) -> Iterator[Event]:
        """Everything that this visit rests on."""
        for facts in (self.offers, self.seen, self.transfers, self.lefts, self.answers, self.exits, self.unanswered):
            yield from facts
        yield from self.ends

    def apart(self, entered_at: datetime, source: Source) -> timedelta:
        """How far the entry that a fact implies is from the one that its own source told of, in whole seconds."""
        own = next((offer.occurred_at for offer in self.offers if offer.source is source), self.entered_at)
        return abs(own.replace(microsecond=0) - entered_at)

    def fits(self, entered_at: datetime, source: Source) -> bool:
        """Whether this visit can have begun when a fact of a source implies it did."""
        return self.apart(entered_at, source) <= ROUNDING


def implied_entry(fact: WaitFact) -> datetime | None:
    """The second in which the caller must have entered, by the wait that the fact states: Asterisk counts in them."""
    wait_seconds = None if isinstance(fact, e.CallLeftQueue) else fact.wait_seconds
    return None if wait_seconds is None else fact.occurred_at.replace(microsecond=0) - timedelta(seconds=wait_seconds)


def same_queue(one: QueueName, other: QueueName) -> bool:
    """Asterisk compares queue names without case, and its log writes them as the dialplan does."""
    return one == other or one.casefold() == other.casefold()


def pair_sources(ami: list[Event], log: list[Event]) -> Iterator[tuple[Event | None, Event | None]]:
    """Pair what two sources told of the same kind of fact about the same subject, both in time order.

    Where both told as often, the first is the first's twin, and so on, even if one of them was heard late. Else twins
    lie within `ROUNDING`.
    """
    if len(ami) == len(log) and all(
        abs(a.occurred_at - b.occurred_at) <= LATENESS for a, b in zip(ami, log, strict=True)
    ):
        yield from zip(ami, log, strict=True)
        return
    i = j = 0
    while i < len(ami) or j < len(log):
        if i < len(ami) and j < len(log) and abs(ami[i].occurred_at - log[j].occurred_at) <= ROUNDING:
            yield ami[i], log[j]
            i, j = i + 1, j + 1
        elif j == len(log) or (i < len(ami) and ami[i].occurred_at < log[j].occurred_at):
            yield ami[i], None
            i += 1
        else:
            yield None, log[j]
            j += 1


def by_source(events: Iterable[Event]) -> tuple[list[Event], list[Event]]:
    """Split events into those from AMI and the rest."""
    ami: list[Event] = []
    rest: list[Event] = []
    for event in events:
        (ami if event.source is Source.AMI else rest).append(event)
    return ami, rest
