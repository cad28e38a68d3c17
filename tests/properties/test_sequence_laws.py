"""Holes in the numbers of batches follow from the set of numbers that came."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from adapters.store.sequence import Hole, Sequence
from callcenter.domain.ids import Source

numbers = st.lists(st.integers(1, 40), min_size=1, max_size=60)


def sequence_of(came: list[int]) -> Sequence:
    """Each number's batch was received at ten times its number."""
    known = Sequence(Source.AMI, came[0], came[0] * 10, came[0], came[0] * 10, [])
    for number in came:
        known.add(number, number * 10)
    return known


@given(numbers)
def test_holes_are_what_is_missing_between_the_first_and_the_last(came: list[int]) -> None:
    known = sequence_of(came)
    there = sorted(set(came))
    assert (known.first, known.first_at, known.last, known.last_at) == (
        there[0],
        there[0] * 10,
        there[-1],
        there[-1] * 10,
    )
    wanted = [
        Hole(before + 1, after - 1, before * 10, after * 10) for before, after in pairwise(there) if after > before + 1
    ]
    assert sorted(known.holes, key=lambda hole: hole.first) == wanted


@given(numbers, st.randoms(use_true_random=False))
def test_order_and_repetition_do_not_matter(came: list[int], random: object) -> None:
    shuffled = came + came[: len(came) // 2]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = sequence_of(came), sequence_of(shuffled)
    assert set(one.holes) == set(other.holes)
    assert (one.first, one.last) == (other.first, other.last)
