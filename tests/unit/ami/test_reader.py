import gzip
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.ami.frame import FrameKind
from adapters.ami.reader import FrameReader, holds

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TRACES = Path(__file__).parents[2] / "data" / "traces"


def message(*lines: bytes) -> bytes:
    return b"\r\n".join(lines) + b"\r\n\r\n"


def test_wanted_events_and_all_responses_are_kept_and_the_rest_is_counted() -> None:
    reader = FrameReader({"Hangup": None, "Hold": None}, {"RTCPSent"})
    data = (
        message(b"Event: Hangup", b"Uniqueid: 1")
        + message(b"Event: RTCPSent")
        + message(b"Event: RTCPSent", b"A: b")
        + message(b"Response: Success", b"ActionID: 7")
        + message(b"Event: Brand New", b"A: b")
        + message(b"Event: Hold")
        + message(b"Queue: Hangup", b"A: b")
    )
    frames = reader.feed(data, AT)
    assert [(frame.kind, frame.name) for frame in frames] == [
        (FrameKind.EVENT, "Hangup"),
        (FrameKind.RESPONSE, "Success"),
        (FrameKind.EVENT, "Hold"),
    ]
    counts = reader.counts
    assert (counts.frames, counts.kept, counts.ignored) == (7, 3, 2)
    assert counts.unknown == {"Brand New": 1}
    assert counts.problems == {"nameless": 1}


def test_a_frame_carries_its_place_and_time() -> None:
    data = message(b"Event: Hold") + message(b"Event: Hangup", b"Uniqueid: 1")
    [frame] = FrameReader({"Hangup": None}).feed(data, AT)
    assert frame.received_at == AT
    assert data[frame.offset : frame.offset + len(frame.raw)] == frame.raw == b"Event: Hangup\r\nUniqueid: 1"


def test_a_predicate_chooses_by_the_bytes() -> None:
    reader = FrameReader({"VarSet": holds(b"\nVariable: QUEUESTATUS\r", b"\nVariable: MIXMONITOR_FILENAME\r")})
    data = (
        message(b"Event: VarSet", b"Variable: QUEUESTATUS", b"Value: FULL")
        + message(b"Event: VarSet", b"Variable: DIALSTATUS", b"Value: QUEUESTATUS")
        + message(b"Event: VarSet", b"Variable: MIXMONITOR_FILENAME", b"Value: /a.wav")
    )
    assert [frame.get("Value") for frame in reader.feed(data, AT)] == ["FULL", "/a.wav"]
    assert reader.counts.unselected == 1


@pytest.mark.parametrize(
    "oddly_written",
    [
        b"\r\n" + message(b"Event: Hangup", b"Uniqueid: 1"),
        message(b"Uniqueid: 1", b"Event: Hangup"),
        message(b"EVENT:hangup", b"Uniqueid: 1"),
        b"Event: Hangup\nUniqueid: 1\n\n",
        b"Event: Hangup\r\n\r\n",
        b"Event: Hangup\n\n",
    ],
)
def test_an_event_is_known_however_it_is_written(oddly_written: bytes) -> None:
    reader = FrameReader({"Hangup": None}, {"Hold"})
    [frame] = reader.feed(oddly_written, AT)
    assert frame.name == "Hangup"
    assert reader.counts.frames == 1


def test_what_is_ignored_is_so_however_it_is_written() -> None:
    reader = FrameReader({}, {"Hold"})
    assert reader.feed(message(b"A: b", b"event: HOLD") + message(b"Event: Hold") + b"Event: Hold\n\n", AT) == []
    assert reader.counts.ignored == 3
    assert not reader.counts.unknown


def test_an_event_that_carries_a_response_is_an_event() -> None:
    reader = FrameReader({"OriginateResponse": None})
    [frame] = reader.feed(message(b"Event: OriginateResponse", b"Response: Failure"), AT)
    assert (frame.kind, frame.name) == (FrameKind.EVENT, "OriginateResponse")


def test_invented_names_do_not_fill_the_memory() -> None:
    reader = FrameReader({})
    for n in range(1000):
        reader.feed(message(b"Event: \xff%d" % n + b"x" * 1000), AT)
    unknown = reader.counts.unknown
    assert len(unknown) == 501
    assert unknown.total() == reader.counts.frames == 1000
    assert max(map(len, unknown)) <= 83
    assert "".join(unknown).encode().decode() == "".join(unknown)


def test_the_counts_are_a_copy() -> None:
    reader = FrameReader({})
    before = reader.counts
    reader.feed(message(b"Event: New"), AT)
    assert before.frames == 0
    assert reader.counts.frames == 1


@pytest.mark.parametrize(
    ("trace", "events", "responses"),
    [
        ("day-ast22", 131_645, {"Success": 64, "Error": 1, "Goodbye": 1}),
        ("day-ast16", 111_037, {"Success": 64, "Error": 1, "Goodbye": 1}),
        ("localopt-ast22", 25_156, None),
        ("storm-ast22", 201_260, None),
    ],
)
def test_every_message_of_a_recorded_run_is_accounted_for(
    trace: str, events: int, responses: dict[str, int] | None
) -> None:
    data = gzip.decompress((TRACES / trace / "ami.raw.gz").read_bytes())
    names = Counter(line[7:].decode() for line in data.split(b"\r\n") if line.startswith(b"Event: "))
    wanted = {"VarSet": holds(b"\nVariable: QUEUESTATUS\r")} | dict.fromkeys(("Hangup", "QueueCallerJoin", "TestEvent"))
    reader = FrameReader(wanted, {"Newexten", "CEL"})
    kept: Counter[str] = Counter()
    answers: Counter[str] = Counter()
    for at in range(0, len(data), 60_000):
        for frame in reader.feed(data[at : at + 60_000], AT):
            (kept if frame.kind is FrameKind.EVENT else answers)[frame.name] += 1
            assert data.startswith(frame.raw, frame.offset)
    reader.end()
    counts = reader.counts
    assert counts.frames == events + answers.total()
    assert names.total() == events
    for name in ("Hangup", "QueueCallerJoin", "TestEvent"):
        assert kept[name] == names[name]
    assert kept["VarSet"] + counts.unselected == names["VarSet"]
    assert counts.ignored == names["Newexten"] + names["CEL"]
    others = names.keys() - {"VarSet", "Hangup", "QueueCallerJoin", "TestEvent", "Newexten", "CEL"}
    assert counts.unknown == {name: names[name] for name in others}
    assert not counts.problems
    assert responses is None or answers == responses
