"""A draw that is fair, repeatable and provable afterwards.

The candidates are put in the order of SHA-256(seed, visit_id), and the first N are drawn. Nobody can tell that order
before the visits exist, every candidate is as likely as any other, and whoever has the seed and the candidates gets the
same draw. A candidate that comes late takes at most one place: all others that were drawn stay, but for the last.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256

from callcenter.domain.calls.visits import QueueVisit
from callcenter.domain.ids import AgentId, PbxId


@dataclass(frozen=True, slots=True)
class Draw:
    """What was drawn for one agent and day, and what is needed to draw it again. ``population`` counts candidates."""

    seed: str
    population: int
    visit_ids: tuple[str, ...]

    def repeats_with(self, candidates: Collection[str]) -> bool:
        """Whether these candidates lead to this very draw: the proof that nobody picked."""
        return self == draw(candidates, self.seed, len(self.visit_ids))


def seed_of(site_seed: str, pbx: PbxId, day: date) -> str:
    """The seed of one PBX and day, from that of the site: recorded with each draw, and no secret."""
    return _digest(site_seed, pbx, day.isoformat()).hex()


def draw(candidates: Iterable[str], seed: str, size: int) -> Draw:
    """At most ``size`` of the candidates, each as likely as any other; their order of arrival does not matter.

    >>> draw(["a~sales~1", "b~sales~1", "c~sales~1"], "spring", 2).visit_ids
    ('c~sales~1', 'b~sales~1')
    """
    distinct = set(candidates)
    ordered = sorted(distinct, key=lambda visit_id: (_place(seed, visit_id), visit_id))
    return Draw(seed, len(distinct), tuple(ordered[: max(0, size)]))


def draw_day(visits: Iterable[QueueVisit], seed: str, per_agent: int) -> Mapping[AgentId, Draw]:
    """One draw per agent of the day's answered visits."""
    candidates: dict[AgentId, list[str]] = defaultdict(list)
    for visit in visits:
        if visit.member is not None:
            candidates[visit.member.agent].append(visit.visit_id)
    return {agent: draw(visit_ids, seed, per_agent) for agent, visit_ids in sorted(candidates.items())}


def _place(seed: str, visit_id: str) -> bytes:
    return _digest(seed, visit_id)


def _digest(*parts: str) -> bytes:
    # Ids are whatever the PBX sent; even halves of characters must not stop a draw.
    return sha256("\n".join(parts).encode("utf-8", "surrogatepass")).digest()
