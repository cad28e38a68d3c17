"""Whatever rotates, packs, cuts off and kills: every row comes out, with one id, whichever file it was read from."""

import tempfile
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime
from itertools import count, pairwise
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.queue_log.growing import GrowingFile
from callcenter.codec import unpack_raw
from callcenter.domain.batches import Batch, SourceProgress
from callcenter.domain.feed import FeedLost, FeedRestored
from callcenter.domain.ids import EventId, PbxId
from tests.support.pbx_log import PACKERS, STRATEGIES, PbxLog, pack

HQ = PbxId("hq")


class FixedClock:
    def now(self) -> datetime:
        return datetime(2027, 1, 1, tzinfo=UTC)


class Follower:
    """A feed over its lives: what it told, stored once, and where the next life goes on."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows: dict[EventId, bytes] = {}
        self.gaps: dict[EventId, FeedLost | FeedRestored] = {}
        self._resume: SourceProgress | None = None
        self._file = self._born()

    def poll(self, batches: int | None = None) -> None:
        """Read on; only so many batches if it is killed then."""
        for _, batch in zip(range(batches if batches is not None else 10**9), self._file.poll(), strict=False):
            self._take(batch)

    def lacks(self, second: int) -> bool:
        """Whether a second is in a gap."""
        changes = sorted((gap.occurred_at, isinstance(gap, FeedRestored)) for gap in self.gaps.values())
        gaps = [(start, end) for (start, _), (end, is_back) in pairwise(changes) if is_back]
        return any(int(start.timestamp()) <= second <= end.timestamp() for start, end in gaps)

    def kill(self) -> None:
        """Whatever was not handed over is forgotten."""
        self._file.close()
        self._file = self._born()

    def beat(self) -> None:
        self._take(self._file.heartbeat())

    def close(self) -> None:
        self._file.close()

    def _born(self) -> GrowingFile:
        return GrowingFile(
            self.path, pbx=HQ, next_seq=count(1).__next__, clock=FixedClock(), resume=self._resume, late_seconds=0
        )

    def _take(self, batch: Batch) -> None:
        self._resume = batch.progress
        for event, wording in zip(batch.events, unpack_raw(batch.raw), strict=True):
            if isinstance(event, FeedLost | FeedRestored):
                self.gaps[event.event_id] = event
            else:
                assert self.rows.setdefault(event.event_id, wording) == wording


# Few agents, so that equal rows within a second are common, on both sides of a rotation too.
AGENTS = st.sampled_from(["Ann", "Ann", "Bob", "Cem"])
STEPS = st.one_of(
    st.tuples(st.just("write"), AGENTS),
    st.tuples(st.just("write"), AGENTS),
    st.tuples(st.just("write_half"), AGENTS),
    st.tuples(st.just("pass"), st.sampled_from([1, 1, 2, 15, 300])),
    st.tuples(st.just("rotate"), st.none()),
    st.tuples(st.just("rotate"), st.none()),
    st.tuples(st.just("reload"), st.none()),
    st.tuples(st.just("pack"), st.tuples(st.integers(0, 9), st.sampled_from(sorted(PACKERS)))),
    st.tuples(st.just("poll"), st.none()),
    st.tuples(st.just("beat"), st.none()),
    st.tuples(st.just("kill"), st.sampled_from([None, 0, 1, 2])),
)


def play(log: PbxLog, follower: Follower, steps: Iterable[tuple[str, Any]]) -> None:
    for what, how in steps:
        match what:
            case "write" | "write_half":
                getattr(log, what)(how)
            case "rotate" | "reload":
                getattr(log, what)()
            case "copy_and_cut_off":
                log.copy_and_cut_off(how)
            case "pass":
                log.second += how
            case "pack":
                if files := log.finished():
                    pack(files[how[0] % len(files)], how[1])
            case "kill":
                follower.poll(how)
                follower.kill()
            case _:
                getattr(follower, what)()


@given(st.sampled_from(STRATEGIES), st.lists(STEPS, min_size=5, max_size=60))
@settings(max_examples=800, deadline=None)
def test_every_row_comes_out_once(strategy: str, steps: list[tuple[str, Any]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        log = PbxLog(Path(folder) / "queue_log", strategy)
        with closing(log), closing(Follower(log.path)) as follower:
            play(log, follower, steps)
            log.reload()
            follower.poll()
            assert Counter(follower.rows.values()) == Counter(log.rows)
            assert follower.gaps == {}


CUTS = st.one_of(
    st.tuples(st.just("write"), AGENTS),
    st.tuples(st.just("pass"), st.sampled_from([1, 5, 300])),
    st.tuples(st.just("copy_and_cut_off"), st.sampled_from([None, "Lost"])),
    st.tuples(st.just("poll"), st.none()),
    st.tuples(st.just("kill"), st.sampled_from([None, 0, 1, 2])),
)


@given(st.sampled_from(["sequential", "rotate", "dateext"]), st.lists(CUTS, min_size=5, max_size=60))
@settings(max_examples=800, deadline=None)
def test_what_was_copied_and_cut_off_is_read_from_the_copy_and_what_is_in_neither_is_a_gap(
    strategy: str, steps: list[tuple[str, Any]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        log = PbxLog(Path(folder) / "queue_log", strategy)
        with closing(log), closing(Follower(log.path)) as follower:
            log.write("first")
            follower.poll()
            play(log, follower, steps)
            log.second += 1
            log.write("last")
            follower.poll()
            assert Counter(follower.rows.values()) == Counter(log.rows)
            assert [second for second in log.lost if not follower.lacks(second)] == []
