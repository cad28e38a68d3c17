"""Tallies and batches."""

from datetime import UTC, datetime, timedelta
from itertools import count

from callcenter.batching import OTHER_NAMES, Batcher, Tally
from callcenter.codec import unpack_raw
from callcenter.domain.errors import BadHeader, BadQueueLogLine, MissingHeader
from callcenter.domain.feed import PbxReloaded
from callcenter.domain.ids import EventId, PbxId, Source

AT = datetime(2026, 11, 23, tzinfo=UTC)
HQ = PbxId("hq")


def event(number: int) -> PbxReloaded:
    return PbxReloaded(event_id=EventId(b"%016d" % number), occurred_at=AT, pbx=HQ, source=Source.AMI)


def test_a_batch_holds_what_was_added_in_order_with_its_wordings() -> None:
    batcher = Batcher(pbx=HQ, adapter="ami", next_seq=count(7).__next__, limit=3)
    tally = Tally(Source.AMI, "hq/1")
    batcher.add((event(1), event(2)), b"both")
    assert not batcher.full
    batcher.add((), b"nothing")
    batcher.add((event(3),), b"one")
    assert batcher.full
    batch = batcher.close(tally.progress(), AT)
    assert batch.events == (event(1), event(2), event(3))
    assert unpack_raw(batch.raw) == [b"both", b"both", b"one"]
    assert (batch.pbx, batch.adapter, batch.seq, batch.received_at) == (HQ, "ami", 7, AT)
    empty = batcher.close(tally.progress(), AT)
    assert (empty.events, empty.seq, unpack_raw(empty.raw)) == ((), 8, [])


def test_progress_does_not_change_with_the_tally_after_it() -> None:
    tally = Tally(Source.QUEUE_LOG, "f")
    tally.count_unknown("SURVEY")
    before = tally.progress()
    tally.count_unknown("SURVEY")
    tally.count_problem("torn_line")
    tally.frames = 5
    assert (before.unknown, before.problems, before.frames) == ({"SURVEY": 1}, {}, 0)
    assert (tally.progress().unknown, tally.progress().problems) == ({"SURVEY": 2}, {"torn_line": 1})


def test_errors_are_counted_by_what_is_wrong_not_by_each_value() -> None:
    tally = Tally(Source.AMI, "hq/1")
    for value in ("x", "y"):
        tally.count_error(BadHeader("Hangup", "Cause", value))
        tally.count_error(BadQueueLogLine("f", 1, value))
    tally.count_error(MissingHeader("Hangup", "Uniqueid"))
    assert tally.problems == {"BadHeader Hangup.Cause": 2, "BadQueueLogLine": 2, "MissingHeader Hangup.Uniqueid": 1}


def test_read_until_never_goes_back() -> None:
    tally = Tally(Source.AMI, "hq/1")
    tally.read_to(AT)
    tally.read_to(AT - timedelta(seconds=1))
    assert tally.read_until == AT


def test_damaged_input_cannot_fill_the_memory_with_names() -> None:
    tally = Tally(Source.AMI, "hq/1")
    for number in range(1000):
        tally.count_unknown(f"name {number}")
    assert len(tally.unknown) == 201
    assert sum(tally.unknown.values()) == 1000
    assert tally.unknown[OTHER_NAMES] == 800
