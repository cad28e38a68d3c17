"""The floor of all PBXs as this process knows it: a pure fold of the live feeds' snapshots and deltas.

Queues and agents are kept as ready JSON, keyed by "pbx/name", together with when each last changed. So one question
serves everything: *what changed since this position?* gives the next delta for everybody, and the way back for a
browser that was away. A position is a vector of one feed id per PBX; ids are opaque and known only as far back as this
process has seen them, and whoever comes with an older one gets a snapshot. Nothing here awaits: what is read is whole.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from callcenter.domain.errors import BadEventField
from callcenter.domain.ids import PbxId
from callcenter.domain.masking import mask_number

Key = tuple[str, str]
"""(part, "pbx/name") of one queue or agent; the part is QUEUES or AGENTS."""

QUEUES, AGENTS = "queues", "agents"
PARTS = (QUEUES, AGENTS)
SNAPSHOT = "snapshot"
REMEMBERED_IDS = 10_000

_encode = msgspec.json.Encoder().encode


class FeedState(StrEnum):
    """How well a PBX is heard: as it should be, not for a while, not at all, or not yet."""

    LIVE = "live"
    STALE = "stale"
    LOST = "lost"
    STARTING = "starting"


class PbxTold(msgspec.Struct, frozen=True):
    """What the live worker says of a PBX itself."""

    state: FeedState
    last_event_at: datetime | None = None
    clock_offset_seconds: float = 0.0


class _Body(msgspec.Struct):
    """A snapshot or a delta as the live worker publishes it."""

    as_of: datetime
    pbx: PbxTold
    queues: dict[str, dict[str, Any] | None] = {}
    agents: dict[str, dict[str, Any] | None] = {}


_decode = msgspec.json.Decoder(_Body).decode


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed between two positions: whole objects as JSON, None for what is gone."""

    queues: Mapping[str, bytes | None]
    agents: Mapping[str, bytes | None]

    def __bool__(self) -> bool:
        return bool(self.queues or self.agents)


@dataclass(slots=True)
class Floor:
    """One PBX's part of the picture.

    ``told_at`` is when the live worker last spoke. ``ordinals`` numbers the feed ids seen; ``changed`` says at which
    number each object last changed, in that order.
    """

    pbx: PbxId
    told: PbxTold | None = None
    told_at: datetime | None = None
    position: str | None = None
    objects: dict[Key, bytes] = field(default_factory=dict)
    changed: dict[Key, int] = field(default_factory=dict)
    ordinals: dict[str, int] = field(default_factory=dict)
    last: int = 0

    def apply(self, entry_id: str, kind: str, data: bytes) -> None:
        """Take in one entry of the feed; a delta before any snapshot counts for nothing. Raises BadEventField."""
        try:
            body = _decode(data)
        except msgspec.DecodeError as error:
            raise BadEventField(f"live.{kind}", str(error)) from error
        if kind != SNAPSHOT and self.position is None:
            return
        self._remember(entry_id)
        self.told, self.told_at = body.pbx, body.as_of
        told = dict(_objects(self.pbx, body))
        if kind == SNAPSHOT:
            told |= {key: None for key in self.objects if key not in told}
        for key, value in told.items():
            if self.objects.get(key) != value:
                self._change(key, value)

    def changed_since(self, position: str | None) -> dict[Key, bytes | None] | None:
        """What changed since the PBX's feed stood here; None if that is too long ago to say."""
        since = self.ordinals.get(position or "")
        if since is None:
            return None
        return {key: self.objects.get(key) for key, changed in self.changed.items() if changed > since}

    def _change(self, key: Key, value: bytes | None) -> None:
        # Taken out first, so that the order is that of the last change and forgetting can stop early.
        self.changed.pop(key, None)
        self.changed[key] = self.last
        if value is None:
            self.objects.pop(key, None)
        else:
            self.objects[key] = value

    def _remember(self, entry_id: str) -> None:
        self.last += 1
        self.position = entry_id
        self.ordinals[entry_id] = self.last
        if len(self.ordinals) > REMEMBERED_IDS:
            oldest = next(iter(self.ordinals))
            self._forget(self.ordinals.pop(oldest))

    def _forget(self, ordinal: int) -> None:
        """Changes up to here are older than any position that is still known."""
        while self.changed and self.changed[oldest := next(iter(self.changed))] <= ordinal:
            del self.changed[oldest]


class Picture:
    """The floors of all PBXs side by side. ``version`` grows with every entry taken in."""

    def __init__(self, pbxs: Iterable[PbxId]) -> None:
        self.floors = {pbx: Floor(pbx) for pbx in pbxs}
        self.version = 0

    def apply(self, pbx: PbxId, entry_id: str, kind: str, data: bytes) -> None:
        """Take in one entry of a PBX's feed. Raises BadEventField."""
        self.floors[pbx].apply(entry_id, kind, data)
        self.version += 1

    def position(self) -> dict[str, str]:
        """Where the picture stands in each feed that has told anything."""
        return {pbx: floor.position for pbx, floor in self.floors.items() if floor.position is not None}

    def changes_since(self, position: Mapping[str, str]) -> Changes | None:
        """What changed since a position; None if a snapshot is needed."""
        found: dict[str, dict[str, bytes | None]] = {QUEUES: {}, AGENTS: {}}
        for pbx, floor in self.floors.items():
            if floor.position is None or floor.position == position.get(pbx):
                continue
            changed = floor.changed_since(position.get(pbx))
            if changed is None:
                return None
            for (part, key), value in changed.items():
                found[part][key] = value
        return Changes(found[QUEUES], found[AGENTS])

    def part(self, part: str) -> dict[str, bytes]:
        """All queues, or all agents, as JSON by key."""
        return {key: value for floor in self.floors.values() for (p, key), value in floor.objects.items() if p == part}


def json_object(items: Mapping[str, bytes | None]) -> bytes:
    """A JSON object whose values are JSON already."""
    return b"{" + b",".join(_encode(key) + b":" + (value or b"null") for key, value in items.items()) + b"}"


def json_array(items: Iterable[bytes]) -> bytes:
    """A JSON array of what is JSON already."""
    return b"[" + b",".join(items) + b"]"


def _objects(pbx: PbxId, body: _Body) -> Iterable[tuple[Key, bytes | None]]:
    for name, queue in body.queues.items():
        yield (QUEUES, f"{pbx}/{name}"), None if queue is None else _queue(pbx, name, queue)
    for name, agent in body.agents.items():
        yield (AGENTS, f"{pbx}/{name}"), None if agent is None else _agent(pbx, name, agent)


def _queue(pbx: PbxId, name: str, queue: dict[str, Any]) -> bytes:
    waiting = [_masked(caller) for caller in queue.get("waiting", ())]
    return _encode({"pbx": pbx, "queue": name, "name": None, **queue, "waiting": waiting})


def _agent(pbx: PbxId, name: str, agent: dict[str, Any]) -> bytes:
    call = agent.get("call")
    return _encode({"pbx": pbx, "agent": name, "name": name, **agent, "call": _masked(call) if call else None})


def _masked(part: dict[str, Any]) -> dict[str, Any]:
    caller = part.get("caller")
    return {**part, "caller": mask_number(caller) if caller else None}
