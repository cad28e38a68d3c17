"""Stays follow from the set of sightings alone: whatever the order in which they were learnt, and however often."""

import random

from hypothesis import given
from hypothesis import strategies as st

from callcenter.domain.agents.directory import NEAR, Directory
from callcenter.domain.agents.stays import Stay, change, is_known, stay_before, stays_of, with_sighting
from callcenter.domain.ids import MemberRef
from tests.support.agents import at

SEAT = MemberRef(interface="PJSIP/1")

Sighting = tuple[float, str]

sightings = st.lists(st.tuples(st.integers(0, 20).map(lambda half: half / 2), st.sampled_from("ABC")), max_size=14)


def learn(stays: list[Stay], told: list[Sighting], sighting: Sighting) -> list[Stay]:
    """One sighting more, as the recorder takes it; ``told`` are all that the store has by then."""
    seconds, name = sighting
    if is_known(stays, name, at(seconds)):
        return stays
    here = stay_before(stays, name, at(seconds))
    last, following = None, None
    if here is not None and here.name != name:
        places = [(second, its) for second, its in told if its == here.name]
        last = max(second for second, its in places if (second, its) < (seconds, name))
        following = min((second for second, its in places if (second, its) > (seconds, name)), default=None)
    return with_sighting(
        stays, name, at(seconds), None if last is None else at(last), None if following is None else at(following)
    )


@given(sightings, st.randoms(use_true_random=False), st.integers(1, 4))
def test_learnt_one_by_one_they_are_those_of_the_whole(
    told: list[Sighting], chance: random.Random, at_once: int
) -> None:
    """The store has the sightings of a batch before any of them is taken."""
    arriving = told + chance.choices(told, k=len(told) // 3) if told else []
    chance.shuffle(arriving)
    stays: list[Stay] = []
    stored: list[Sighting] = []
    for first in range(0, len(arriving), at_once):
        some = arriving[first : first + at_once]
        stored += some
        for sighting in some:
            stays = learn(stays, stored, sighting)
    assert stays == stays_of((at(seconds), name) for seconds, name in told)


@given(sightings, sightings)
def test_a_change_names_everybody_whose_facts_it_moves(before: list[Sighting], more: list[Sighting]) -> None:
    old, new = Directory(), Directory()
    old.put("PJSIP/1", stays_of((at(seconds), name) for seconds, name in before))
    new.put("PJSIP/1", stays_of((at(seconds), name) for seconds, name in before + more))
    changed = change("PJSIP/1", old.stays_at("PJSIP/1"), new.stays_at("PJSIP/1"))
    for quarter in range(-4, 50):
        instant = at(quarter / 4)
        was, now = old.agent_of(SEAT, instant), new.agent_of(SEAT, instant)
        if was != now:
            assert {was, now} <= changed.names
            assert changed.since is None or instant >= changed.since


@given(sightings, st.integers(-4, 50))
def test_a_fact_is_about_somebody_who_was_the_last_there_or_soon_came(told: list[Sighting], quarter: int) -> None:
    instant = at(quarter / 4)
    found = Directory(("PJSIP/1", name, at(seconds)) for seconds, name in told).agent_of(SEAT, instant)
    if not told:
        assert found == "PJSIP/1"
        return
    earlier = [(at(seconds), name) for seconds, name in told if at(seconds) <= instant]
    soon = {name for seconds, name in told if instant <= at(seconds) <= instant + NEAR}
    assert found in soon | ({max(earlier)[1]} if earlier else {min(told)[1]})
