"""Every key has exactly one hash tag, whatever a PBX is called."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.streams.keys import Keys
from callcenter.domain.errors import SettingsError
from callcenter.domain.ids import PbxId

NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


def all_keys(pbx: str) -> list[str]:
    keys, name = Keys(), PbxId(pbx)
    return [keys.events(name), keys.live(name), keys.dead(name)]


def hash_tag(key: str) -> str:
    """What a Redis Cluster hashes: between the first brace and the first closing one after it."""
    start = key.index("{")
    return key[start + 1 : key.index("}", start)]


def test_keys_as_documented() -> None:
    assert all_keys("pbx-1.example") == [
        "cc:{pbx-1.example}:events",
        "cc:{pbx-1.example}:live",
        "cc:{pbx-1.example}:dead",
    ]


@given(NAMES)
def test_one_tag_and_the_same_in_all_keys_of_a_pbx(pbx: str) -> None:
    keys = all_keys(pbx)
    assert all(re.fullmatch(r"cc:\{[^{}\s]+\}:[a-z]+", key) for key in keys)
    assert len({hash_tag(key) for key in keys}) == 1
    assert len(set(keys)) == len(keys)


@given(NAMES, NAMES)
def test_two_pbxs_never_share_a_key(one: str, other: str) -> None:
    assert (set(all_keys(one)) & set(all_keys(other)) != set()) == (one == other)


@pytest.mark.parametrize("pbx", ["a b", "a{b}", "}{", "a:b", "上海", "%7D", "\n"])
def test_odd_names_are_escaped(pbx: str) -> None:
    assert re.fullmatch(r"cc:\{[A-Za-z0-9%_.~-]+\}:events", Keys().events(PbxId(pbx)))


@pytest.mark.parametrize("pbx", ["", "\udc80"])
def test_a_name_that_cannot_be_a_tag_is_refused(pbx: str) -> None:
    with pytest.raises(SettingsError):
        Keys().events(PbxId(pbx))


@pytest.mark.parametrize("prefix", ["", "cc{", "c}c"])
def test_a_prefix_with_braces_is_refused(prefix: str) -> None:
    with pytest.raises(SettingsError):
        Keys(prefix)


def test_another_site_is_another_prefix() -> None:
    assert Keys("berlin").events(PbxId("pbx1")) == "berlin:{pbx1}:events"
