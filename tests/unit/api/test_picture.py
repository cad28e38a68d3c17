"""The picture of the floor: what it takes in, what it forgets, and what it never shows."""

import msgspec
import pytest

from callcenter.api import picture as subject
from callcenter.api.picture import AGENTS, QUEUES, Picture, json_object
from callcenter.domain.errors import BadEventField
from callcenter.domain.ids import PbxId
from tests.support.api import CALLER, NOW, floor, live_agent, live_queue

PBX = PbxId("pbx1")


def body(**told: object) -> bytes:
    return msgspec.json.encode(floor(NOW, **told))


def test_callers_are_masked_even_if_the_worker_forgot() -> None:
    picture = Picture([PBX])
    picture.apply(
        PBX, "1", "snapshot", body(queues={"q": live_queue(CALLER)}, agents={"a": live_agent("talking", CALLER)})
    )
    everything = b"".join([*picture.part(QUEUES).values(), *picture.part(AGENTS).values()])
    assert CALLER.encode() not in everything
    assert everything.count("13••••000".encode()) == 2


def test_objects_bear_their_names_and_keys() -> None:
    picture = Picture([PBX])
    picture.apply(PBX, "1", "snapshot", body(queues={"a/b": live_queue()}, agents={"张伟": live_agent()}))
    queue = msgspec.json.decode(picture.part(QUEUES)["pbx1/a/b"])
    agent = msgspec.json.decode(picture.part(AGENTS)["pbx1/张伟"])
    assert (queue["pbx"], queue["queue"]) == ("pbx1", "a/b")
    assert (agent["pbx"], agent["agent"]) == ("pbx1", "张伟")


def test_a_delta_before_any_snapshot_counts_for_nothing() -> None:
    picture = Picture([PBX])
    picture.apply(PBX, "1", "delta", body(queues={"q": live_queue()}))
    assert picture.position() == {}
    assert picture.part(QUEUES) == {}


def test_a_snapshot_takes_away_what_it_does_not_name() -> None:
    picture = Picture([PBX])
    picture.apply(PBX, "1", "snapshot", body(queues={"a": live_queue(), "b": live_queue()}))
    before = picture.position()
    picture.apply(PBX, "2", "snapshot", body(queues={"a": live_queue()}))
    changes = picture.changes_since(before)
    assert changes is not None
    assert changes.queues == {"pbx1/b": None}


def test_an_unknown_position_needs_a_snapshot() -> None:
    picture = Picture([PBX])
    assert picture.changes_since({"pbx1": "9"}) is not None, "nothing told yet, nothing missed"
    picture.apply(PBX, "1", "snapshot", body())
    for position in ({"pbx1": "9"}, {}, {"other": "1"}):
        assert picture.changes_since(position) is None
    assert picture.changes_since({"pbx1": "1", "gone": "7"}) is not None


def test_only_so_many_positions_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "REMEMBERED_IDS", 10)
    picture = Picture([PBX])
    picture.apply(PBX, "0", "snapshot", body())
    for number in range(1, 50):
        gone = number > 30 and number % 5 == 0
        picture.apply(
            PBX, str(number), "delta", body(queues={f"q{number % 30}": None if gone else live_queue(ready=number)})
        )
    assert len(picture.floors[PBX].ordinals) == 10
    assert len(picture.floors[PBX].changed) <= 10
    assert picture.changes_since({"pbx1": "39"}) is None
    changes = picture.changes_since({"pbx1": "40"})
    assert changes is not None
    assert set(changes.queues) == {f"pbx1/q{number % 30}" for number in range(41, 50)}
    assert changes.queues["pbx1/q15"] is None


def test_what_is_gone_is_forgotten_although_something_else_changes_all_the_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(subject, "REMEMBERED_IDS", 10)
    picture = Picture([PBX])
    picture.apply(PBX, "0", "snapshot", body())
    for number in range(1, 100):
        told = {"busy": live_queue(ready=number), f"new-{number}": live_queue(), f"new-{number - 1}": None}
        picture.apply(PBX, str(number), "delta", body(queues=told))
    assert len(picture.floors[PBX].changed) < 20


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b"{}", b'{"as_of":"x","pbx":{"state":"live"}}', b"\xff", b'{"queues":{"q":1}}']
)
def test_what_is_no_live_body_is_refused_and_changes_nothing(data: bytes) -> None:
    picture = Picture([PBX])
    picture.apply(PBX, "1", "snapshot", body(queues={"q": live_queue()}))
    with pytest.raises(BadEventField):
        picture.apply(PBX, "2", "delta", data)
    assert list(picture.part(QUEUES)) == ["pbx1/q"]
    assert picture.position() == {"pbx1": "1"}


def test_objects_are_joined_to_valid_json() -> None:
    joined = json_object({'a"b': b"1", "gone": None, "张": b"{}"})
    assert msgspec.json.decode(joined) == {'a"b': 1, "gone": None, "张": {}}
