"""Every error of the tree has an answer, and the answers tell what the errors know."""

from collections.abc import Iterator
from dataclasses import fields

import pytest

from callcenter.api.problems import ANSWERS, answer_to
from callcenter.domain import errors


def tree(root: type[errors.CallCenterError]) -> Iterator[type[errors.CallCenterError]]:
    yield root
    for child in root.__subclasses__():
        yield from tree(child)


def sample(kind: type[errors.CallCenterError]) -> errors.CallCenterError:
    return kind(*(1 if field.type in ("int", int) else f"<{field.name}>" for field in fields(kind)))


@pytest.mark.parametrize("kind", sorted(set(tree(errors.CallCenterError)), key=lambda kind: kind.__name__))
def test_every_error_is_answered_in_whole_sentences(kind: type[errors.CallCenterError]) -> None:
    answer = answer_to(sample(kind))
    sentence = answer.sentence(sample(kind))
    assert 400 <= answer.status < 600
    assert answer.title
    assert len(sentence) > 20


def test_what_a_person_did_is_no_fault_of_ours() -> None:
    for kind in tree(errors.RuleError):
        assert answer_to(sample(kind)).status < 500, kind


def test_the_answer_says_what_where_and_how_to_mend_it() -> None:
    error = errors.BadRequest("to", "must be later than from", "to=2026-11-24T00:00:00Z")
    sentence = answer_to(error).sentence(error)
    assert "to: must be later than from" in sentence
    assert "2026-11-24" in sentence


def test_addresses_and_words_of_the_database_stay_inside() -> None:
    kinds = errors.StoreUnavailable, errors.StoreTooSlow, errors.StoreRefused
    for error in (kind("db.internal", "password wrong") for kind in kinds):
        sentence = answer_to(error).sentence(error)
        assert "internal" not in sentence
        assert error.problem not in sentence


def test_codes_are_unique() -> None:
    codes = [answer.code for answer in ANSWERS.values()]
    assert len(codes) == len(set(codes))
