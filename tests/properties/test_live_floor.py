"""Laws of the floor: deltas lead to what a reload shows, counts add up, repetition is harmless; and on recorded days
the floor shows exactly those waiting and talking who by the fold were."""

import json
import random
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.bootstrap.recorded import AMI
from callcenter.codec import event_types
from callcenter.domain.calls.visits import QueueVisit
from callcenter.domain.event import Event
from callcenter.domain.ids import Source
from callcenter.domain.policies import AfterCallPolicy, AfterCallRule, QueuePolicy, SitePolicies
from callcenter.live import LiveState
from tests.support.calls import MORNING, PBX, at, events_of
from tests.support.recorded import recorded_events
from tests.support.stories import STORIES, folded, story_events

POLICIES = SitePolicies(
    default=QueuePolicy(after_call=AfterCallPolicy(rule=AfterCallRule.FIXED, fixed_seconds=5)),
    queues={"support": QueuePolicy(after_call=AfterCallPolicy(rule=AfterCallRule.PAUSE_REASON, pause_reasons=("a",)))},
)
EVENTS = st.lists(events_of(sorted(event_types().values(), key=lambda kind: kind.TYPE)), max_size=40)
NOW = MORNING + timedelta(hours=1)
DAYS = ("day-ast16", "day-ast22", "localopt-ast22")
SURE = timedelta(seconds=1)
"""How near to the beginning or end of a wait or talk nothing is asked: sources word one moment by several facts."""


def told(events: Iterable[Event], ticks: Sequence[datetime] = ()) -> LiveState:
    state = LiveState(PBX, POLICIES)
    for event in events:
        state.apply(event)
    for tick in ticks:
        state.tick(tick)
    return state


def floor(state: LiveState) -> dict[str, Any]:
    """The picture as a reader of JSON gets it, without what any pulse may change."""
    picture = json.loads(json.dumps(state.snapshot(NOW)))
    return {**picture, "pbx": picture["pbx"]["state"]}


class Page:
    """Shows a snapshot and takes in deltas."""

    def __init__(self, snapshot: dict[str, Any]) -> None:
        self.shown = snapshot

    def take(self, delta: dict[str, Any] | None) -> None:
        if delta is not None:
            delta = json.loads(json.dumps(delta))
            self.shown = {
                "as_of": delta["as_of"],
                "pbx": delta["pbx"]["state"],
                "queues": {**self.shown["queues"], **delta["queues"]},
                "agents": {**self.shown["agents"], **delta["agents"]},
            }


def page_after(events: Sequence[Event], chance: random.Random) -> tuple[Page, LiveState]:
    """A page that was opened somewhere on the way and told of the rest in pieces."""
    state = LiveState(PBX, POLICIES)
    opened_after = chance.randint(0, len(events))
    for event in events[:opened_after]:
        state.apply(event)
        state.tick(event.occurred_at)
    page = Page(floor(state))
    for event in events[opened_after:]:
        state.apply(event)
        state.tick(event.occurred_at)
        if chance.random() < 0.5:
            page.take(state.delta(NOW))
    page.take(state.delta(NOW))
    return page, state


@given(EVENTS, st.randoms(use_true_random=False))
def test_a_snapshot_and_what_came_since_show_what_a_reload_shows(events: list[Event], chance: random.Random) -> None:
    page, state = page_after(events, chance)
    untouched = LiveState(PBX, POLICIES)
    for event in events:
        untouched.apply(event)
        untouched.tick(event.occurred_at)
    assert page.shown["queues"] == floor(untouched)["queues"] == floor(state)["queues"]
    assert page.shown["agents"] == floor(untouched)["agents"]
    assert page.shown["pbx"] == floor(untouched)["pbx"]


@given(EVENTS)
def test_the_agents_of_a_queue_add_up(events: list[Event]) -> None:
    picture = floor(told(events))
    for queue, shown in picture["queues"].items():
        counts = dict(shown["agents"])
        signed_in = counts.pop("signed_in")
        sitting = [a for a in picture["agents"].values() if queue in {seat["queue"] for seat in a["queues"]}]
        assert sum(counts.values()) == len(sitting)
        assert signed_in == len(sitting) - counts["unavailable"]
        assert all(count >= 0 for count in counts.values())


@given(EVENTS)
def test_nobody_waits_twice(events: list[Event]) -> None:
    queues = floor(told(events))["queues"].values()
    legs = [waiter["leg"] for queue in queues for waiter in queue["waiting"]]
    assert len(legs) == len(set(legs))
    for queue in queues:
        entries = [waiter["entered_at"] for waiter in queue["waiting"]]
        assert entries == sorted(entries)
        assert queue["longest_wait_since"] == (entries[0] if entries else None)


