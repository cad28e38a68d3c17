"""What a queue's visits come to."""

import pytest

from callcenter.domain.calls.visits import Outcome, RingResult
from callcenter.metrics.queues import queue_summary
from callcenter.metrics.summaries import Durations, QueueSummary, Waits
from tests.support.visits import refusal, ring, visit


def test_every_outcome_has_its_count() -> None:
    summary = queue_summary([visit(n, outcome) for n, outcome in enumerate(Outcome)])
    assert summary.offered == len(Outcome)
    assert {outcome: getattr(summary, outcome.value) for outcome in Outcome} == dict.fromkeys(Outcome, 1)
    assert summary.balanced


def test_waits_are_told_of_answered_and_of_abandoned_visits() -> None:
    summary = queue_summary(
        [
            visit(0, wait=7, talk=1),
            visit(1, wait=7, talk=1),
            visit(2, Outcome.ABANDONED, wait=0),
            visit(3, Outcome.TIMED_OUT, wait=60),
        ]
    )
    assert summary.answered_waits == Waits({7: 2})
    assert summary.abandoned_waits == Waits({0: 1})


def test_talk_counts_where_its_length_is_known() -> None:
    cut = visit(3, talk=None, reason="cut_by_restart")
    backwards = visit(4, talk=-5.0)
    summary = queue_summary([visit(0, talk=30), visit(1, talk=90, hold=12), visit(2, talk=None), cut, backwards])
    assert summary.answered == 5
    assert summary.talk == Durations(2, 120, 90)
    assert summary.hold == Durations(1, 12, 12)


def test_a_clock_set_back_makes_no_wait_shorter_than_nothing() -> None:
    assert queue_summary([visit(0, wait=-3, talk=1)]).answered_waits == Waits({0: 1})


def test_transfers_rings_and_refusals() -> None:
    summary = queue_summary(
        [visit(0, talk=5, transferred=True), visit(1, talk=5)],
        [ring(0), ring(1), *(ring(2, result) for result in RingResult if result is not RingResult.NOT_ANSWERED)],
        [refusal(0, "FULL"), refusal(1, "JOINEMPTY"), refusal(2, "JOINUNAVAIL")],
    )
    assert (summary.transferred, summary.ring_no_answer) == (1, 2)
    assert (summary.refused_full, summary.refused_empty, summary.offered) == (1, 2, 2)


def test_after_call_work_is_that_of_the_visits_for_which_a_rule_told_it() -> None:
    first, second, third = visit(0, talk=5), visit(1, talk=5), visit(2, talk=5)
    summary = queue_summary([first, second, third], after_call_seconds={first.visit_id: 20.0, second.visit_id: 0.0})
    assert summary.after_call == Durations(2, 20, 20)


@pytest.mark.parametrize("outcome", Outcome)
def test_one_count_too_many_is_noticed(outcome: Outcome) -> None:
    assert not QueueSummary(offered=1, **{outcome.value: 2}).balanced
