"""Which source draws the floor, and what is said of the hearing itself."""

from callcenter.domain.agents.events import MemberAdded
from callcenter.domain.calls.events import (
    CallAnswered,
    CallExited,
    CallLeftQueue,
    CallOffered,
    ConversationEnd,
    ConversationEnded,
    ExitReason,
)
from callcenter.domain.feed import FeedLost, FeedRestored
from callcenter.domain.ids import MemberRef
from tests.support.calls import ALICE, at, heard, row
from tests.support.floor import Floor


def test_nothing_heard_yet() -> None:
    assert Floor().picture["pbx"] == {"state": "starting", "last_event_at": None, "clock_offset_seconds": 0.0}


def test_a_lost_feed_is_told_at_once_and_so_is_its_return() -> None:
    floor = Floor(heard(FeedRestored, 0, connection="c1"))
    assert floor.picture["pbx"]["state"] == "live"
    floor.hear(heard(FeedLost, 10, connection="c1", reason="no answer to a ping"))
    delta = floor.state.delta(at(11))
    assert delta is not None
    assert delta["pbx"]["state"] == "lost"
    assert delta["pbx"]["last_event_at"] == "2026-03-02T09:00:10.000000Z"
    assert (delta["queues"], delta["agents"]) == ({}, {})
    floor.hear(heard(FeedRestored, 12, connection="c2"))
    assert floor.picture["pbx"]["state"] == "live"


def test_queue_log_is_not_listened_to_while_ami_is_heard() -> None:
    floor = Floor(
        heard(CallOffered, 0.5, leg="1.1", queue="sales"),
        heard(CallLeftQueue, 1.5, leg="1.1", queue="sales"),
        row(CallOffered, 0, leg="1.1", queue="sales"),
    )
    assert floor.waiting() == []


def test_queue_log_alone_draws_the_floor() -> None:
    member = MemberRef(name="Alice")
    floor = Floor(
        row(MemberAdded, 0, queue="sales", member=member),
        row(CallOffered, 1, leg="1.1", queue="sales"),
        row(CallOffered, 2, leg="1.2", queue="sales"),
        row(CallAnswered, 5, leg="1.1", queue="sales", member=member, wait_seconds=4, ring_seconds=2),
        row(CallExited, 9, leg="1.2", queue="sales", reason=ExitReason.ABANDONED),
    )
    assert (floor.does(), floor.waiting(), floor.picture["pbx"]["state"]) == ("talking", [], "live")
    end = {"queue": "sales", "member": member, "talk_seconds": 40, "end": ConversationEnd.CALLER}
    floor.hear(row(ConversationEnded, 45, leg="1.1", **end))
    assert floor.does() == "ready"


def test_queue_log_carries_on_while_ami_is_lost_and_nobody_is_told_that_all_is_well() -> None:
    floor = Floor(
        heard(CallOffered, 0, leg="1.1", queue="sales"),
        heard(FeedLost, 10, connection="c1", reason="reset"),
        row(CallOffered, 3, leg="1.2", queue="sales"),
        row(CallOffered, 20, leg="1.3", queue="sales"),
        row(CallAnswered, 21, leg="1.1", queue="sales", member=ALICE, wait_seconds=21),
    )
    assert floor.waiting() == ["1.3"]
    assert floor.picture["pbx"]["state"] == "lost"
    floor.hear(heard(FeedRestored, 30, connection="c2"), row(CallOffered, 31, leg="1.4", queue="sales"))
    assert floor.waiting() == ["1.3"]
    assert floor.picture["pbx"]["state"] == "live"


def test_what_looks_the_same_is_not_told() -> None:
    joins = heard(CallOffered, 0, leg="1.1", queue="sales")
    floor = Floor(joins)
    assert floor.waiting() == ["1.1"]
    floor.hear(joins, heard(CallLeftQueue, 5, leg="1.9", queue="sales"))
    assert floor.state.delta(at(6)) is None
    floor.hear(heard(CallLeftQueue, 7, leg="1.1", queue="sales"))
    delta = floor.state.delta(at(8))
    assert delta is not None
    assert list(delta["queues"]) == ["sales"]
    assert floor.state.delta(at(9)) is None
