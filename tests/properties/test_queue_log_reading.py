"""A file gives the same rows with the same ids, however it is cut and wherever reading is taken up again."""

import tempfile
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from itertools import accumulate, count, pairwise
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.queue_log.growing import GrowingFile
from adapters.queue_log.identity import BLOCK
from adapters.queue_log.lines import LineSplitter
from adapters.queue_log.reading import FileReading
from adapters.queue_log.source import read_file
from callcenter.batching import Batcher
from callcenter.domain.batches import Batch, SourceProgress
from callcenter.domain.event import Event
from callcenter.domain.ids import PbxId

HQ = PbxId("hq")

# Few different lines, so that many are equal; bad, blank and long ones among them.
LINES = st.one_of(
    st.sampled_from([b"1|NONE|q|A|UNPAUSE|", b"2|NONE|q|A|UNPAUSE|", b"1|7.1|q|A|SURVEY|\xff"]),
    st.sampled_from([b"1|NONE|q|A|PAUSEALL|", b"bad", b"", b"1|NONE|q|A|PAUSE|" + b"x" * 60, b"y" * 70_000]),
)
ENDS = st.sampled_from([b"\n", b"\n", b"\r\n"])
FILES = st.lists(st.builds(bytes.__add__, LINES, ENDS), max_size=40).map(b"".join)


class FixedClock:
    def now(self) -> datetime:
        return datetime(2026, 11, 23, tzinfo=UTC)


def chunks_of(data: bytes, cuts: Sequence[int]) -> list[bytes]:
    places = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[start:end] for start, end in pairwise(places)]


def read(
    data: bytes, cuts: Sequence[int], block: int, resume: SourceProgress | None = None, limit: int = 3
) -> list[Batch]:
    batcher = Batcher(pbx=HQ, adapter="queue_log", next_seq=count(1).__next__, limit=limit)
    reading = FileReading(pbx=HQ, name="f", batcher=batcher, clock=FixedClock(), resume=resume, block=block)
    rest = data[reading.begin :]
    batches = [batch for chunk in chunks_of(rest, cuts) for batch in reading.feed(chunk)]
    return [*batches, reading.close()]


def events_of(batches: Sequence[Batch]) -> list[Event]:
    return [event for batch in batches for event in batch.events]


CUTS = st.lists(st.integers(0, 10**6), max_size=8)
BLOCKS = st.sampled_from([16, 50, 200, BLOCK])


@given(FILES, CUTS, st.binary(max_size=30))
def test_any_chunking_gives_the_same_lines(data: bytes, cuts: list[int], torn: bytes) -> None:
    whole, pieces = LineSplitter(), LineSplitter()
    lines = whole.feed(data + torn)
    assert [line for chunk in chunks_of(data + torn, cuts) for line in pieces.feed(chunk)] == lines
    assert (pieces.offset, pieces.unfinished) == (whole.offset, whole.unfinished)
    assert [end for _, _, end in lines] == list(accumulate((end - begin for _, begin, end in lines), initial=0))[1:]


@given(FILES, CUTS, BLOCKS)
def test_any_chunking_gives_the_same_batches(data: bytes, cuts: list[int], block: int) -> None:
    assert read(data, cuts, block) == read(data, [], block)


@given(FILES, CUTS, BLOCKS, st.data())
@settings(max_examples=300)
def test_resumed_from_any_batch_the_rest_is_the_same(
    data: bytes, cuts: list[int], block: int, draw: st.DataObject
) -> None:
    batches = read(data, [], block)
    done = draw.draw(st.integers(1, len(batches)))
    again = read(data, cuts, block, resume=batches[done - 1].progress)
    assert events_of(again) == events_of(batches[done:])
    assert again[-1].progress == batches[-1].progress


@given(FILES)
def test_every_row_has_its_own_id(data: bytes) -> None:
    events = events_of(read(data, [], BLOCK))
    assert len({event.event_id for event in events}) == len(events)


@given(FILES, CUTS, st.lists(st.booleans(), min_size=10, max_size=10))
@settings(max_examples=60, deadline=None)
def test_a_growing_file_with_restarts_gives_what_the_whole_file_gives(
    data: bytes, cuts: list[int], restarts: list[bool]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "queue_log"
        path.touch()
        told: list[Batch] = []
        seq = count(1).__next__
        file = GrowingFile(path, pbx=HQ, next_seq=seq, clock=FixedClock())
        for chunk, restart in zip(chunks_of(data, cuts), restarts, strict=False):
            with path.open("ab") as end:
                end.write(chunk)
            told += file.poll()
            if restart:
                file.close()
                resume = told[-1].progress if told else None
                file = GrowingFile(path, pbx=HQ, next_seq=seq, clock=FixedClock(), resume=resume)
        with closing(file):
            told += file.poll()
        whole = list(read_file(path, pbx=HQ, next_seq=count(1).__next__, clock=FixedClock()))
    assert events_of(told) == events_of(whole)
    assert not told or told[-1].progress.frames == whole[-1].progress.frames
