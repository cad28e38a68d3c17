"""Calls that gained an event are folded again, from the whole set, within the recorder's transaction.

What is kept in memory only saves reading: it holds exactly what the store holds, and is dropped when a transaction
fails.
"""

from collections import OrderedDict, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from callcenter.domain.agents.directory import Directory
from callcenter.domain.calls.fold import fold_call
from callcenter.domain.calls.grouping import LegSets, fitting_ends
from callcenter.domain.calls.legs import legs_of
from callcenter.domain.calls.surroundings import NOWHERE, Surroundings
from callcenter.domain.calls.visits import FoldedCall, QueueVisit, RingAttempt
from callcenter.domain.event import Event
from callcenter.domain.ids import LegId, MemberRef, PbxId
from callcenter.metrics.marks import StaleMark, refusal_marks, ring_marks, visit_marks
from callcenter.ports import Recording

KEPT_CALLS = 5000
"""How many calls' events stay in memory: several times what is open at once, a few kilobytes each."""


_NOTHING_STORED = FoldedCall()


class CallBook:
    """Folds the calls of one PBX as their events arrive."""

    def __init__(self, pbx: PbxId) -> None:
        self._pbx = pbx
        self.forget()

    def forget(self) -> None:
        """Drop what is in memory: the store may hold something else now."""
        self._sets = LegSets()
        self._events: OrderedDict[LegId, list[Event]] = OrderedDict()
        self._folded: dict[LegId, FoldedCall] = {}
        self._surroundings: Surroundings | None = None

    async def record(
        self, recording: Recording, new: Sequence[Event], directory: Directory, moved: Collection[str] = ()
    ) -> set[StaleMark]:
        """Fold every call that one of these new events belongs to; returns the intervals that changed.

        ``moved`` are agents whom the directory calls by another name now: their calls are folded, too.
        """
        told = [(event, legs) for event in new if (legs := legs_of(event))]
        retired = await self._tie(recording, (legs for _, legs in told))
        touched = await self._reopened(recording, new)
        for event, legs in told:
            root = self._sets.find(legs[0])
            touched.add(root)
            if root in self._events:
                self._events[root].append(event)
        if moved:
            touched |= set(await self._roots_of(recording, await recording.calls_of(moved)))
        return await self._settle(recording, touched, retired, directory)

    async def refold(self, recording: Recording, roots: Sequence[LegId], directory: Directory) -> set[StaleMark]:
        """Fold these calls again from what is stored; returns the intervals of all their rows."""
        await self._reopened(recording, ())
        self._folded.clear()  # so that rows are replaced even where they should be gone
        return await self._settle(recording, set(await self._roots_of(recording, roots)), set(), directory)

    async def _settle(
        self, recording: Recording, touched: set[LegId], retired: set[LegId], directory: Directory
    ) -> set[StaleMark]:
        await self._read(recording, touched)
        folded = self._fold(touched)
        retired |= await self._join_halves(recording, folded)
        changed = {root: _named(call, directory) for root, call in folded.items()}
        changed = {root: call for root, call in changed.items() if self._folded.get(root) != call}
        marks = await recording.replace_calls(changed, retired)
        self._folded.update(changed)
        self._evict()
        return marks | {mark for call in changed.values() for mark in _marks(call)}

    async def _tie(self, recording: Recording, groups: Iterable[tuple[LegId, ...]]) -> set[LegId]:
        """Put each group of legs into one call, in memory and in the store. Returns calls that became part of
        others."""
        ties = set(groups)
        legs = {leg for tie in ties for leg in tie}
        fresh = await self._learn(recording, legs)
        before = {leg: self._sets.find(leg) for leg in legs}
        for tie in ties:
            self._sets.tie(tie)
        parts: dict[LegId, set[LegId]] = defaultdict(set)
        for leg, root in before.items():
            parts[self._sets.find(leg)].add(root)
        await recording.assign({leg: self._sets.find(leg) for leg in fresh})
        merged = {old: root for root, olds in parts.items() for old in olds - fresh if old != root}
        if merged:
            await recording.merge(merged)
        for root, olds in parts.items():
            self._combine(root, olds, fresh)
        return set(merged)

    async def _learn(self, recording: Recording, legs: Collection[LegId]) -> set[LegId]:
        """Read where legs belong that are not in memory. Returns those that nobody has heard of yet."""
        missing = {leg for leg in legs if leg not in self._sets}
        known = await recording.roots(missing) if missing else {}
        for leg, root in known.items():
            self._sets.adopt(leg, root)
        return missing - known.keys()

    def _combine(self, root: LegId, parts: set[LegId], fresh: set[LegId]) -> None:
        """The events in memory of calls that are one now; where some are only in the store, all are read again."""
        complete = all(part in self._events or part in fresh for part in parts)
        events = [event for part in sorted(parts) for event in self._events.pop(part, ())]
        if complete:
            self._events[root] = events
        for part in parts - {root}:
            self._folded.pop(part, None)
        if parts <= fresh:
            self._folded[root] = _NOTHING_STORED

    async def _reopened(self, recording: Recording, new: Sequence[Event]) -> set[LegId]:
        """Calls that were open when the PBX started anew, or when it was asked who is there."""
        if self._surroundings is None:
            self._surroundings = Surroundings(await recording.last_snapshots(), await recording.restarts())
        until = self._surroundings.learn(new)
        if until is None:
            return set()
        return set(await self._roots_of(recording, await recording.open_calls(until)))

    async def _roots_of(self, recording: Recording, calls: Collection[LegId]) -> list[LegId]:
        """The names that calls go by, which were read from the store, in memory."""
        await self._learn(recording, calls)
        return [self._sets.find(call) for call in calls]

    async def _read(self, recording: Recording, roots: Iterable[LegId]) -> None:
        """Have all events of these calls in memory."""
        missing = [root for root in roots if root not in self._events]
        if missing:
            read = await recording.call_events(missing)
            self._events.update({root: read.get(root, []) for root in missing})
        for root in roots:
            self._events.move_to_end(root)

    def _fold(self, roots: Iterable[LegId]) -> dict[LegId, FoldedCall]:
        around = self._surroundings or NOWHERE
        return {root: fold_call(self._pbx, root, self._events[root], around) for root in roots}

    async def _join_halves(self, recording: Recording, folded: dict[LegId, FoldedCall]) -> set[LegId]:
        """Two calls whose loose ends fit may hold one visit under two ids: fold them as one. Returns what is no
        more."""
        retired: set[LegId] = set()
        while True:
            pairs = fitting_ends({root: call.loose_ends for root, call in folded.items()})
            pairs += await self._stored_counterparts(recording, folded)
            apart = [pair for pair in pairs if self._sets.find(pair[0]) != self._sets.find(pair[1])]
            if not apart:
                return retired
            retired |= await self._tie(recording, apart)
            roots = {self._sets.find(root) for pair in apart for root in pair}
            for root in [root for root in folded if self._sets.find(root) != root]:
                del folded[root]
            await self._read(recording, roots)
            folded.update(self._fold(roots))

    async def _stored_counterparts(
        self, recording: Recording, folded: Mapping[LegId, FoldedCall]
    ) -> list[tuple[LegId, LegId]]:
        """Calls not in hand with a loose end that fits one in hand."""
        ends = [end for call in folded.values() for end in call.loose_ends]
        others = await recording.loose_counterparts(ends) if ends else {}
        return [
            (root, other)
            for root, call in folded.items()
            for other, loose in others.items()
            if fitting_ends({root: call.loose_ends, other: loose})
        ]

    def _evict(self) -> None:
        while len(self._events) > KEPT_CALLS:
            root, events = self._events.popitem(last=False)
            self._folded.pop(root, None)
            self._sets.drop({leg for event in events for leg in legs_of(event)})


