"""The facts of one agent's day → spells.

`fold_day` is total (no input raises), deterministic, and indifferent to the order and repetition of its input.

* **Acts** (added, removed, paused, un-paused, logged in or off) decide. AMI and queue_log tell the same ones
  (`facts.py`). Within one whole second of queue_log the order of rows is not known: what changes the state is then
  taken first, so an un-pause comes before a pause while paused, and after it while not.
* **Sightings** (snapshots, phone states) say how things stand, and count only where no act within two seconds does:
  when our hearing began after the sign-in, or an act was lost in a gap. A stretch that began unheard begins when the
  PBX says it did (`signed_in_at`, `paused_at`), else at the first sighting. One that ended unheard lasts as long as it
  was attested.
* **A start of the PBX** ends what needs a call, the log-in to the agent pool, and nothing else: persistent members
  come back, with their pause, and no row says so. Memberships and pauses go on unless a later fact contradicts: an
  agent who is *added* after the start had not come back, and one who is seen *not paused* came back without the pause;
  both then ended at the start.
* A static or realtime membership is no sign-in, unless the site says so. A pause in one counts.
* A spell belongs to the day in which it ends; the state carries the open ones. Spells of a kind never overlap.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from callcenter.domain.agents.events import (
    AgentLoggedIn,
    AgentLoggedOff,
    MemberAdded,
    MemberPaused,
    MemberRemoved,
    MemberSeen,
    MemberStatusChanged,
    MemberUnpaused,
)
from callcenter.domain.agents.facts import TWIN_TOLERANCE, Facts, Moment, Sighting
from callcenter.domain.agents.spells import AgentSpell, AgentState, SpellKind
from callcenter.domain.agents.stretches import Stretch, one_after_the_other
from callcenter.domain.agents.tracks import QueueTrack
from callcenter.domain.event import Event
from callcenter.domain.ids import AgentId, PbxId, QueueName

_POOL = QueueName("")
"""The agent pool is no queue; its name only has to sort somewhere."""


def fold_day(
    agent: AgentId,
    pbx: PbxId,
    state: AgentState,
    events: Iterable[Event],
    restarts: Iterable[datetime] = (),
    *,
    static_signed_in: bool = False,
) -> tuple[AgentState, list[AgentSpell]]:
    """What is open after the day, and the spells that ended in it, in order of their ends.

    ``events`` are the agent's own (`Directory.agent_of` says whose a fact is); others of any type change nothing.
    ``restarts`` are starts of the PBX up to the end of the day that the state does not know of; PbxStarted among the
    events says the same.
    """
    facts = Facts(events, restarts)
    day = _Day(state, facts, static_signed_in)
    for moment in facts:
        day.take(moment)
    return day.close(agent, pbx)


class _Day:
    """The agent in all queues while a day's facts are gone through."""

    def __init__(self, state: AgentState, facts: Facts, static_signed_in: bool) -> None:
        self._before = state
        self._facts = facts
        self._counting = {"dynamic", "static", "realtime"} if static_signed_in else {"dynamic"}
        self._restarted_at = state.restarted_at
        self._tracks = {queue: _carried(queue, state) for queue in {*state.member_of, *state.paused_in}}
        self._pool = QueueTrack(_POOL, member_since=state.pool_since)

    def take(self, moment: Moment) -> None:
        if moment.restarted:
            self._restarted_at = max(moment.at, self._restarted_at or moment.at)
            if self._pool.member_since is not None and self._pool.member_since < moment.at:
                self._pool.leave(moment.at)
        for event in sorted(moment.events, key=self._rank):
            self._apply(event)

    def _track(self, queue: QueueName) -> QueueTrack:
        return self._tracks.setdefault(queue, QueueTrack(queue))

    def _rank(self, event: Event) -> tuple[int, bytes]:
        """The order of what one instant holds: see the head of this module."""
        track = self._track(event.queue) if isinstance(event, (MemberAdded, MemberRemoved)) else None
        match event:
            case MemberAdded():
                place = 5 if track and track.member_since else 1
            case MemberRemoved():
                place = 4
            case MemberPaused():
                place = 3
            case MemberUnpaused():
                place = 2 if self._track(event.queue).paused_since else 4
            case AgentLoggedIn():
                place = 5 if self._pool.member_since else 1
            case AgentLoggedOff():
                place = 4
            case _:
                place = 6
        return place, event.event_id

    def _apply(self, event: Event) -> None:
        at = event.occurred_at
        match event:
            case MemberAdded():
                self._added(event)
            case MemberRemoved(queue=queue):
                self._track(queue).leave(at)
            case MemberPaused(queue=queue, reason=reason):
                self._track(queue).pause(at, reason)
                self._track(queue).seen_at = at
            case MemberUnpaused(queue=queue):
                self._track(queue).resume(at)
                self._track(queue).seen_at = at
            case MemberSeen() | MemberStatusChanged():
                self._sighted(event)
            case AgentLoggedIn() if self._pool.member_since is None:
                self._pool.join(at, None)
            case AgentLoggedOff():
                self._pool.leave(at)

    def _added(self, event: MemberAdded) -> None:
        track, at = self._track(event.queue), event.occurred_at
        if event.membership is None or event.membership in self._counting:
            track.join(at, self._restarted_at)
        if event.paused:
            track.pause(at, event.reason)
        elif event.paused is False:
            track.lost_resume(at, self._restarted_at)
        track.seen_at = at

    def _sighted(self, event: Sighting) -> None:
        track, at = self._track(event.queue), event.occurred_at
        if event.membership is not None and not self._facts.membership_disputed(event.queue, at):
            self._membership_sighted(track, event)
        if not self._facts.pause_disputed(event.queue, at):
            self._pause_sighted(track, event)
        track.seen_at = at

    def _membership_sighted(self, track: QueueTrack, event: Sighting) -> None:
        at = event.occurred_at
        if event.membership not in self._counting:
            if track.member_since is not None:
                track.lost_leave(at, self._restarted_at)
            return
        told = event.signed_in_at if isinstance(event, MemberSeen) else None
        if track.member_since is None:
            track.member_since = _began(told, at, self._facts.last_membership_act(track.queue, at))
        elif told is not None and told <= at and track.rejoined(told, self._restarted_at):
            track.join(told, self._restarted_at)

    def _pause_sighted(self, track: QueueTrack, event: Sighting) -> None:
        at = event.occurred_at
        if not event.paused:
            track.lost_resume(at, self._restarted_at)
            return
        told = event.paused_at if isinstance(event, MemberSeen) else None
        began = _began(told, at, self._facts.last_pause_act(track.queue, at))
        if track.paused_since is None:
            track.pause(began, event.reason)
        elif event.reason and event.reason != track.reason:
            track.pause(began if told and began > track.paused_since else at, event.reason)

    def close(self, agent: AgentId, pbx: PbxId) -> tuple[AgentState, list[AgentSpell]]:
        before, tracks = self._before, self._tracks.values()
        signed_in = [s for track in (*tracks, self._pool) for s in track.all_memberships()]
        signed_in += _carry(before.signed_in_since, [*before.member_of.values(), before.pool_since])
        paused = [s for track in tracks for s in track.all_pauses()]
        paused += _carry(before.paused_since, before.paused_in.values(), before.reason)
        in_spells = one_after_the_other(signed_in, before.signed_in_until)
        pause_spells = one_after_the_other(paused, before.paused_until)
        spells = _closed(agent, pbx, SpellKind.SIGNED_IN, in_spells) + _closed(
            agent, pbx, SpellKind.PAUSED, pause_spells
        )
        return self._state(in_spells, pause_spells), sorted(spells, key=lambda s: (s.ended_at, s.kind, s.started_at))

    def _state(self, signed_in: list[Stretch], paused: list[Stretch]) -> AgentState:
        lasting = {track.queue: track for track in self._tracks.values() if track.lasts}
        open_pause = next((stretch for stretch in paused if stretch.end is None), None)
        return AgentState(
            member_of=_known({queue: track.member_since for queue, track in lasting.items()}),
            paused_in=_known({queue: track.paused_since for queue, track in lasting.items()}),
            pause_reasons={queue: track.reason for queue, track in lasting.items() if track.reason},
            seen_at=_known({queue: track.seen_at for queue, track in lasting.items()}),
            pool_since=self._pool.member_since,
            signed_in_since=next((stretch.start for stretch in signed_in if stretch.end is None), None),
            signed_in_until=_last_end(signed_in, self._before.signed_in_until),
            paused_since=open_pause.start if open_pause else None,
            paused_until=_last_end(paused, self._before.paused_until),
            reason=open_pause.reason if open_pause else None,
            restarted_at=self._restarted_at,
        )


