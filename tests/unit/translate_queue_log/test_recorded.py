"""Recorded queue_logs: the facts in each."""

import gzip
from collections import Counter
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest

from adapters.queue_log.source import read_file
from adapters.queue_log.translate import IGNORED, ROWS
from callcenter.domain.ids import PbxId

TRACES = Path(__file__).parents[2] / "data" / "traces"


class FixedClock:
    def now(self) -> datetime:
        return datetime(2026, 11, 23, tzinfo=UTC)


EXPECTED = """
                                day-ast22       day-ast16  localopt-ast22     storm-ast22
call.offered                          519             531              79            1147
call.conversation_ended               350             335              73            1147
call.answered                         349             334              72            1147
call.exited                           170             197               7               0
call.noted                            165             181              32               0
ring.not_answered                     138             109              25               0
member.paused                          82              90              11               0
member.unpaused                        82              86              11               0
member.added                           44              52              29               0
member.removed                         30              41              25               0
ring.canceled                          14              13               3               0
pbx.started                             1               1               1               1
member.penalty_set                      1               1               1               0
"""


def expected_facts(trace: str) -> dict[str, int]:
    """One column of the table, without its zeros."""
    head, *rows = EXPECTED.strip("\n").splitlines()
    column = head.split().index(trace) + 1
    return {cells[0]: int(cells[column]) for cells in map(str.split, rows) if cells[column] != "0"}


@pytest.mark.parametrize("trace", EXPECTED.split("\n")[1].split())
def test_the_facts_of_a_trace_and_their_ids(trace: str) -> None:
    (path,) = (TRACES / trace).glob("queue_log*")
    batches = list(read_file(path, pbx=PbxId("hq"), next_seq=count(1).__next__, clock=FixedClock()))
    told = [event for batch in batches for event in batch.events]
    assert Counter(event.TYPE for event in told) == expected_facts(trace)
    assert len({event.event_id for event in told}) == len(told)
    progress = batches[-1].progress
    names = [line.split("|")[4] for line in text_of(path).splitlines()]
    assert progress.frames == len(names) == len(told) + sum(name in IGNORED for name in names)
    assert progress.unknown == Counter(name for name in names if name not in ROWS and name not in IGNORED)
    assert not progress.problems


def text_of(path: Path) -> str:
    data = path.read_bytes()
    return (gzip.decompress(data) if path.suffix == ".gz" else data).decode()
