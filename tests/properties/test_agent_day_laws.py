"""A day that facts arrive in is, at every moment, the fold of all of them: whatever was let go of is not missed."""

import random

from hypothesis import given
from hypothesis import strategies as st

from callcenter.domain.agents.day import AgentDay
from callcenter.domain.agents.fold import fold_day
from callcenter.domain.agents.spells import AgentState
from callcenter.domain.event import Event
from callcenter.domain.ids import Source
from tests.support.agents import ALICE, PBX, Told, at

QUEUES = ("sales", "vip")


@st.composite
def a_busy_day(draw: st.DrawFn) -> list[Event]:
    """Mostly phone states and snapshots, some acts; told by both sources, seconds to minutes apart."""
    ami, log = Told(Source.AMI), Told(Source.QUEUE_LOG)
    seconds, told = 0.0, list[Event]()
    for _ in range(draw(st.integers(1, 40))):
        seconds += draw(st.sampled_from((0.0, 0.001, 0.5, 1.0, 3.0, 20.0, 45.0, 130.0)))
        queue = draw(st.sampled_from(QUEUES))
        kind = draw(st.sampled_from(("status",) * 6 + ("seen",) * 3 + ("added", "removed", "paused", "unpaused")))
        if kind in ("status", "seen"):
            shown: dict[str, object] = {
                "membership": draw(st.sampled_from(("dynamic", "dynamic", "static", None))),
                "paused": draw(st.sampled_from((False, False, True))),
            }
            shown["reason"] = draw(st.sampled_from((None, "lunch"))) if shown["paused"] else None
            if kind == "seen":
                shown["signed_in_at"] = draw(st.none() | st.integers(0, int(seconds)).map(at))
            told.append(getattr(ami, kind)(seconds, queue, **shown))
            continue
        words = (queue, draw(st.sampled_from((None, "lunch")))) if kind == "paused" else (queue,)
        sources = draw(st.sampled_from(("ami", "log", "both")))
        if sources != "log":
            told.append(getattr(ami, kind)(seconds, *words))
        if sources != "ami":
            told.append(getattr(log, kind)(float(int(seconds)), *words))
    return told


@given(
    a_busy_day(), st.randoms(use_true_random=False), st.booleans(), st.lists(st.integers(0, 2000).map(at), max_size=1)
)
def test_it_is_always_the_fold_of_all_facts(
    told: list[Event], chance: random.Random, static: bool, starts: list[object]
) -> None:
    """Facts come in pieces of any size, in order but for some that are late; one that is too late has it made anew."""
    arriving = sorted(told, key=lambda e: e.occurred_at.timestamp() + chance.choice((0, 0, 0, 1, 2, 50, 400)))
    day = AgentDay(ALICE, PBX, AgentState(), static_signed_in=static)
    heard: list[Event] = []
    restarts: list[object] = []
    while arriving:
        size = chance.randint(1, 5)
        piece, arriving = arriving[:size], arriving[size:]
        heard += piece
        restarts = starts if chance.random() < 0.5 else restarts
        if not day.take(piece, restarts):  # type: ignore[arg-type]
            day = AgentDay(ALICE, PBX, AgentState(), static_signed_in=static)
            assert day.take(heard, restarts)  # type: ignore[arg-type]
        assert day.folded == fold_day(ALICE, PBX, AgentState(), heard, restarts, static_signed_in=static)  # type: ignore[arg-type]
