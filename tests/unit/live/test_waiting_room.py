"""Who is shown as waiting."""

from callcenter.domain.calls.events import (
    CallAnswered,
    CallExited,
    CallLeftQueue,
    CallOffered,
    CallSeenWaiting,
    CallTransferredAttended,
    CallUnanswered,
    ExitReason,
    LegEnded,
)
from callcenter.domain.event import Event
from callcenter.domain.feed import PbxStarted, QueueSeen, WaitingSeen
from callcenter.domain.ids import CallerRef
from tests.support.calls import ALICE, at, heard, row
from tests.support.floor import Floor


def joins(seconds: float, leg: str, queue: str = "sales", **more: object) -> Event:
    return heard(CallOffered, seconds, leg=leg, queue=queue, **more)


def snapshot(seconds: float, *legs: str, queue: str = "sales", wait: int = 10) -> list[Event]:
    """A whole list of one queue."""
    entries = [heard(CallSeenWaiting, seconds, leg=leg, queue=queue, wait_seconds=wait) for leg in legs]
    return [heard(QueueSeen, seconds, queue=queue), *entries, heard(WaitingSeen, seconds, queue=queue, legs=legs)]


def test_callers_wait_in_the_order_of_their_entry() -> None:
    floor = Floor(joins(0, "1.1", position=1), joins(5, "1.2", position=2), joins(6, "1.3", "support"))
    assert floor.waiting() == ["1.1", "1.2"]
    assert floor.waiting("support") == ["1.3"]
    sales = floor.picture["queues"]["sales"]
    assert sales["longest_wait_since"] == "2026-03-02T09:00:00.000000Z"
    assert [waiter["position"] for waiter in sales["waiting"]] == [1, 2]


def test_a_caller_is_shown_by_a_masked_number() -> None:
    floor = Floor(joins(0, "1.1", caller=CallerRef("13800138000", "Zhang Wei")), joins(1, "1.2", caller=None))
    callers = [waiter["caller"] for waiter in floor.picture["queues"]["sales"]["waiting"]]
    assert callers == ["13••••000", None]


def test_every_way_out_of_a_queue_ends_the_wait() -> None:
    ways: list[Event] = [
        heard(CallAnswered, 9, leg="1.1", queue="sales", member=ALICE, wait_seconds=9),
        heard(CallExited, 9, leg="1.1", queue="sales", reason=ExitReason.TIMED_OUT),
        heard(CallUnanswered, 9, leg="1.1", queue="sales"),
        heard(CallLeftQueue, 9, leg="1.1", queue="sales"),
        heard(LegEnded, 9, leg="1.1"),
    ]
    for way in ways:
        floor = Floor(joins(0, "1.1"), joins(1, "1.2"), way)
        assert floor.waiting() == ["1.2"], way


def test_leaving_another_queue_does_not_end_the_wait() -> None:
    floor = Floor(joins(0, "1.1"), heard(CallLeftQueue, 1, leg="1.1", queue="support"))
    assert floor.waiting() == ["1.1"]


def test_who_goes_on_to_another_queue_has_left_the_first() -> None:
    """Also when that was not heard."""
    floor = Floor(joins(0, "1.1"), joins(20, "1.1", "support"))
    assert floor.waiting() == []
    assert floor.waiting("support") == ["1.1"]


def test_a_transferred_caller_takes_the_place_of_the_one_who_asked() -> None:
    """An agent calls a queue with leg 2.2 and joins the caller of leg 1.1 to it: the wait goes on under the new id."""
    floor = Floor(
        joins(0, "1.1", "support", caller=CallerRef("13800138000")),
        heard(CallAnswered, 5, leg="1.1", queue="support", member=ALICE, agent_leg="2.1", wait_seconds=5),
        joins(30, "2.2", caller=CallerRef("1001")),
        heard(CallTransferredAttended, 40, transferer_leg="2.1", second_leg="2.2", leg="1.1"),
    )
    (waiter,) = floor.picture["queues"]["sales"]["waiting"]
    assert waiter["leg"] == "1.1"
    assert waiter["entered_at"] == "2026-03-02T09:00:30.000000Z"
    assert waiter["caller"] == "13••••000"
    floor.hear(heard(LegEnded, 41, leg="2.2"))
    assert floor.waiting() == ["1.1"]


def test_by_the_log_alone_who_leaves_unheard_of_is_the_one_who_waited_so_long() -> None:
    def exits(leg: str, wait: int) -> Event:
        reason = ExitReason.ABANDONED
        return row(CallExited, 20, leg=leg, queue="sales", reason=reason, wait_seconds=wait)

    callers = [row(CallOffered, seconds, leg=leg, queue="sales") for seconds, leg in ((5, "1.1"), (9, "1.2"))]
    assert Floor(*callers, exits("1.9", 11)).waiting() == ["1.1"]
    assert Floor(*callers, exits("1.9", 13)).waiting() == ["1.1", "1.2"]
    left = Floor(*callers, heard(CallLeftQueue, 20, leg="1.1", queue="sales"), exits("1.1", 11))
    assert left.waiting() == ["1.2"]  # told twice, and nobody else has gone


def test_a_transfer_of_an_unknown_caller_keeps_the_number_that_is_known() -> None:
    floor = Floor(
        joins(30, "2.2", caller=CallerRef("13800138000")),
        heard(CallTransferredAttended, 40, transferer_leg="2.1", second_leg="2.2", leg="1.1"),
    )
    assert floor.picture["queues"]["sales"]["waiting"][0]["caller"] == "13••••000"


def test_a_complete_list_removes_those_whom_it_does_not_name() -> None:
    floor = Floor(joins(0, "1.1"), joins(1, "1.2"), joins(2, "1.3", "support"), *snapshot(60, "1.2"))
    assert floor.waiting() == ["1.2"]
    assert floor.waiting("support") == ["1.3"]


def test_a_list_that_is_cut_off_removes_nobody() -> None:
    floor = Floor(joins(0, "1.1"), joins(1, "1.2"), *snapshot(60, "1.2")[:-1])
    assert floor.waiting() == ["1.1", "1.2"]
    floor.hear(*snapshot(120, "1.1"))
    assert floor.waiting() == ["1.1"]


def test_who_enters_while_the_list_is_told_stays() -> None:
    begun, complete = snapshot(60)
    floor = Floor(joins(0, "1.1"), begun, joins(60.5, "1.2"), complete)
    assert floor.waiting() == ["1.2"]


def test_a_list_tells_of_those_who_came_before_we_listened() -> None:
    floor = Floor(*snapshot(60, "1.1", wait=45))
    assert floor.picture["queues"]["sales"]["longest_wait_since"] == "2026-03-02T09:00:15.000000Z"


def test_an_entry_that_was_heard_is_not_dated_by_a_list() -> None:
    floor = Floor(joins(0.25, "1.1"), *snapshot(60, "1.1", wait=59))
    assert floor.picture["queues"]["sales"]["longest_wait_since"] == "2026-03-02T09:00:00.250000Z"


def test_nobody_who_waited_waits_after_a_restart_of_the_pbx() -> None:
    floor = Floor(joins(0, "1.1"), joins(50, "1.2"), heard(PbxStarted, 60, started_at=at(40)))
    assert floor.waiting() == ["1.2"]


def test_an_empty_queue_stays_on_the_page() -> None:
    floor = Floor(joins(0, "1.1"), heard(CallLeftQueue, 1, leg="1.1", queue="sales"))
    assert floor.picture["queues"]["sales"]["waiting"] == []
    assert floor.picture["queues"]["sales"]["longest_wait_since"] is None
