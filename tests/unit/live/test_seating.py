"""Whose desks they are now, as people say it."""

from datetime import timedelta
from typing import Any

from callcenter.domain.agents.assignments import Assignment, Assignments
from callcenter.domain.agents.events import DeviceState, MemberPaused, MemberSeen
from callcenter.domain.calls.events import CallAnswered
from callcenter.domain.event import Event
from callcenter.domain.ids import AgentId, MemberRef
from callcenter.domain.policies import SitePolicies
from callcenter.live import LiveState, Seating
from tests.support.agents import PBX, at
from tests.support.heard import told

DESK, PHONE = "Local/1001@from-queue/n", "PJSIP/1001"
SEEN = {"queue": "600", "status": DeviceState.NOT_IN_USE, "membership": "static"}


def said(person: str, **about: Any) -> Assignment:
    return Assignment(person=AgentId(person), pbx=PBX, **about)


def agents(*lines: Assignment, events: list[Event], now: float = 100) -> dict[str, Any]:
    state = LiveState(PBX, SitePolicies(), Seating(Assignments(lines), {AgentId("chen"): "Chen Yu"}, at(now)))
    for event in events:
        state.apply(event)
    return dict(state.snapshot(at(now))["agents"])


def test_one_person_at_two_phones_is_one_desk() -> None:
    """In a queue by Local channel, in another by phone, paused by name alone, called at either."""
    events: list[Event] = [
        told(MemberSeen, 1, member=MemberRef(DESK, "1001"), **SEEN),
        told(MemberSeen, 1, member=MemberRef(PHONE, PHONE), **{**SEEN, "queue": "601"}),
        told(MemberPaused, 2, queue="600", member=MemberRef(name="1001")),
        told(CallAnswered, 3, leg="1.1", queue="601", member=MemberRef(PHONE), wait_seconds=1),
    ]
    shown = agents(said("chen", interface="Local/1001@from-queue"), said("chen", interface=PHONE), events=events)
    assert list(shown) == ["chen"]
    assert (shown["chen"]["name"], shown["chen"]["state"]) == ("Chen Yu", "talking")
    assert [(seat["queue"], seat["paused"]) for seat in shown["chen"]["queues"]] == [("600", True), ("601", False)]


def test_the_desk_is_whose_it_is_now() -> None:
    events: list[Event] = [told(MemberSeen, 1, member=MemberRef(DESK, "1001"), **SEEN)]
    lines = said("ann", interface=DESK), said("bob", interface=DESK, since=at(50))
    assert list(agents(*lines, events=events, now=49)) == ["ann"]
    assert list(agents(*lines, events=events, now=50)) == ["bob"]
    assert Seating(Assignments(lines), {}, at(0)).until == at(0) + timedelta(seconds=50)


def test_a_person_without_a_word_is_the_member_name() -> None:
    events: list[Event] = [told(MemberSeen, 1, member=MemberRef(DESK, "1001"), **SEEN)]
    assert agents(said("chen", name="else"), events=events)["1001"]["name"] == "1001"
