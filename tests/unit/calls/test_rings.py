"""Which rings of a call are those of one of its visits."""

from dataclasses import replace
from datetime import timedelta

import pytest

from callcenter.domain.calls.rings import rings_of
from callcenter.domain.calls.visits import Outcome, RingAttempt
from callcenter.domain.ids import LegId, QueueName
from tests.support.visits import ring, visit

CALLER = "1.1"


def rung(seconds: float, *, queue: str = "sales", leg: str = CALLER) -> RingAttempt:
    return replace(ring(seconds, queue=queue), leg=LegId(leg))


def test_a_call_that_flows_over_rings_in_each_queue_by_itself() -> None:
    first = visit(0, Outcome.TIMED_OUT, wait=20, leg=CALLER)
    second = visit(20, wait=10, queue="support", leg=CALLER)
    rings = [rung(10), rung(25, queue="support"), rung(5, leg="9.9")]
    assert rings_of(first, rings) == (rings[0],)
    assert rings_of(second, rings) == (rings[1],)


def test_a_queue_entered_twice_has_each_ring_once() -> None:
    visits = [visit(0, Outcome.TIMED_OUT, wait=20, leg=CALLER), visit(30, wait=20, leg=CALLER)]
    rings = [rung(seconds) for seconds in (5, 20, 31, 50)]
    assert [rings_of(one, rings) for one in visits] == [(rings[0], rings[1]), (rings[2], rings[3])]


def test_a_visit_that_waits_has_all_that_came() -> None:
    waiting = visit(0, Outcome.STILL_WAITING, leg=CALLER)
    assert len(rings_of(waiting, [rung(1), rung(5000)])) == 2


@pytest.mark.parametrize(("seconds", "counts"), [(-1, False), (-0.9, True), (10.2, True), (10.3, False)])
def test_an_instant_of_the_log_may_be_a_second_early(seconds: float, counts: bool) -> None:
    assert bool(rings_of(visit(0, wait=10, leg=CALLER), [rung(seconds)])) == counts


def test_queue_names_are_compared_without_case_and_all_ids_count() -> None:
    one = replace(visit(0, wait=10, leg=CALLER), legs=(LegId(CALLER), LegId("2.2")), queue=QueueName("Sales"))
    assert (
        len(rings_of(one, [rung(3), rung(4, leg="2.2"), replace(rung(5), at=one.entered_at + timedelta(seconds=5))]))
        == 3
    )