def _carried(queue: QueueName, state: AgentState) -> QueueTrack:
    return QueueTrack(
        queue,
        member_since=state.member_of.get(queue),
        paused_since=state.paused_in.get(queue),
        reason=state.pause_reasons.get(queue),
        seen_at=state.seen_at.get(queue),
    )


def _carry(since: datetime | None, open_since: Iterable[datetime | None], reason: str | None = None) -> list[Stretch]:
    """The part of an open spell that rests on stretches that ended on an earlier day."""
    latest = max((at for at in open_since if at is not None), default=None)
    return [Stretch(since, latest, reason)] if since is not None and latest is not None and since < latest else []


def _began(told: datetime | None, seen_at: datetime, last_act: datetime | None) -> datetime:
    """When that which is seen began: as told, in whole seconds, but after the last act and not after it was seen."""
    if told is None or (last_act is not None and told < last_act - TWIN_TOLERANCE):
        return seen_at
    return min(seen_at, told if last_act is None else max(told, last_act))


def _closed(agent: AgentId, pbx: PbxId, kind: SpellKind, stretches: Iterable[Stretch]) -> list[AgentSpell]:
    return [
        AgentSpell(pbx=pbx, agent=agent, kind=kind, started_at=s.start, ended_at=s.end, reason=s.reason)
        for s in stretches
        if s.end is not None
    ]


def _last_end(stretches: Iterable[Stretch], before: datetime | None) -> datetime | None:
    ends = [stretch.end for stretch in stretches if stretch.end is not None]
    return max([*ends, *([before] if before else [])], default=None)


def _known(instants: Mapping[QueueName, datetime | None]) -> dict[QueueName, datetime]:
    return {queue: at for queue, at in sorted(instants.items()) if at is not None}
