"""The draw is fair, repeatable and provable."""

import random
from collections import Counter
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.domain.calls.visits import Outcome
from callcenter.domain.ids import PbxId
from callcenter.domain.quality.sampling import Draw, draw, draw_day, seed_of
from tests.support.visits import visit

CANDIDATES = [f"1795424{n:03d}.{n}~sales~1" for n in range(40)]
ids = st.lists(st.text(max_size=12), max_size=30)


def chi_square(counts: Counter[str], expected: float) -> float:
    return sum((counts[one] - expected) ** 2 / expected for one in CANDIDATES)


@pytest.mark.parametrize("size", [1, 2, 5])
def test_every_candidate_is_as_likely_as_any_other(size: int) -> None:
    """Over many days; 39 degrees of freedom: 66 is passed once in 220 fair tries, and these days are fixed."""
    days = 4000
    drawn = Counter(one for n in range(days) for one in draw(CANDIDATES, f"day {n}", size).visit_ids)
    assert chi_square(drawn, days * size / len(CANDIDATES)) < 66


def test_two_places_are_independent_of_each_other() -> None:
    """Being first says nothing of who is second: each of the other 39 follows the first equally often."""
    first = CANDIDATES[0]
    pairs = [draw(CANDIDATES, f"day {n}", 2).visit_ids for n in range(20_000)]
    second = Counter(two for one, two in pairs if one == first)
    total = sum(second.values())
    assert total > 400
    assert sum((second[one] - total / 39) ** 2 / (total / 39) for one in CANDIDATES[1:]) < 66


def test_the_names_of_visits_have_no_say() -> None:
    """Early and late calls of a day are drawn alike, whatever their ids look like."""
    early = set(CANDIDATES[:20])
    drawn = [draw(CANDIDATES, f"day {n}", 1).visit_ids[0] in early for n in range(4000)]
    assert abs(sum(drawn) - 2000) < 3 * (4000 * 0.25) ** 0.5


@given(ids, st.text(max_size=5), st.integers(0, 10), st.randoms(use_true_random=False))
def test_order_and_repetition_of_the_candidates_change_nothing(
    candidates: list[str], seed: str, size: int, chance: random.Random
) -> None:
    again = candidates * 2
    chance.shuffle(again)
    assert draw(candidates, seed, size) == draw(again, seed, size)


@given(ids, st.text(max_size=5), st.integers(0, 10))
def test_so_many_as_there_are_and_each_once(candidates: list[str], seed: str, size: int) -> None:
    drawn = draw(candidates, seed, size)
    assert drawn.population == len(set(candidates))
    assert len(set(drawn.visit_ids)) == len(drawn.visit_ids) == min(size, drawn.population)
    assert set(drawn.visit_ids) <= set(candidates)


@given(ids, ids, st.text(max_size=5), st.integers(1, 10))
def test_late_candidates_displace_nobody_but_the_last(first: list[str], late: list[str], seed: str, size: int) -> None:
    before, after = draw(first, seed, size), draw(first + late, seed, size)
    stayed = [one for one in after.visit_ids if one in set(first)]
    assert tuple(stayed) == before.visit_ids[: len(stayed)]


@given(st.lists(st.text(max_size=12), min_size=2, max_size=30, unique=True), st.text(max_size=5), st.integers(1, 5))
def test_a_draw_proves_itself_and_only_itself(candidates: list[str], seed: str, size: int) -> None:
    drawn = draw(candidates, seed, size)
    assert drawn.repeats_with(candidates)
    assert not drawn.repeats_with(candidates[1:])
    assert not Draw(seed, drawn.population, (*drawn.visit_ids[1:], "a favourite call")).repeats_with(candidates)


def test_seeds_differ_by_site_pbx_and_day() -> None:
    seeds = {
        seed_of(site, PbxId(pbx), date(2026, 3, day)) for site in ("a", "b") for pbx in ("one", "two") for day in (1, 2)
    }
    assert len(seeds) == 8


def test_each_agent_has_a_draw_of_its_own() -> None:
    visits = [visit(n, talk=5.0, agent=agent) for n, agent in enumerate(("Alice", "Alice", "Alice", "Bob"))]
    draws = draw_day([*visits, visit(9, Outcome.ABANDONED)], "spring", 2)
    assert {agent: (one.population, len(one.visit_ids)) for agent, one in draws.items()} == {
        "Alice": (3, 2),
        "Bob": (1, 1),
    }
