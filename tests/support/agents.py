"""Facts about one agent, written shortly: seconds after a fixed morning, ids made from what is said."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TypeVar

from callcenter.domain.agents.events import (
    AgentLoggedIn,
    AgentLoggedOff,
    DeviceState,
    MemberAdded,
    MemberPaused,
    MemberRemoved,
    MemberSeen,
    MemberStatusChanged,
    MemberUnpaused,
)
from callcenter.domain.agents.fold import fold_day
from callcenter.domain.agents.spells import AgentSpell, AgentState, SpellKind
from callcenter.domain.event import Event
from callcenter.domain.ids import AgentId, EventId, MemberRef, PbxId, Source

E = TypeVar("E", bound=Event)

PBX = PbxId("lab")
ALICE = AgentId("Alice Martin")
MEMBER = MemberRef("PJSIP/1001", "Alice Martin")
MORNING = datetime(2026, 3, 2, 8, tzinfo=UTC)


def at(seconds: float) -> datetime:
    """An instant of the morning."""
    return MORNING + timedelta(seconds=seconds)


def seconds_of(instant: datetime | None) -> float | None:
    """The other way round."""
    return None if instant is None else (instant - MORNING).total_seconds()


class Told:
    """One source telling facts. The nth telling of the same words is another fact, as with the real sources."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._said: dict[str, int] = {}

    def added(self, seconds: float, queue: str, **more: object) -> MemberAdded:
        return self._fact(MemberAdded, seconds, queue=queue, **{"membership": "dynamic", **more})

    def removed(self, seconds: float, queue: str) -> MemberRemoved:
        return self._fact(MemberRemoved, seconds, queue=queue)

    def paused(self, seconds: float, queue: str, reason: str | None = None) -> MemberPaused:
        return self._fact(MemberPaused, seconds, queue=queue, reason=reason)

    def unpaused(self, seconds: float, queue: str) -> MemberUnpaused:
        return self._fact(MemberUnpaused, seconds, queue=queue)

    def seen(self, seconds: float, queue: str, **more: object) -> MemberSeen:
        given = {"membership": "dynamic", "status": DeviceState.NOT_IN_USE, **more}
        return self._fact(MemberSeen, seconds, queue=queue, **given)

    def status(self, seconds: float, queue: str, **more: object) -> MemberStatusChanged:
        given = {"membership": "dynamic", "status": DeviceState.IN_USE, **more}
        return self._fact(MemberStatusChanged, seconds, queue=queue, **given)

    def logged_in(self, seconds: float) -> AgentLoggedIn:
        return self._fact(AgentLoggedIn, seconds)

    def logged_off(self, seconds: float) -> AgentLoggedOff:
        return self._fact(AgentLoggedOff, seconds)

    def _fact(self, kind: type[E], seconds: float, **more: object) -> E:
        words = f"{self._source} {kind.TYPE} {seconds} {sorted(more.items())}"
        self._said[words] = ordinal = self._said.get(words, 0) + 1
        event_id = EventId(sha256(f"{words} {ordinal}".encode()).digest()[:16])
        member = MemberRef(name=ALICE) if self._source is Source.QUEUE_LOG else MEMBER
        head = {"event_id": event_id, "occurred_at": at(seconds), "pbx": PBX, "source": self._source, "member": member}
        return kind(**head, **more)  # type: ignore[arg-type]


def spells_of(events: Iterable[Event], state: AgentState | None = None, **rules: object) -> list[AgentSpell]:
    """The closed spells of a day."""
    return fold_day(ALICE, PBX, state or AgentState(), events, **rules)[1]  # type: ignore[arg-type]


def plain(spells: Iterable[AgentSpell], kind: SpellKind) -> list[tuple[float | None, float | None, str | None]]:
    """Spells of a kind as (from, to, reason), in seconds of the morning."""
    chosen = [spell for spell in spells if spell.kind is kind]
    return [
        (seconds_of(s.started_at), seconds_of(s.ended_at), s.reason) for s in sorted(chosen, key=lambda s: s.started_at)
    ]


def signed_in(spells: Iterable[AgentSpell]) -> list[tuple[float | None, float | None]]:
    """Sign-ins as (from, to)."""
    return [(start, end) for start, end, _ in plain(spells, SpellKind.SIGNED_IN)]


def paused(spells: Iterable[AgentSpell]) -> list[tuple[float | None, float | None, str | None]]:
    """Pauses as (from, to, reason)."""
    return plain(spells, SpellKind.PAUSED)
