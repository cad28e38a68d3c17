"""Laws of the fold of calls, over any events whatever."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.domain.calls.fold import fold_call
from callcenter.domain.calls.grouping import LegSets, fitting_ends, group
from callcenter.domain.calls.surroundings import Surroundings
from callcenter.domain.calls.visits import FoldedCall, Outcome, QueueVisit
from callcenter.domain.event import Event
from callcenter.domain.ids import EventId, LegId
from tests.support.calls import PBX, at, call_events

EVENTS = st.lists(call_events(), max_size=25)

law = settings(max_examples=400, deadline=None)
CALL = LegId("1.1")


def fold(events: Sequence[Event]) -> FoldedCall:
    return fold_call(PBX, CALL, events, Surroundings(starts=[at(45)]))


@law
@given(EVENTS, st.randoms(use_true_random=False))
def test_order_and_repetition_change_nothing(events: list[Event], random: Random) -> None:
    again = events + [random.choice(events) for _ in range(5)] if events else []
    random.shuffle(again)
    assert fold(again) == fold(events)


@law
@given(EVENTS)
def test_every_visit_has_one_outcome_and_a_place_of_its_own(events: list[Event]) -> None:
    visits = fold(events).visits
    assert all(isinstance(visit.outcome, Outcome) for visit in visits)
    assert len({visit.visit_id for visit in visits}) == len(visits)


@law
@given(EVENTS)
def test_every_entry_is_in_exactly_one_visit(events: list[Event]) -> None:
    """Nothing that entered is lost, and nothing is counted twice."""
    evidence = [event_id for visit in fold(events).visits for event_id in visit.evidence]
    entries = [event.event_id for event in {event.event_id: event for event in events}.values()]
    offered = [event.event_id for event in events if event.TYPE == "call.offered"]
    assert len(evidence) == len(set(evidence))
    assert set(offered) <= set(evidence) <= set(entries)


@law
@given(EVENTS)
def test_durations_are_never_negative_and_ends_never_precede_beginnings(events: list[Event]) -> None:
    for visit in fold(events).visits:
        if visit.talking or visit.outcome is Outcome.STILL_WAITING:
            assert visit.talk_seconds is None
        assert visit.hold_seconds >= 0
        if visit.ended_at is not None and visit.stated_talk_seconds is None:
            assert visit.talk_seconds is not None
            assert visit.talk_seconds >= 0


def by_visit(folded: Sequence[FoldedCall]) -> dict[str, QueueVisit]:
    return {visit.visit_id: replace(visit, call=CALL) for call in folded for visit in call.visits}


@law
@given(EVENTS)
def test_calls_without_fitting_ends_fold_together_as_they_fold_apart(events: list[Event]) -> None:
    calls = group(events)
    apart = {root: fold_call(PBX, root, told) for root, told in calls.items()}
    sets = LegSets()
    for pair in fitting_ends({root: call.loose_ends for root, call in apart.items()}):
        sets.tie(pair)
    alone = [
        root for root in apart if sets.find(root) == root and all(sets.find(r) != root or r == root for r in apart)
    ]
    together = fold_call(PBX, CALL, [event for root in alone for event in calls[root]])
    assert by_visit([together]) == by_visit([apart[root] for root in alone])


@law
@given(EVENTS, st.randoms(use_true_random=False))
def test_grouping_does_not_depend_on_the_order(events: list[Event], random: Random) -> None:
    shuffled = list(events)
    random.shuffle(shuffled)
    assert ids_of(group(events)) == ids_of(group(shuffled))


def ids_of(calls: Mapping[LegId, Sequence[Event]]) -> dict[LegId, set[EventId]]:
    return {root: {event.event_id for event in told} for root, told in calls.items()}
