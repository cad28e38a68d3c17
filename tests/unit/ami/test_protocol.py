import tracemalloc

import pytest

from adapters.ami.protocol import MAX_HEADERS, MAX_LINE_BYTES, MAX_MESSAGE_BYTES, FrameSplitter

FIRST = b"Event: First\r\nA: 1"
SECOND = b"Event: Second\r\nB: "


def frames(data: bytes, splitter: FrameSplitter | None = None) -> list[bytes]:
    return [frame.raw for frame in (splitter or FrameSplitter()).feed(data)]


def test_messages_end_at_an_empty_line() -> None:
    assert frames(FIRST + b"\r\n\r\n" + SECOND + b"\r\n\r\n") == [FIRST, SECOND]


@pytest.mark.parametrize("gap", [b"\n\n", b"\r\n\n", b"\n\r\n", b"\r\n\r\n\r\n", b"\r\n\r\n\r\n\r\n\n\n\r\n"])
def test_bare_line_feeds_and_stray_empty_lines_are_understood(gap: bytes) -> None:
    assert frames(FIRST + gap + SECOND + gap) == [FIRST, SECOND]
    assert frames(gap + FIRST + gap) == [FIRST]


def test_a_frame_knows_where_it_begins() -> None:
    data = b"\r\n" + FIRST + b"\r\n\n\r\n" + SECOND + b"\r\n\r\n" + FIRST + b"\n\n"
    for frame in FrameSplitter().feed(data):
        assert data[frame.offset :].startswith(frame.raw)


def test_the_banner_is_no_message_and_counts_in_the_offsets() -> None:
    data = b"Asterisk Call Manager/11.0.0\r\nResponse: Success\r\nMessage: hello\r\n\r\n"
    splitter = FrameSplitter()
    [frame] = splitter.feed(data)
    assert splitter.banner == b"Asterisk Call Manager/11.0.0"
    assert frame.raw == b"Response: Success\r\nMessage: hello"
    assert frame.offset == 30


@pytest.mark.parametrize(
    "start", [b"Ast", b"Asterisk: no banner\r\n", b"Asterisk Call Manager/" + b"9" * 300 + b"\r\n"]
)
def test_what_only_looks_like_a_banner_is_data(start: bytes) -> None:
    splitter = FrameSplitter()
    [frame] = splitter.feed(start + FIRST + b"\r\n\r\n")
    assert splitter.banner is None
    assert frame.raw == start + FIRST


def test_a_half_frame_waits_for_the_rest_and_is_counted_when_none_comes() -> None:
    splitter = FrameSplitter()
    assert frames(FIRST[:9], splitter) == []
    assert frames(FIRST[9:] + b"\r\n\r\nEvent: Sec", splitter) == [FIRST]
    splitter.end()
    assert splitter.rejected == {"unterminated": 1}
    assert splitter.position == len(FIRST) + 4 + 10


@pytest.mark.parametrize("rest", [b"", b"\r\n", b"\r\n\r\n"])
def test_an_end_between_messages_is_no_loss(rest: bytes) -> None:
    splitter = FrameSplitter()
    splitter.feed(FIRST + b"\r\n\r\n" + rest)
    splitter.end()
    assert not splitter.rejected


def test_an_unfinished_greeting_is_counted_too() -> None:
    splitter = FrameSplitter()
    assert splitter.feed(b"Asterisk Call Man") == []
    splitter.end()
    assert splitter.rejected == {"unterminated": 1}


@pytest.mark.parametrize(
    ("excess", "reason"),
    [
        (b"Event: X\r\nA: " + b"a" * (MAX_LINE_BYTES - 2), "line_too_long"),
        (b"Event: X\r\n" + b"A: b\r\n" * (MAX_HEADERS - 1) + b"A: b", "too_many_headers"),
        (b"\r\n".join([b"a" * MAX_LINE_BYTES] * 16), "message_too_long"),
    ],
)
def test_a_message_beyond_the_limits_is_dropped_and_counted_and_the_next_one_read(excess: bytes, reason: str) -> None:
    for size in (len(excess) + 100, 4096):
        splitter = FrameSplitter()
        data = excess + b"\r\n\r\n" + FIRST + b"\r\n\r\n"
        chunks = [data[at : at + size] for at in range(0, len(data), size)]
        assert [frame for chunk in chunks for frame in frames(chunk, splitter)] == [FIRST]
        assert splitter.rejected == {reason: 1}


@pytest.mark.parametrize(
    "most",
    [
        b"Event: X\r\nA: " + b"a" * (MAX_LINE_BYTES - 3),
        b"Event: X\r\n" + b"A: b\r\n" * (MAX_HEADERS - 2) + b"A: b",
        b"\r\n".join([b"a" * (MAX_LINE_BYTES - 2)] * 16) + b"aa",
    ],
)
def test_a_message_at_the_limits_is_read(most: bytes) -> None:
    assert len(most) <= MAX_MESSAGE_BYTES
    for gap in (b"\r\n\r\n", b"\n\n"):
        splitter = FrameSplitter()
        data = b"\r\n" + most + gap
        got = [raw for at in range(0, len(data), 5000) for raw in frames(data[at : at + 5000], splitter)]
        assert got == [most]
        assert not splitter.rejected


def test_ten_thousand_headers_are_one_dropped_message() -> None:
    splitter = FrameSplitter()
    data = b"Event: X\r\n" + b"".join(b"Header-%d: v\r\n" % n for n in range(10_000)) + b"\r\n" + FIRST + b"\r\n\r\n"
    assert frames(data, splitter) == [FIRST]
    assert splitter.rejected == {"too_many_headers": 1}


def test_a_line_of_100_mb_costs_no_memory_and_not_the_connection() -> None:
    splitter, chunk = FrameSplitter(), b"x" * 262_144
    tracemalloc.start()
    for _ in range(400):
        assert splitter.feed(chunk) == []
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * MAX_MESSAGE_BYTES
    assert frames(b"\r\n\r\n" + FIRST + b"\r\n\r\n", splitter) == [FIRST]
    assert splitter.rejected == {"message_too_long": 1}
    assert splitter.position == 400 * 262_144 + 4 + len(FIRST) + 4


def test_reading_may_begin_in_the_middle() -> None:
    splitter = FrameSplitter(aligned=False)
    assert frames(b"rest of a line\r\nAsterisk Call Manager/1\r", splitter) == []
    assert frames(b"\n\r", splitter) == []
    assert frames(b"\n" + FIRST + b"\r\n\r\n", splitter) == [FIRST]
    assert not splitter.rejected