def _named(call: FoldedCall, directory: Directory) -> FoldedCall:
    """Give members the name of the person: those that a source knew by interface alone, and those of whom people said
    who it was."""
    if not directory.assignments and all(member.name is not None for member in _members(call)):
        return call
    visits = tuple(
        replace(visit, member=_member(visit.member, visit.answered_at or visit.entered_at, directory))
        if visit.member
        else visit
        for visit in call.visits
    )
    rings = tuple(replace(ring, member=_member(ring.member, ring.at, directory)) for ring in call.rings)
    return replace(call, visits=visits, rings=rings)


def _members(call: FoldedCall) -> Iterator[MemberRef]:
    yield from (visit.member for visit in call.visits if visit.member)
    yield from (ring.member for ring in call.rings)


def _member(member: MemberRef, at: datetime, directory: Directory) -> MemberRef:
    agent = directory.agent_of(member, at)
    return member if agent == member.agent else MemberRef(member.interface, agent)


def _marks(call: FoldedCall) -> Iterable[StaleMark]:
    for visit in call.visits:
        yield from marks_of_visit(visit)
    for ring in call.rings:
        yield from marks_of_ring(ring)
    for refusal in call.refusals:
        yield from refusal_marks(refusal.queue, refusal.at)


def marks_of_visit(visit: QueueVisit) -> Iterable[StaleMark]:
    """The intervals that a visit counts in."""
    agent = visit.member.agent if visit.member else None
    return visit_marks(visit.queue, agent, visit.entered_at, visit.answered_at, visit.ended_at)


def marks_of_ring(ring: RingAttempt) -> Iterable[StaleMark]:
    """The intervals that a ring attempt counts in."""
    return ring_marks(ring.queue, ring.member.agent, ring.at)
