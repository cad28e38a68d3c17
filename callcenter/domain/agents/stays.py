"""Who sat at one interface, one after the other.

A sighting is a fact that tells an interface and a name together. Of all sightings only those are kept at which the name
changes: the first and the last of each stay. What is kept follows from the set of sightings alone, whatever the order
in which they were learnt; where a late one falls into the stay of somebody else, the two sightings around it are asked
for again.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby

from callcenter.domain.agents.events import (
    MemberAdded,
    MemberPaused,
    MemberPenaltySet,
    MemberRemoved,
    MemberSeen,
    MemberUnpaused,
)
from callcenter.domain.event import Event
from callcenter.domain.ids import MemberRef

SHOWING = (MemberAdded, MemberRemoved, MemberPaused, MemberUnpaused, MemberPenaltySet, MemberSeen)
"""What counts as a sighting. Phone states and calls do not: at each ring they tell what these have told before."""


@dataclass(frozen=True, slots=True)
class Stay:
    """One name at an interface, from its first sighting to its last before another name's; None for the last stay."""

    name: str
    began_at: datetime
    ended_at: datetime | None

    @property
    def place(self) -> tuple[datetime, str]:
        """Where it is in order; of two at one instant the names decide."""
        return self.began_at, self.name


@dataclass(frozen=True, slots=True)
class Change:
    """What a sighting changed: these stays are in the place of those; from ``since`` on (None: from the beginning)
    facts that told no name may be about somebody else, out of ``names``."""

    gone: tuple[Stay, ...]
    come: tuple[Stay, ...]
    since: datetime | None
    names: frozenset[str]


def sighted_in(event: Event) -> MemberRef | None:
    """The member, if the fact tells its interface and name."""
    member = event.member if isinstance(event, SHOWING) else None
    return member if member is not None and member.interface and member.name else None


def stays_of(sightings: Iterable[tuple[datetime, str]]) -> list[Stay]:
    """The stays that follow from all sightings, (instant, name), of one interface."""
    stays: list[Stay] = []
    for name, group in groupby(sorted(set(sightings)), key=lambda sighting: sighting[1]):
        instants = [at for at, _ in group]
        stays.append(Stay(name, instants[0], instants[-1]))
    return [*stays[:-1], *(replace(stay, ended_at=None) for stay in stays[-1:])]


def is_known(stays: Sequence[Stay], name: str, at: datetime) -> bool:
    """Whether a sighting lies in a stay of this name."""
    stay = stay_before(stays, name, at)
    return stay is not None and stay.name == name and (stay.ended_at is None or at <= stay.ended_at)


def stay_before(stays: Sequence[Stay], name: str, at: datetime) -> Stay | None:
    """The last stay that began before a sighting, or with it."""
    index = bisect_right(stays, (at, name), key=_place)
    return stays[index - 1] if index else None


def with_sighting(
    stays: Sequence[Stay], name: str, at: datetime, last: datetime | None, following: datetime | None
) -> list[Stay]:
    """The stays with one sighting more, which `is_known` does not know.

    ``last`` and ``following`` are the sightings around it of the name that `stay_before` gives.
    """
    index = bisect_right(stays, (at, name), key=_place)
    before, after = list(stays[: max(0, index - 1)]), list(stays[index:])
    here = stays[index - 1] if index else None
    if here is not None and here.name == name:
        return [*before, replace(here, ended_at=at), *after]
    left = [] if here is None else [replace(here, ended_at=last)]
    if here is not None and following is not None and (not after or (following, here.name) < after[0].place):
        return [*before, *left, Stay(name, at, at), Stay(here.name, following, here.ended_at), *after]
    if after and after[0].name == name:
        return [*before, *left, replace(after[0], began_at=at), *after[1:]]
    return [*before, *left, Stay(name, at, at if after else None), *after]


def change(interface: str, before: Sequence[Stay], after: Sequence[Stay]) -> Change:
    """What is different about the stays at an interface."""
    shorter = min(len(before), len(after))
    same = next((n for n in range(shorter) if before[n] != after[n]), shorter)
    end = next((n for n in range(shorter - same) if before[-1 - n] != after[-1 - n]), shorter - same)
    gone, come = tuple(before[same : len(before) - end]), tuple(after[same : len(after) - end])
    beside = (*after[:same][-1:], *after[len(after) - end :][:1])
    names = {stay.name for stay in (*gone, *come, *beside)}
    return Change(gone, come, _since(after[:same], gone, come), frozenset(names if before else {*names, interface}))


def _since(same: Sequence[Stay], gone: Sequence[Stay], come: Sequence[Stay]) -> datetime | None:
    """From when on a fact may be somebody else's: from the end of what stays as it was."""
    if gone and come and gone[0].place == come[0].place:
        return min(stay.ended_at for stay in (gone[0], come[0]) if stay.ended_at is not None)
    return same[-1].ended_at if same else None


def _place(stay: Stay) -> tuple[datetime, str]:
    return stay.place
