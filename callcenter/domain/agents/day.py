"""One agent's day while its facts arrive: what `fold_day` makes of all of them, at the cost of the few that matter.

A phone in use tells its state thousands of times a day, and nearly always only confirms what is known. Such a fact
costs a comparison. Any other one folds the day again, from what was kept: all acts, and of the confirming facts those
of the last minute and the last of each row. What was let go of is not missed, unless a fact comes later than a minute.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from callcenter.domain.agents.events import MemberSeen, MemberStatusChanged
from callcenter.domain.agents.facts import TWIN_TOLERANCE, Sighting
from callcenter.domain.agents.fold import fold_day
from callcenter.domain.agents.spells import AgentSpell, AgentState
from callcenter.domain.event import Event
from callcenter.domain.ids import AgentId, EventId, PbxId, QueueName

KEPT = timedelta(seconds=60)
"""How late a fact may come: a log row comes within seconds of what AMI tells."""


class AgentDay:
    """``folded`` is always what `fold_day` gives for all facts taken so far: the state, and the spells that ended."""

    def __init__(self, agent: AgentId, pbx: PbxId, before: AgentState, *, static_signed_in: bool = False) -> None:
        self._agent = agent
        self._pbx = pbx
        self._before = before
        self._static = static_signed_in
        self._kept: dict[EventId, Event] = {}
        self._restarts: frozenset[datetime] = frozenset()
        self._latest: datetime | None = None
        self._let_go_until: datetime | None = None
        self._disturbed: dict[QueueName, datetime] = {}
        self._confirming: dict[QueueName, Sighting] = {}
        self._superseded: deque[tuple[datetime, EventId]] = deque()
        self._outdated = False
        self.folded: tuple[AgentState, list[AgentSpell]] = self._fold()

    def take(self, events: Iterable[Event], restarts: Iterable[datetime] = ()) -> bool:
        """Add facts; ``restarts`` are all starts of the PBX so far.

        False, and nothing changed, if a fact comes too late: then make the day anew from all its facts."""
        new = sorted(
            (event for event in events if event.event_id not in self._kept),
            key=lambda event: (event.occurred_at, event.event_id),
        )
        if new and self._let_go_until is not None and new[0].occurred_at <= self._let_go_until:
            return False
        known, self._restarts = self._restarts, frozenset(restarts)
        self._outdated = known != self._restarts
        for event in new:
            if not self._confirm(event):
                self._disturb(event)
            self._kept[event.event_id] = event
            self._latest = max(event.occurred_at, self._latest or event.occurred_at)
            self._let_go()
        self._refold()
        return True

    def _confirm(self, event: Event) -> bool:
        """Note a fact that only confirms the state; False for any other."""
        if not isinstance(event, (MemberSeen, MemberStatusChanged)):
            return False
        disturbed_at, last = self._disturbed.get(event.queue), self._confirming.get(event.queue)
        if disturbed_at is not None and event.occurred_at <= disturbed_at:
            return False
        self._refold()
        state, spells = self.folded
        in_order = last is None or event.occurred_at >= last.occurred_at
        if not in_order or not _confirms(state, event, self._static):
            return False
        if event.queue in state.member_of or event.queue in state.paused_in:
            self.folded = replace(state, seen_at={**state.seen_at, event.queue: event.occurred_at}), spells
        if last is not None:
            self._superseded.append((event.occurred_at, last.event_id))
        self._confirming[event.queue] = event
        return True

    def _disturb(self, event: Event) -> None:
        """From this instant on, confirming facts are no longer known to follow each other."""
        self._outdated = True
        queue = getattr(event, "queue", None)
        if queue is not None:
            latest = [fact.occurred_at for fact in (event, self._confirming.get(queue)) if fact is not None]
            self._disturbed[queue] = max([*latest, self._disturbed.get(queue, event.occurred_at)])
            self._confirming.pop(queue, None)
        self._superseded = deque(one for one in self._superseded if one[0] < event.occurred_at)

    def _let_go(self) -> None:
        """Drop confirming facts that others have followed, all of it long enough ago."""
        while self._superseded and self._latest is not None and self._superseded[0][0] < self._latest - KEPT:
            followed_at, event_id = self._superseded.popleft()
            self._let_go_until = max(followed_at, self._let_go_until or followed_at)
            del self._kept[event_id]

    def _refold(self) -> None:
        if self._outdated:
            self.folded, self._outdated = self._fold(), False

    def _fold(self) -> tuple[AgentState, list[AgentSpell]]:
        kept = self._kept.values()
        return fold_day(self._agent, self._pbx, self._before, kept, self._restarts, static_signed_in=self._static)


def _confirms(state: AgentState, event: Sighting, static_signed_in: bool) -> bool:
    """Whether a sighting shows just what the state says."""
    return _confirms_membership(state, event, static_signed_in) and _confirms_pause(state, event)


def _confirms_membership(state: AgentState, event: Sighting, static_signed_in: bool) -> bool:
    if event.membership is None:
        return True
    since = state.member_of.get(event.queue)
    counts = event.membership == "dynamic" or (static_signed_in and event.membership in ("static", "realtime"))
    if since is None or not counts:
        return since is None and not counts
    told = event.signed_in_at if isinstance(event, MemberSeen) else None
    return told is None or told <= since + TWIN_TOLERANCE


def _confirms_pause(state: AgentState, event: Sighting) -> bool:
    if not event.paused:
        return event.queue not in state.paused_in
    return event.queue in state.paused_in and event.reason in (None, "", state.pause_reasons.get(event.queue))
