"""Lines out of bytes."""

from adapters.queue_log.lines import LineSplitter


def test_a_line_is_there_when_its_end_is() -> None:
    splitter = LineSplitter()
    assert splitter.feed(b"a|b\nc") == [(b"a|b", 0, 4)]
    assert (splitter.offset, splitter.unfinished) == (4, 1)
    assert splitter.feed(b"d\n\ne\r\n") == [(b"cd", 4, 7), (b"", 7, 8), (b"e\r", 8, 11)]
    assert (splitter.offset, splitter.unfinished) == (11, 0)


def test_a_line_beyond_the_limit_is_passed_over_and_does_not_fill_the_memory() -> None:
    splitter = LineSplitter(limit=4)
    assert splitter.feed(b"abcd\nabcde\nx\n") == [(b"abcd", 0, 5), (None, 5, 11), (b"x", 11, 13)]
    for _ in range(1000):
        assert splitter.feed(b"yyyyy") == []
    assert splitter.unfinished == 5000
    assert splitter.feed(b"y\nz\n") == [(None, 13, 5015), (b"z", 5015, 5017)]


def test_reading_can_begin_anywhere() -> None:
    assert LineSplitter(offset=100).feed(b"a\n") == [(b"a", 100, 102)]
