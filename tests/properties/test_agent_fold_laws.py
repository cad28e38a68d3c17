"""Laws of the agent fold: total, the same for any order and repetition, and true to what happened whoever tells it."""

import math
import random
from dataclasses import dataclass, replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from callcenter.domain.agents.fold import fold_day
from callcenter.domain.agents.spells import AgentSpell, AgentState, SpellKind, open_spells
from callcenter.domain.event import Event
from callcenter.domain.ids import Source
from tests.support.agents import ALICE, PBX, Told, at, seconds_of

QUEUES = ("sales", "support", "vip")
STATIC = "desk"
"""A queue of which the agent is a static member: no act says so, pauses count."""

REASONS = (None, "lunch", "meeting")


# --- anything at all ---

instants = st.integers(0, 4000).map(lambda quarter: quarter / 4)
memberships = st.sampled_from(("dynamic", "static", None))


@st.composite
def any_event(draw: st.DrawFn) -> tuple[Source, str, tuple[object, ...], dict[str, object]]:
    source = draw(st.sampled_from((Source.AMI, Source.QUEUE_LOG)))
    kind = draw(
        st.sampled_from(("added", "removed", "paused", "unpaused", "seen", "status", "logged_in", "logged_off"))
    )
    seconds = draw(instants)
    if source is Source.QUEUE_LOG:
        seconds = math.floor(seconds)
    if kind.startswith("logged"):
        return source, kind, (seconds,), {}
    more: dict[str, object] = {}
    if kind == "paused":
        more["reason"] = draw(st.sampled_from(REASONS))
    if kind == "added":
        more["paused"] = draw(st.sampled_from((None, True, False)))
    if kind in ("seen", "status"):
        more = {
            "paused": draw(st.booleans()),
            "reason": draw(st.sampled_from(REASONS)),
            "membership": draw(memberships),
        }
    if kind == "seen":
        more["signed_in_at"] = draw(st.none() | instants.map(at))
        more["paused_at"] = draw(st.none() | instants.map(at))
    return source, kind, (seconds, draw(st.sampled_from(QUEUES))), more


@st.composite
def any_events(draw: st.DrawFn) -> list[Event]:
    tellers = {source: Told(source) for source in Source}
    told = draw(st.lists(any_event(), max_size=25))
    return [getattr(tellers[source], kind)(*words, **more) for source, kind, words, more in told]


restarts = st.lists(instants.map(at), max_size=2)


@given(any_events(), restarts, st.booleans(), st.randoms(use_true_random=False))
def test_order_and_repetition_change_nothing(
    events: list[Event], starts: list[object], static: bool, chance: random.Random
) -> None:
    again = events + chance.choices(events, k=len(events)) if events else []
    chance.shuffle(again)
    told = fold_day(ALICE, PBX, AgentState(), events, starts, static_signed_in=static)  # type: ignore[arg-type]
    assert told == fold_day(ALICE, PBX, AgentState(), again, starts[::-1], static_signed_in=static)  # type: ignore[arg-type]


@given(any_events(), any_events(), restarts)
def test_spells_of_a_kind_follow_each_other(first: list[Event], second: list[Event], starts: list[object]) -> None:
    """Whatever was told, on one day or the next: no spell is empty, none overlaps another, the open one comes last."""
    state, spells = fold_day(ALICE, PBX, AgentState(), first, starts)  # type: ignore[arg-type]
    state, more = fold_day(ALICE, PBX, state, second)
    for kind in SpellKind:
        chosen = [spell for spell in spells + more if spell.kind is kind]
        chosen.sort(key=lambda spell: spell.started_at)
        chosen += [spell for spell in open_spells(PBX, ALICE, state) if spell.kind is kind]
        assert all(spell.ended_at is None or spell.started_at < spell.ended_at for spell in chosen)
        assert all(one.ended_at and one.ended_at <= next_one.started_at for one, next_one in pairwise(chosen))


# --- what really happened ---


@dataclass(frozen=True)
class Act:
    seconds: float
    kind: str
    queue: str
    reason: str | None = None


@st.composite
def histories(draw: st.DrawFn, longest: int = 14) -> list[Act]:
    """Acts of one agent that make sense, at least five seconds apart, at odd fractions of a second."""
    member: set[str] = set()
    paused: dict[str, str | None] = {}
    seconds = 0.0
    acts = []
    for _ in range(draw(st.integers(0, longest))):
        seconds += draw(st.integers(5_000, 90_000)) / 1000 + 0.000_137
        queue = draw(st.sampled_from((*QUEUES, STATIC)))
        kinds = ["removed", "paused"] if queue in member else ["added"]
        kinds = ["paused"] if queue == STATIC else kinds
        kinds += ["unpaused"] if queue in paused else []
        kind = draw(st.sampled_from(kinds))
        reason = (
            draw(st.sampled_from([r for r in ("lunch", "meeting") if r != paused.get(queue)]))
            if kind == "paused"
            else None
        )
        acts.append(Act(round(seconds, 6), kind, queue, reason))
        if kind == "added":
            member.add(queue)
        if kind == "removed":
            member.discard(queue)
        if kind == "paused":
            paused[queue] = reason
        if kind in ("removed", "unpaused"):
            paused.pop(queue, None)
    return acts


def tell(teller: Told, acts: list[Act], whole: bool = False) -> list[Event]:
    events: list[Event] = []
    for act in acts:
        seconds = math.floor(act.seconds) if whole else act.seconds
        words = (seconds, act.queue, act.reason) if act.kind == "paused" else (seconds, act.queue)
        events.append(getattr(teller, act.kind)(*words))
    return events