@given(EVENTS, st.randoms(use_true_random=False))
def test_what_is_heard_again_changes_nothing(events: list[Event], chance: random.Random) -> None:
    state = LiveState(PBX, POLICIES)
    for place, event in enumerate(events):
        state.apply(event)
        for again in chance.choices(events[: place + 1], k=2):
            state.apply(again)
    assert floor(state) == floor(told(events))


@given(EVENTS)
def test_queue_log_says_nothing_while_ami_is_heard(events: list[Event]) -> None:
    """Without a loss, the picture is that of AMI alone from the first of its words on."""
    kept = [event for event in events if event.TYPE != "feed.lost"]
    first = next((n for n, event in enumerate(kept) if event.source is Source.AMI), len(kept))
    ami = kept[:first] + [event for event in kept[first:] if event.source is Source.AMI]
    assert floor(told(kept)) == floor(told(ami))


# --- recorded ---


@cache
def recorded(day: str) -> tuple[list[Event], list[QueueVisit]]:
    """What AMI told in a recorded folder, and the visits in it."""
    events = recorded_events(day, AMI)
    return events, [visit for call in folded(events) for visit in call.visits]


def looks(events: Sequence[Event], every: timedelta) -> Iterator[tuple[datetime, dict[str, Any]]]:
    """The floor now and then during the recording."""
    state, due = LiveState(PBX, SitePolicies()), min(event.occurred_at for event in events) + every
    for event in events:
        while due < event.occurred_at:
            state.tick(due)
            yield due, floor(state)
            due += every
        state.apply(event)


def lasts(start: datetime | None, end: datetime | None, now: datetime, sure: timedelta) -> bool:
    """Whether something surely lasts at an instant; with a negative ``sure``, whether it possibly does."""
    return start is not None and start + sure <= now and (end is None or now <= end - sure)


@pytest.mark.parametrize("day", DAYS)
def test_those_wait_who_by_the_fold_wait(day: str) -> None:
    events, visits = recorded(day)
    seen = 0
    for now, picture in looks(events, timedelta(seconds=2.3)):
        waiting = {(queue, one["leg"]) for queue, shown in picture["queues"].items() for one in shown["waiting"]}
        seen += len(waiting)
        for visit in visits:
            if lasts(visit.entered_at, visit.left_at, now, SURE):
                assert waiting & {(visit.queue, leg) for leg in visit.legs}, (now, visit)
        possible = {(v.queue, leg) for v in visits if lasts(v.entered_at, v.left_at, now, -SURE) for leg in v.legs}
        assert waiting <= possible
    assert seen > 20


@pytest.mark.parametrize("day", DAYS)
def test_those_talk_who_by_the_fold_talk(day: str) -> None:
    events, visits = recorded(day)
    talks = [(v.member.agent, v) for v in visits if v.answered and v.member]
    seen = 0
    for now, picture in looks(events, timedelta(seconds=2.3)):
        talking = {(agent, shown["call"]["leg"]) for agent, shown in picture["agents"].items() if shown["call"]}
        seen += len(talking)
        sure = {agent for agent, v in talks if lasts(v.answered_at, v.ended_at, now, SURE)}
        assert sure <= {agent for agent, _ in talking}, now
        possible = {(a, leg) for a, v in talks if lasts(v.answered_at, v.ended_at, now, -SURE) for leg in v.legs}
        assert talking <= possible, now
    assert seen > 50


@pytest.mark.parametrize("day", DAYS)
def test_deltas_over_a_recorded_day_show_what_a_reload_shows(day: str) -> None:
    events, _ = recorded(day)
    chance = random.Random(day)
    page, state = page_after(events, chance)
    assert page.shown == floor(state)


@pytest.mark.parametrize("story", sorted(path.name for path in STORIES.iterdir()))
@settings(deadline=None)
@given(chance=st.randoms(use_true_random=False))
def test_deltas_over_a_story_show_what_a_reload_shows(story: str, chance: random.Random) -> None:
    events = story_of(story)
    page, state = page_after(events, chance)
    assert page.shown == floor(state)


@cache
def story_of(story: str) -> list[Event]:
    ami, rows = story_events(story, "22")
    return sorted(ami + rows, key=lambda event: event.occurred_at)


def test_a_quiet_second_is_no_news() -> None:
    state = told([])
    state.snapshot(NOW)
    state.tick(at(5))
    assert state.delta(NOW) is None
