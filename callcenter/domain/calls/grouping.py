"""Which events belong to one call: those whose legs are tied together by any fact.

A call is named by the smallest of its legs, so that its name does not depend on the order in which the ties were heard.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from callcenter.domain.calls.legs import legs_of
from callcenter.domain.calls.visits import LOOSE_TOLERANCE, LooseEnd
from callcenter.domain.event import Event
from callcenter.domain.ids import LegId


class LegSets:
    """Disjoint sets of legs; a set is named by its smallest leg."""

    def __init__(self) -> None:
        self._parent: dict[LegId, LegId] = {}

    def __contains__(self, leg: LegId) -> bool:
        return leg in self._parent

    def adopt(self, leg: LegId, root: LegId) -> None:
        """A leg that is known to be in the set of this name."""
        self._parent.setdefault(root, root)
        if leg != root:
            self._parent[leg] = root

    def find(self, leg: LegId) -> LegId:
        """The name of the leg's set; a leg that is new becomes a set of its own."""
        parent = self._parent
        root = leg
        while (above := parent.setdefault(root, root)) != root:
            root = above
        while parent[leg] != root:
            parent[leg], leg = root, parent[leg]
        return root

    def tie(self, legs: Iterable[LegId]) -> LegId:
        """Put legs (at least one) into one set; returns its name."""
        roots = {self.find(leg) for leg in legs}
        smallest = min(roots)
        for root in roots:
            self._parent[root] = smallest
        return smallest

    def drop(self, legs: Iterable[LegId]) -> None:
        """Forget whole sets."""
        for leg in legs:
            self._parent.pop(leg, None)


def group(events: Iterable[Event]) -> dict[LegId, list[Event]]:
    """Events by call, those that name no leg left out."""
    told = [(event, legs) for event in events if (legs := legs_of(event))]
    sets = tied(legs for _, legs in told)
    calls: dict[LegId, list[Event]] = defaultdict(list)
    for event, legs in told:
        calls[sets.find(legs[0])].append(event)
    return dict(calls)


def tied(groups: Iterable[Collection[LegId]]) -> LegSets:
    """The sets that come of tying each group of legs; empty groups tie nothing."""
    sets = LegSets()
    for legs in groups:
        if legs:
            sets.tie(legs)
    return sets


def fitting_ends(ends: Mapping[LegId, Iterable[LooseEnd]]) -> list[tuple[LegId, LegId]]:
    """Pairs of calls with loose ends that may be two halves of one visit: same queue, counterparts, near in time."""
    flat = sorted(
        ((end.queue, end.at, end.kind, call) for call, loose in ends.items() for end in loose),
        key=lambda row: (row[0], row[1]),
    )
    pairs = []
    for i, (queue, at, kind, call) in enumerate(flat):
        for other_queue, other_at, other_kind, other in flat[i + 1 :]:
            if other_queue != queue or other_at - at > LOOSE_TOLERANCE:
                break
            if other_kind is kind.counterpart and other != call:
                pairs.append((call, other))
    return pairs
