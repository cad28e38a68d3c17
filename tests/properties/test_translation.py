"""Whatever is read, translation gives facts that can be stored, or says what is wrong."""

import re
from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.ami.frame import Frame, FrameKind
from adapters.ami.protocol import FrameSplitter
from adapters.ami.translate import TABLE, translate
from adapters.queue_log.translate import IGNORED, ROWS, RowTranslator
from callcenter.codec import decode_event, encode_event
from callcenter.domain.errors import BadHeader, BadQueueLogLine, MissingHeader
from callcenter.domain.ids import EventId, PbxId
from tests.support.frames import HEARD_AT, HQ
from tests.support.stories import STORIES, story_bytes

NUMBERS = st.sampled_from(
    ["0", "1", "-1", "20", "9" * 30, "-2147483649", "1.5", "1e3", " 1", "٣", "NaN", "1_000", "--1"]
)
WORDS = st.sampled_from(
    ["NONE", "", "Ann", "PJSIP/1001", "张伟", "a|b", "a\\nb", "\\", "<unknown>", "unknown", "\udcff", "\0"]
)
IDS = st.sampled_from(["7.1", "pbx-1795424767.12", "MANAGER", "7" * 300])
VALUES = st.one_of(NUMBERS, WORDS, IDS, st.text(st.characters(exclude_categories=["Cs"]), max_size=12))
TIMES = st.sampled_from(["1795424767", "0", "-5", "99999999999", "4294967295", "4294967296", "x", ""])
ROW_NAMES = st.sampled_from([*ROWS, *IGNORED, "SURVEY", "", "connect", "LINK", "BRIDGE", "APP"])


def as_bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def read_line(line: bytes) -> None:
    """A fact that comes back from its bytes, none, or the one error."""
    try:
        event = RowTranslator(PbxId("hq"), "queue_log").translate(line, EventId(b"0" * 16), 1)
    except BadQueueLogLine:
        return
    assert event is None or decode_event(encode_event(event)) == event


@given(st.binary(max_size=200))
@settings(max_examples=500)
def test_any_line(line: bytes) -> None:
    read_line(line)


@given(TIMES, st.lists(st.one_of(VALUES, ROW_NAMES), min_size=3, max_size=5), ROW_NAMES, st.lists(VALUES, max_size=7))
@settings(max_examples=1000)
def test_any_line_with_columns(time: str, columns: list[str], name: str, parameters: list[str]) -> None:
    read_line(as_bytes("|".join([time, *columns, name, *parameters])))


def read_frame(name: str, raw: bytes) -> None:
    """Facts that come back from their bytes, the same each time, or one of the two errors, the same each time."""

    def tell() -> object:
        try:
            return translate(Frame(FrameKind.EVENT, name, raw, 7, HEARD_AT), HQ)
        except (MissingHeader, BadHeader) as error:
            return str(error)

    told = tell()
    assert tell() == told
    if isinstance(told, tuple):
        assert tuple(decode_event(encode_event(event)) for event in told) == told


@given(st.sampled_from(sorted(TABLE)), st.binary(max_size=200))
def test_any_bytes_as_a_frame(name: str, raw: bytes) -> None:
    read_frame(name, raw)


@cache
def recorded_frames() -> dict[str, list[bytes]]:
    """A few frames of each name that the stories hold."""
    frames: dict[str, list[bytes]] = {}
    for story in sorted(path.name for path in STORIES.iterdir()):
        for frame in FrameSplitter().feed(story_bytes(story, "22")):
            name = re.match(rb"Event: (\w+)", frame.raw)
            if name and name[1].decode() in TABLE:
                frames.setdefault(name[1].decode(), []).append(frame.raw)
    return {name: raws[:5] for name, raws in frames.items()}


@given(st.data())
@settings(max_examples=1000)
def test_a_recorded_frame_with_some_headers_changed_lost_or_repeated(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(recorded_frames())))
    lines = data.draw(st.sampled_from(recorded_frames()[name])).split(b"\r\n")
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(1, len(lines) - 1))
        header, _, _ = lines[place].partition(b":")
        changed = header + b": " + as_bytes(data.draw(VALUES))
        lines[place : place + 1] = data.draw(st.sampled_from([[changed], [], [changed, lines[place]]]))
        if len(lines) < 2:
            break
    read_frame(name, b"\r\n".join(lines))