def signed_in_truth(acts: list[Act]) -> list[tuple[float, float]]:
    """Read off the history alone, without any of the fold's ideas."""
    member: set[str] = set()
    spells, since = [], 0.0
    for act in acts:
        before = bool(member)
        if act.kind == "added":
            member.add(act.queue)
        if act.kind == "removed":
            member.discard(act.queue)
        if not before and member:
            since = act.seconds
        if before and not member:
            spells.append((since, act.seconds))
    return spells


def paused_truth(acts: list[Act]) -> list[tuple[float, float, str | None]]:
    """The reason given last among the queues still paused; a new spell when it changes."""
    paused: dict[str, str | None] = {}
    spells, since, reason = [], 0.0, None
    for act in acts:
        before = bool(paused)
        if act.kind in ("paused", "unpaused", "removed"):
            paused.pop(act.queue, None)
        if act.kind == "paused":
            paused[act.queue] = act.reason
        now = next(reversed(paused.values()), None)
        if before and (not paused or now != reason):
            spells.append((since, act.seconds, reason))
        if paused and (not before or now != reason):
            since = act.seconds
        reason = now
    return spells


def of_kind(spells: list[AgentSpell], kind: SpellKind) -> list[AgentSpell]:
    return sorted((spell for spell in spells if spell.kind is kind), key=lambda spell: spell.started_at)


@given(histories())
def test_ami_alone_tells_the_truth(acts: list[Act]) -> None:
    _, spells = fold_day(ALICE, PBX, AgentState(), tell(Told(Source.AMI), acts))
    signed_in = [(seconds_of(s.started_at), seconds_of(s.ended_at)) for s in of_kind(spells, SpellKind.SIGNED_IN)]
    paused = [(seconds_of(s.started_at), seconds_of(s.ended_at), s.reason) for s in of_kind(spells, SpellKind.PAUSED)]
    assert signed_in == signed_in_truth(acts)
    assert paused == paused_truth(acts)


@given(histories())
def test_the_log_alone_tells_it_in_whole_seconds(acts: list[Act]) -> None:
    cut = [replace(act, seconds=math.floor(act.seconds)) for act in acts]
    _, spells = fold_day(ALICE, PBX, AgentState(), tell(Told(Source.QUEUE_LOG), acts, whole=True))
    signed_in = [(seconds_of(s.started_at), seconds_of(s.ended_at)) for s in of_kind(spells, SpellKind.SIGNED_IN)]
    paused = [(seconds_of(s.started_at), seconds_of(s.ended_at), s.reason) for s in of_kind(spells, SpellKind.PAUSED)]
    assert signed_in == signed_in_truth(cut)
    assert paused == paused_truth(cut)


@given(histories(), st.sets(st.integers(0, 13)))
def test_the_log_adds_nothing_to_what_ami_told_and_fills_what_it_missed(acts: list[Act], missed: set[int]) -> None:
    told, rows = tell(Told(Source.AMI), acts), tell(Told(Source.QUEUE_LOG), acts, whole=True)
    alone = fold_day(ALICE, PBX, AgentState(), told)
    assert fold_day(ALICE, PBX, AgentState(), told + rows) == alone
    heard = [event for place, event in enumerate(told) if place not in missed]
    _, filled = fold_day(ALICE, PBX, AgentState(), heard + rows)
    for kind in SpellKind:
        one, other = of_kind(alone[1], kind), of_kind(filled, kind)
        assert [spell.reason for spell in one] == [spell.reason for spell in other]
        for a, b in zip(one, other, strict=True):
            assert a.ended_at is not None
            assert b.ended_at is not None
            assert abs((a.started_at - b.started_at).total_seconds()) < 1
            assert abs((a.ended_at - b.ended_at).total_seconds()) < 1


@given(histories(), st.lists(st.integers(0, 900_000), max_size=12), st.sampled_from((*QUEUES, STATIC)))
def test_sightings_of_what_was_told_anyway_move_nothing(acts: list[Act], times: list[int], queue: str) -> None:
    ami = Told(Source.AMI)
    told = tell(ami, acts)
    seen = [
        sighting for n, time in enumerate(times) if (sighting := _sighting(ami, acts, time / 1000, queue, n % 2 == 0))
    ]
    assert fold_day(ALICE, PBX, AgentState(), told + seen)[1] == fold_day(ALICE, PBX, AgentState(), told)[1]


def _sighting(ami: Told, acts: list[Act], seconds: float, queue: str, snapshot: bool) -> Event | None:
    """The queue's member as the PBX shows it then; None where the agent is no member."""
    past = [act for act in acts if act.queue == queue and act.seconds <= seconds]
    last_membership = next((act for act in reversed(past) if act.kind in ("added", "removed")), None)
    joined = last_membership.seconds if last_membership and last_membership.kind == "added" else None
    if joined is None and queue != STATIC:
        return None
    last = next((act for act in reversed(past) if act.kind != "added"), None)
    paused = last is not None and last.kind == "paused"
    shown: dict[str, object] = {"paused": paused, "reason": last.reason if last and paused else None}
    shown["membership"] = "static" if queue == STATIC else "dynamic"
    if not snapshot:
        return ami.status(seconds, queue, **shown)
    paused_at = at(math.floor(last.seconds)) if last and paused else None
    return ami.seen(seconds, queue, signed_in_at=at(math.floor(joined or 0)), paused_at=paused_at, **shown)


@given(histories(), st.integers(0, 14), st.booleans())
def test_cutting_into_days_changes_nothing(acts: list[Act], place: int, whole: bool) -> None:
    told = tell(Told(Source.QUEUE_LOG if whole else Source.AMI), acts, whole)
    state, spells = fold_day(ALICE, PBX, AgentState(), told)
    evening, first = fold_day(ALICE, PBX, AgentState(), told[:place])
    night, second = fold_day(ALICE, PBX, evening, told[place:])
    assert night == state
    assert first + second == spells
