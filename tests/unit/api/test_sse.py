"""Frames, event ids, and the bounded backlog of one browser."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.api.sse import Subscriber, event_id, frame, position_of
from tests.support.sse import parse


@given(st.dictionaries(st.text(min_size=1), st.text(), max_size=5))
def test_a_position_survives_the_way_through_an_event_id(position: dict[str, str]) -> None:
    text = event_id(position)
    assert position_of(text) == position
    assert text.isascii()
    assert not set(text) & set("\r\n =")


@given(st.text(max_size=200))
def test_what_never_was_an_event_id_is_no_position(text: str) -> None:
    assert isinstance(position_of(text), dict)


@pytest.mark.parametrize("text", ["", "!", "AAAA", "eyJhIjoxfQ", "é", "\x00", "a" * 10_000])
def test_damaged_ids_give_the_empty_position(text: str) -> None:
    assert position_of(text) == {}


def test_a_frame_is_read_back_as_it_was_written() -> None:
    told = parse(frame("delta", '{"名":"a\\nb"}'.encode(), {"p": "1-0"})[:-2])
    assert told is not None
    assert (told.event, told.data) == ("delta", {"名": "a\nb"})
    assert position_of(told.event_id or "") == {"p": "1-0"}


async def test_frames_come_in_order_and_together() -> None:
    subscriber = Subscriber()
    subscriber.offer(b"1")
    subscriber.offer(b"2")
    assert await subscriber.take(1) == b"12"
    assert await subscriber.take(0.001) == b""


async def test_one_that_waits_is_woken() -> None:
    subscriber = Subscriber()
    waiting = asyncio.create_task(subscriber.take(5))
    await asyncio.sleep(0)
    subscriber.offer(b"1")
    assert await waiting == b"1"
    waiting = asyncio.create_task(subscriber.take(5))
    await asyncio.sleep(0)
    subscriber.close()
    assert await waiting == b""
    assert subscriber.closed


@pytest.mark.parametrize(("most_frames", "most_bytes"), [(3, 10_000), (1000, 30)])
async def test_a_backlog_that_grows_too_long_is_dropped_whole(most_frames: int, most_bytes: int) -> None:
    subscriber = Subscriber(most_frames, most_bytes)
    for _ in range(4):
        subscriber.offer(b"0123456789")
    assert subscriber.behind
    assert await subscriber.take(1) == b""
    subscriber.offer(b"too early: a snapshot has to come first")
    subscriber.caught_up()
    subscriber.offer(b"next")
    assert not subscriber.behind
    assert await subscriber.take(1) == b"next"
