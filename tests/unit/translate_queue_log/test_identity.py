"""Ids of equal rows."""

from datetime import UTC, datetime
from itertools import count

from adapters.queue_log.identity import RowIdentities, counted_from
from adapters.queue_log.reading import FileReading
from callcenter.batching import Batcher
from callcenter.domain.batches import Batch, SourceProgress
from callcenter.domain.ids import PbxId

HQ = PbxId("hq")
ROW = b"1|NONE|q|A|UNPAUSE|"


class FixedClock:
    def now(self) -> datetime:
        return datetime(2026, 11, 23, tzinfo=UTC)


def test_equal_lines_are_counted_in_this_block_and_the_one_before() -> None:
    identities = RowIdentities(HQ, block=10)
    places = [(0, 0), (9, 1), (10, 2), (19, 3), (20, 2), (45, 0)]
    assert [(offset, identities.ordinal(ROW, offset)) for offset, _ in places] == places
    assert identities.ordinal(b"another", 46) == 0


def test_counting_begins_with_the_block_before() -> None:
    assert [counted_from(offset, block=10) for offset in (0, 9, 19, 20, 29, 30)] == [0, 0, 0, 10, 10, 20]


def test_an_id_is_of_the_pbx_the_line_and_its_ordinal() -> None:
    here, there = RowIdentities(HQ), RowIdentities(PbxId("branch"))
    ids = {here.event_id(ROW, 0), here.event_id(ROW, 1), here.event_id(b"another", 0), there.event_id(ROW, 0)}
    assert len(ids) == 4
    assert {len(event_id) for event_id in ids} == {16}
    assert RowIdentities(HQ).event_id(ROW, 1) in ids


def read(data: bytes, resume: SourceProgress | None = None) -> list[Batch]:
    batcher = Batcher(pbx=HQ, adapter="queue_log", next_seq=count(1).__next__, limit=1)
    reading = FileReading(pbx=HQ, name="f", batcher=batcher, clock=FixedClock(), resume=resume, block=64)
    return list(reading.feed(data[reading.begin :]))


def test_a_line_cut_where_counting_begins_is_not_taken_for_a_whole_one() -> None:
    cut = b"1|NONE|q|A|PAUSE|".ljust(64, b"x") + ROW
    data = b"\n".join([cut, ROW, b"1|NONE|q|A|PAUSE|".ljust(30, b"y"), ROW, b""])
    batches = read(data)
    assert batches[2].progress.offset >= 128
    (resumed,) = read(data, batches[2].progress)
    assert resumed.events == batches[3].events
