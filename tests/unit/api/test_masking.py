"""How much of a caller's number is shown."""

import doctest

from hypothesis import given
from hypothesis import strategies as st

from callcenter.domain import masking
from callcenter.domain.masking import HIDDEN, mask_known, mask_number

numbers = st.from_regex(r"\+?[0-9]{1,20}", fullmatch=True)


def test_examples_hold() -> None:
    assert doctest.testmod(masking).failed == 0


@given(numbers)
def test_at_most_five_digits_are_shown_and_at_least_four_hidden(number: str) -> None:
    shown = mask_number(number)
    digits = [character for character in shown if character.isdigit()]
    assert HIDDEN in shown
    assert len(digits) <= 5
    assert len(digits) <= max(0, len(number.lstrip("+")) - 2)
    assert number not in shown


@given(st.text(max_size=40))
def test_masking_again_changes_nothing(number: str) -> None:
    assert mask_number(mask_number(number)) == mask_number(number)


@given(st.text(max_size=40))
def test_nothing_but_letters_digits_and_dots_comes_out(number: str) -> None:
    assert all(character.isalnum() or character in "+•" for character in mask_number(number))


@given(st.from_regex(r"[0-9]{7,15}", fullmatch=True), st.sampled_from("-/_ :.,"), st.sampled_from("-/_ :.,"))
def test_a_known_number_is_found_between_separators(number: str, before: str, after: str) -> None:
    assert number not in mask_known(f"x{before}{number}{after}y", [number])
