"""Spells: one agent's stay in one state.

Two kinds overlap freely: *signed in* (a dynamic member of at least one queue, or logged in to the agent pool) and
*paused* (not ready in at least one queue, with the reason last given). Conversations are no spells: they are in the
visits.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from callcenter.domain.ids import AgentId, PbxId, QueueName


class SpellKind(StrEnum):
    """The states that make spells."""

    SIGNED_IN = "signed_in"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSpell:
    """One agent's stay in one state, half-open; ``ended_at`` is None while it lasts. ``reason`` is that of a pause."""

    pbx: PbxId
    agent: AgentId
    kind: SpellKind
    started_at: datetime
    ended_at: datetime | None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentState:
    """What is open for an agent at the end of a day's events: the fold of the next day begins here.

    ``member_of`` maps each queue of a dynamic membership to its beginning; ``paused_in`` each queue to the beginning of
    its pause with its present reason, which is in ``pause_reasons`` unless none was given. ``seen_at`` is when the
    membership or pause in a queue was last attested: how long it lasted for certain, should its end not be heard.
    ``signed_in_since`` and ``paused_since`` are the open spells' own beginnings, ``reason`` is that of the pause;
    ``signed_in_until`` and ``paused_until`` are the ends of the last closed ones. ``restarted_at`` is the last start of
    the PBX.
    """

    member_of: Mapping[QueueName, datetime] = field(default_factory=dict)
    paused_in: Mapping[QueueName, datetime] = field(default_factory=dict)
    pause_reasons: Mapping[QueueName, str] = field(default_factory=dict)
    seen_at: Mapping[QueueName, datetime] = field(default_factory=dict)
    pool_since: datetime | None = None
    signed_in_since: datetime | None = None
    signed_in_until: datetime | None = None
    paused_since: datetime | None = None
    paused_until: datetime | None = None
    reason: str | None = None
    restarted_at: datetime | None = None


def open_spells(pbx: PbxId, agent: AgentId, state: AgentState) -> list[AgentSpell]:
    """The spells that are still open in a state."""
    begun = [
        (SpellKind.SIGNED_IN, state.signed_in_since, None),
        (SpellKind.PAUSED, state.paused_since, state.reason),
    ]
    return [
        AgentSpell(pbx=pbx, agent=agent, kind=kind, started_at=since, ended_at=None, reason=reason)
        for kind, since, reason in begun
        if since is not None
    ]
