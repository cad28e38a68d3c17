"""The laws of reading AMI: any chunking gives the same, nothing raises, every message is accounted for.

The oracle below reads line by line, slowly and plainly, where the code under test never looks at lines.
"""

import gzip
from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.ami import protocol
from adapters.ami.protocol import FrameSplitter
from adapters.ami.reader import FrameCounts, FrameReader, holds

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
STORIES = Path(__file__).parents[1] / "golden" / "stories"

# Pieces that make boundaries, near-boundaries and broken messages likely.
PIECES = [
    b"\r\n", b"\n", b"\r", b"\r\n\r\n", b"\n\n", b"\r\r\n", b"Event: ", b"Event: Hangup\r\n", b"Event: VarSet\r\n",
    b"Event: RTCPSent\r\n", b"Response: Success\r\n", b"Variable: QUEUESTATUS\r\n", b"ActionID: 1\r\n", b"event:hangup",
    b"Asterisk Call Manager/", b"Asterisk", b": ", b":", b"\x00", b"\xff\xfe", "张伟".encode(), b"a" * 40, b"x",
]  # fmt: skip
streams = st.lists(st.sampled_from(PIECES) | st.binary(max_size=6), max_size=60).map(b"".join)


@st.composite
def chunked(draw: st.DrawFn) -> tuple[bytes, list[bytes]]:
    data = draw(streams)
    cuts = sorted(draw(st.sets(st.integers(0, len(data)), max_size=20)))
    edges = [0, *cuts, len(data)]
    return data, [data[a:b] for a, b in pairwise(edges)]


def read_by_lines(data: bytes) -> tuple[list[tuple[int, bytes]], bool]:
    """(offset, raw) of every finished message, and whether something unfinished is left."""
    at = 0
    if data.startswith(b"Asterisk Call Manager/") and 0 <= data.find(b"\n") < 256:
        at = data.index(b"\n") + 1
    messages, begin, end = [], -1, -1
    while (line_end := data.find(b"\n", at)) >= 0:
        line = data[at:line_end].removesuffix(b"\r")
        if line:
            begin = at if begin < 0 else begin
            end = at + len(line)
        elif begin >= 0:
            messages.append((begin, data[begin:end]))
            begin = -1
        at = line_end + 1
    return messages, bool(data[begin if begin >= 0 else at :].strip(b"\r\n"))


@given(chunked())
@settings(max_examples=1500, deadline=None)
def test_any_chunking_gives_what_reading_by_lines_gives(case: tuple[bytes, list[bytes]]) -> None:
    data, chunks = case
    splitter = FrameSplitter()
    got = [tuple(frame) for chunk in chunks for frame in splitter.feed(chunk)]
    splitter.end()
    messages, unfinished = read_by_lines(data)
    assert got == messages
    assert splitter.rejected[protocol.UNTERMINATED] == unfinished
    assert splitter.position == len(data)


@given(chunked())
@settings(max_examples=500, deadline=None)
def test_small_limits_hold_under_any_chunking(case: tuple[bytes, list[bytes]]) -> None:
    data, chunks = case
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(protocol, "MAX_LINE_BYTES", 50)
        patch.setattr(protocol, "MAX_MESSAGE_BYTES", 90)
        patch.setattr(protocol, "MAX_HEADERS", 4)
        patch.setattr(protocol, "_SURELY_WITHIN_LIMITS", 8)
        whole, parts = FrameSplitter(), FrameSplitter()
        expected = whole.feed(data)
        got = [frame for chunk in chunks for frame in parts.feed(chunk)]
        whole.end()
        parts.end()
    assert got == expected
    assert parts.rejected == whole.rejected
    assert all(len(frame.raw) <= 90 and frame.raw.count(b"\n") < 4 for frame in got)
    within = [message for message in read_by_lines(data)[0] if len(message[1]) <= 50 and message[1].count(b"\n") < 4]
    assert set(within) <= {tuple(frame) for frame in got}


@given(chunked())
@settings(max_examples=500, deadline=None)
def test_every_message_is_accounted_for_whatever_comes(case: tuple[bytes, list[bytes]]) -> None:
    data, chunks = case
    reader = FrameReader({"Hangup": None, "VarSet": holds(b"QUEUESTATUS")}, {"RTCPSent"})
    frames = [frame for chunk in chunks for frame in reader.feed(chunk, AT)]
    reader.end()
    whole = FrameReader({"Hangup": None, "VarSet": holds(b"QUEUESTATUS")}, {"RTCPSent"})
    assert frames == whole.feed(data, AT)
    whole.end()
    assert reader.counts == whole.counts
    assert reader.counts.frames == len(read_by_lines(data)[0])
    for frame in frames:
        assert all(isinstance(text, str) for header in frame.headers for text in header)


@pytest.mark.parametrize("story", ["caller_hangs", "pipe_member"])
@pytest.mark.parametrize("version", ["16", "22"])
def test_a_recorded_story_reads_the_same_in_chunks_of_any_size(story: str, version: str) -> None:
    data = gzip.decompress((STORIES / story / f"{version}.ami.gz").read_bytes())
    expected = _read(data, len(data))
    assert expected[0]
    for size in [*range(1, 64), *range(64, 4097, 191), 4096]:
        assert _read(data, size) == expected


def _read(data: bytes, size: int) -> tuple[list[object], FrameCounts, Counter[str]]:
    reader = FrameReader({"Hangup": None, "QueueCallerJoin": None, "VarSet": holds(b"QUEUESTATUS")}, {"Newexten"})
    frames: list[object] = []
    for at in range(0, len(data), size):
        frames += reader.feed(data[at : at + size], AT)
    reader.end()
    return frames, reader.counts, reader.counts.unknown
