"""Whole files and the file that is being written."""

import errno
import gzip
import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from time import monotonic, sleep
from typing import Protocol

import pytest

from adapters.queue_log.content import Content
from adapters.queue_log.generations import oldest_first
from adapters.queue_log.growing import GrowingFile
from adapters.queue_log.identity import NOTHING_CARRIED
from adapters.queue_log.outages import BROKEN_OFF, COPIED, CUT_OFF, REMOVED
from adapters.queue_log.source import WholeFile, read_file
from callcenter.codec import unpack_raw
from callcenter.domain.agents.events import MemberPaused
from callcenter.domain.batches import Batch, SourceProgress
from callcenter.domain.errors import SourceUnreadable
from callcenter.domain.event import Event
from callcenter.domain.feed import FeedLost, FeedRestored
from callcenter.domain.ids import PbxId
from tests.support.pbx_log import PACKERS, PbxLog, pack

HQ = PbxId("hq")
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class FixedClock:
    def __init__(self, now: datetime = NOW) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def set(self, now: datetime) -> None:
        self._now = now


def pause(second: int, agent: str = "Ann") -> bytes:
    return b"%d|NONE|sales|%b|PAUSE|\n" % (1795424000 + second, agent.encode())


def whole(path: Path) -> list[Batch]:
    return list(read_file(path, pbx=HQ, next_seq=count(1).__next__, clock=FixedClock()))


def events_of(batches: Iterable[Batch]) -> list[Event]:
    return [event for batch in batches for event in batch.events]


def rows_of(events: Iterable[Event]) -> list[Event]:
    """What rows told, without what the follower told of itself."""
    return [event for event in events if not isinstance(event, FeedLost | FeedRestored)]


def gaps_of(events: Iterable[Event]) -> list[tuple[int, str, int]]:
    """What is missing, from which second to which, and why."""
    lost = [event for event in events if isinstance(event, FeedLost)]
    restored = [event for event in events if isinstance(event, FeedRestored)]
    return [(second(one), one.reason, second(other)) for one, other in zip(lost, restored, strict=True)]


def second(event: Event) -> int:
    """As `pause` counts."""
    return int(event.occurred_at.timestamp()) - 1795424000


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "queue_log"


class Open(Protocol):
    def __call__(self, resume: SourceProgress | None = None) -> GrowingFile: ...


@pytest.fixture
def growing(path: Path) -> Iterator[Open]:
    """Opens the file at ``path`` as the one that is being written."""
    with ExitStack() as stack:

        def open_it(resume: SourceProgress | None = None) -> GrowingFile:
            seq = count(1).__next__
            file = GrowingFile(path, pbx=HQ, next_seq=seq, clock=FixedClock(), resume=resume, late_seconds=0)
            return stack.enter_context(closing(file))

        yield open_it


def test_a_whole_file_plain_or_gzipped_gives_the_same(path: Path, tmp_path: Path) -> None:
    data = b"".join(pause(second) for second in range(2500))
    path.write_bytes(data)
    packed = tmp_path / "queue_log.1"
    packed.write_bytes(gzip.compress(data))
    batches = whole(path)
    assert [len(batch.events) for batch in batches] == [1000, 1000, 500]
    assert [batch.seq for batch in batches] == [1, 2, 3]
    assert events_of(whole(packed)) == events_of(batches)
    assert unpack_raw(batches[0].raw) == data.splitlines()[:1000]
    last = batches[-1].progress
    assert (last.offset, last.frames, last.read_until) == (len(data), 2500, events_of(batches)[-1].occurred_at)
    assert batches[0].progress.offset == len(b"".join(pause(second) for second in range(1000)))


def test_what_cannot_be_read_is_counted_and_the_rest_is_read(path: Path) -> None:
    path.write_bytes(pause(1) + b"garbage\n" + b"x" * 70_000 + b"\n\n" + pause(2)[:-1] + b"\r\n" + pause(3)[:20])
    (batch,) = whole(path)
    assert len(batch.events) == 2
    assert batch.progress.frames == 5
    assert batch.progress.problems == {"BadQueueLogLine": 1, "line_too_long": 1, "torn_line": 1}
    assert batch.progress.offset == path.stat().st_size - 20


def test_custom_rows_are_noted_and_counted_by_name(path: Path) -> None:
    path.write_bytes(b"1|7.1|q|Ann|SURVEY|5\n1|7.1|q|Ann|SURVEY|4\n1|NONE|NONE|Ann|PAUSEALL|\n")
    (batch,) = whole(path)
    assert (len(batch.events), batch.progress.frames, batch.progress.unknown) == (2, 3, {"SURVEY": 2})


def test_an_empty_file_tells_its_progress(path: Path) -> None:
    path.touch()
    (batch,) = whole(path)
    assert (batch.events, batch.progress.frames, batch.progress.connection) == ((), 0, str(path))


def test_a_gzip_that_breaks_off_gives_what_was_whole(path: Path) -> None:
    packed = gzip.compress(b"".join(pause(second, f"Agent {second * 7919}") for second in range(2000)))
    path.write_bytes(packed[: len(packed) // 2])
    batches = whole(path)
    assert 500 < len(events_of(batches)) < 2000
    assert batches[-1].progress.problems["damaged_archive"] == 1


@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.mkdir()], ids=["missing", "a folder"])
def test_what_is_no_file_says_so(path: Path, make) -> None:
    make(path)
    with pytest.raises(SourceUnreadable) as caught:
        whole(path)
    assert caught.value.path == str(path)


def test_equal_rows_have_different_ids_and_the_same_ones_again(path: Path) -> None:
    path.write_bytes(pause(1) + pause(2) + pause(1) + pause(1))
    first = [event.event_id for event in events_of(whole(path))]
    assert len(set(first)) == 4
    assert [event.event_id for event in events_of(whole(path))] == first


def test_the_pbx_is_part_of_the_identity(path: Path) -> None:
    path.write_bytes(pause(1))
    (other,) = read_file(path, pbx=PbxId("branch"), next_seq=count(1).__next__, clock=FixedClock())
    assert events_of(whole(path))[0].event_id != other.events[0].event_id


def test_a_growing_file_is_read_to_its_last_complete_line(path: Path, growing: Open) -> None:
    path.write_bytes(pause(1) + pause(2)[:9])
    file = growing()
    (batch,) = file.poll()
    assert len(batch.events) == 1
    assert batch.progress.offset == len(pause(1))
    assert list(file.poll()) == []
    append(path, pause(2)[9:] + pause(3))
    (batch,) = file.poll()
    assert len(batch.events) == 2
    assert batch.progress.frames == 3


def test_a_stopped_reader_goes_on_where_it_was(path: Path, growing: Open) -> None:
    path.write_bytes(pause(1) * 2)
    first = growing()
    (batch,) = first.poll()
    first.close()
    append(path, pause(1) + pause(2))
    second = growing(batch.progress)
    (later,) = second.poll()
    assert [*batch.events, *later.events] == events_of(whole(path))
    assert (later.progress.frames, later.progress.connection) == (4, batch.progress.connection)


def test_a_file_that_is_not_there_yet_is_waited_for(path: Path, growing: Open) -> None:
    file = growing()
    assert list(file.poll()) == []
    path.write_bytes(pause(1))
    assert len(events_of(file.poll())) == 1


def test_after_a_rotation_the_end_of_the_old_file_and_the_new_one_are_read(path: Path, growing: Open) -> None:
    path.write_bytes(pause(1))
    file = growing()
    (before,) = file.poll()
    append(path, pause(2))
    path.rename(path.with_suffix(".0"))
    (rest,) = file.poll()
    path.write_bytes(pause(3) + pause(4))
    end, after = file.poll()
    assert len(rest.events) == 1
    assert (end.events, after.events) == ((), tuple(events_of(whole(path))))
    assert after.progress.connection != before.progress.connection == rest.progress.connection
    assert (after.progress.offset, after.progress.frames) == (path.stat().st_size, 2)


@pytest.mark.parametrize("size", [1, 20], ids=["shorter", "longer than before"])
def test_a_file_cut_off_and_written_anew_is_read_from_its_beginning(path: Path, growing: Open, size: int) -> None:
    path.write_bytes(b"".join(map(pause, range(10))))
    file = growing()
    list(file.poll())
    path.write_bytes(b"".join(map(pause, range(100, 100 + size))))
    told = events_of(file.poll())
    assert rows_of(told) == events_of(whole(path))
    assert gaps_of(told) == [(9, CUT_OFF, 100)]


def test_a_checkpoint_of_another_file_begins_anew(path: Path, growing: Open) -> None:
    path.write_bytes(pause(1) * 3)
    (batch,) = growing().poll()
    path.unlink()
    path.write_bytes(pause(5) * 9)
    (again,) = growing(batch.progress).poll()
    assert rows_of(again.events) == events_of(whole(path))
    assert again.progress.frames == 9
    assert gaps_of(again.events) == [(1, REMOVED, 5)]


def test_a_checkpoint_that_is_none_begins_anew(path: Path, growing: Open) -> None:
    path.write_bytes(pause(1) * 3)
    (batch,) = growing().poll()
    for note in (None, "", "{}", "not ours", '{"device":"x"}'):
        assert len(events_of(growing(replace(batch.progress, checkpoint=note)).poll())) == 3


class Silence:
    """A PBX whose clock is ``ahead`` of ours, and its log, in which a row was just written; then time passes."""

    def __init__(self, path: Path, ahead: timedelta, resume: SourceProgress | None = None) -> None:
        self.clock = FixedClock(NOW)
        self._path, self._ahead = path, ahead
        seq = count(1).__next__
        self.file = GrowingFile(path, pbx=HQ, next_seq=seq, clock=self.clock, resume=resume)

    def write(self, *, ago: int = 0) -> None:
        append(self._path, b"%d|NONE|sales|Ann|PAUSE|\n" % ((self.pbx_time - EPOCH).total_seconds() - ago))

    def wait(self, seconds: int) -> None:
        self.clock.set(self.clock.now() + timedelta(seconds=seconds))

    @property
    def pbx_time(self) -> datetime:
        return self.clock.now() + self._ahead

    def read_until(self) -> datetime | None:
        """How far the file was read, as a batch tells it."""
        return ([*self.file.poll()] or [self.file.heartbeat()])[-1].progress.read_until


@pytest.mark.parametrize("minutes", [-180, -3, 0, 3, 180])
def test_in_silence_the_file_is_read_up_to_the_present_of_the_pbx_whatever_our_clock(path: Path, minutes: int) -> None:
    pbx = Silence(path, timedelta(minutes=minutes))
    with closing(pbx.file):
        pbx.write()
        assert pbx.read_until() == pbx.pbx_time
        pbx.wait(600)
        assert pbx.read_until() == pbx.pbx_time - timedelta(seconds=2)
        pbx.write()
        assert pbx.read_until() == pbx.pbx_time


def test_a_row_that_is_seen_late_says_only_that_it_is_not_earlier(path: Path) -> None:
    pbx = Silence(path, timedelta())
    with closing(pbx.file):
        pbx.write(ago=3600)
        begin = pbx.pbx_time - timedelta(seconds=3600)
        assert pbx.read_until() == begin
        pbx.wait(60)
        assert pbx.read_until() == begin + timedelta(seconds=58)


def test_what_was_read_before_a_restart_goes_on(path: Path) -> None:
    pbx = Silence(path, timedelta(minutes=-3))
    with closing(pbx.file):
        pbx.write()
        (batch,) = pbx.file.poll()
    later = Silence(path, timedelta(minutes=-3), resume=batch.progress)
    with closing(later.file):
        assert later.read_until() == batch.progress.read_until
        later.wait(60)
        assert later.read_until() == pbx.pbx_time + timedelta(seconds=58)


def test_a_row_of_years_to_come_is_told_and_moves_nothing_else(path: Path) -> None:
    pbx = Silence(path, timedelta())
    with closing(pbx.file):
        pbx.write()
        pbx.write(ago=-3 * 365 * 86400)
        (batch,) = pbx.file.poll()
        assert [event.occurred_at.year for event in batch.events] == [2026, 2029]
        assert batch.progress.read_until == pbx.pbx_time


async def test_following_tells_what_comes_and_that_nothing_comes(path: Path, growing: Open) -> None:
    append(path, pause(1))
    following = growing().follow(poll_seconds=0.01, heartbeat_seconds=0.03)
    assert len((await anext(following)).events) == 1
    quiet = await anext(following)
    assert (quiet.events, quiet.progress.frames) == ((), 1)
    append(path, pause(2))
    while not (batch := await anext(following)).events:
        pass
    assert batch.progress.frames == 2
    await following.aclose()


# --- rotation ---


def drained(file: GrowingFile, seconds: float = 5) -> list[Event]:
    """What is told until nothing has come for a moment."""
    told: list[Event] = []
    quiet_since = monotonic()
    while monotonic() - quiet_since < 0.3 and seconds > 0:
        if new := events_of(file.poll()):
            told += new
            quiet_since = monotonic()
        sleep(0.02)
    return told


def test_a_row_that_comes_late_into_the_old_file_is_read(path: Path) -> None:
    path.write_bytes(pause(1))
    with closing(GrowingFile(path, pbx=HQ, next_seq=count(1).__next__, clock=FixedClock(), late_seconds=0.2)) as file:
        list(file.poll())
        with path.open("ab") as old:
            path.rename(path.with_suffix(".0"))
            path.write_bytes(pause(2))
            assert list(file.poll()) == []
            old.write(pause(1, "Late"))
        assert [second(event) for event in drained(file)] == [1, 2]


def test_a_file_put_aside_is_read_on_until_the_new_one_has_rows(path: Path, growing: Open) -> None:
    """logrotate's `create`: Asterisk goes on with the old file until it is told to reload."""
    path.write_bytes(pause(1))
    file = growing()
    list(file.poll())
    aside = path.with_suffix(".1")
    path.rename(aside)
    path.touch()
    for at in (2, 3):
        append(aside, pause(at))
        assert [second(event) for event in events_of(file.poll())] == [at]
    append(path, pause(4))
    assert [second(event) for event in events_of(file.poll())] == [4]


@pytest.mark.parametrize("suffix", sorted(PACKERS))
def test_what_was_packed_while_we_were_away_is_read_to_its_end(path: Path, growing: Open, suffix: str) -> None:
    log = PbxLog(path, "sequential")
    with closing(log):
        for _ in range(300):
            log.write("Ann")
            log.second += 1
        first = growing()
        told = events_of(first.poll())
        log.write("Bob")
        resume = first.heartbeat().progress
        first.close()
        for _ in range(3):
            pack(log.rotate(), suffix)
            log.write("Cem")
        told += events_of(growing(resume).poll())
    assert len(told) == len(log.rows)
    assert gaps_of(told) == []


def test_a_packed_copy_of_what_was_cut_off_is_found(path: Path, growing: Open) -> None:
    log = PbxLog(path, "rotate")
    with closing(log):
        log.write("Ann")
        first = growing()
        (batch,) = first.poll()
        first.close()
        log.write("Bob")
        pack(log.copy_and_cut_off("Lost"), ".gz")
        log.second += 5
        log.write("Cem")
        told = events_of(growing(batch.progress).poll())
    assert [str(event.member.name) for event in told if isinstance(event, MemberPaused)] == ["Bob", "Cem"]
    assert gaps_of(told) == [(0, COPIED, 5)]


def test_a_rotated_file_that_is_damaged_is_a_gap_where_it_breaks_off(path: Path, growing: Open) -> None:
    rows = b"".join(pause(at, f"Agent {at * 7919}") for at in range(2000))
    packed = gzip.compress(rows)
    path.with_suffix(".0.gz").write_bytes(packed[: len(packed) // 2])
    path.write_bytes(pause(3000))
    batches = list(growing().poll())
    told = events_of(batches)
    ((lost, reason, back),) = gaps_of(told)
    assert (reason, back) == (BROKEN_OFF, 3000)
    assert 500 < lost < 1999
    assert [second(event) for event in rows_of(told)] == [*range(lost + 1), 3000]
    assert sum(batch.progress.problems.get("damaged_archive", 0) for batch in batches[:-1]) >= 1


def test_files_that_are_none_of_the_log_are_left_alone(path: Path, growing: Open) -> None:
    path.write_bytes(pause(9))
    for suffix in (".bak", ".0.orig", "x", "-old", ".0.zst", ".1x"):
        path.with_name(path.name + suffix).write_bytes(b"\x28\xb5\x2f\xfd" if suffix == ".0.zst" else pause(1))
    path.with_name("queue_log.7").mkdir()
    assert [second(event) for event in events_of(growing().poll())] == [9]


def test_while_it_is_being_packed_a_file_counts_once(path: Path, growing: Open) -> None:
    log = PbxLog(path, "rotate")
    with closing(log):
        for _ in range(50):
            log.write("Ann")
            log.second += 1
        aside = log.rotate()
        whole = gzip.compress(aside.read_bytes())
        for written in (0, 5, len(whole) // 2, len(whole)):
            aside.with_name(aside.name + ".gz").write_bytes(whole[:written])
            told = events_of(growing().poll())
            assert (len(told), gaps_of(told)) == (len(log.rows), [])


# --- what cannot be read for now ---


def test_a_log_that_went_and_came_back_was_lost_for_no_row(path: Path, growing: Open) -> None:
    path.write_bytes(pause(1))
    file = growing()
    told = events_of(file.poll())
    file.close()
    hidden = path.with_name("hidden")
    path.rename(hidden)
    (lost,) = events_of(file.poll())
    assert isinstance(lost, FeedLost)
    assert (second(lost), lost.reason) == (1, "No such file or directory")
    assert list(file.poll()) == []
    append(hidden, pause(2))
    hidden.rename(path)
    told += [lost, *events_of(file.poll())]
    assert [second(event) for event in rows_of(told)] == [1, 2]
    assert gaps_of(told) == [(1, "No such file or directory", 1)]


def test_a_folder_that_is_gone_says_so(path: Path, growing: Open) -> None:
    folder = path.parent / "log"
    folder.mkdir()
    log = folder / "queue_log"
    log.write_bytes(pause(1))
    file = GrowingFile(log, pbx=HQ, next_seq=count(1).__next__, clock=FixedClock(), late_seconds=0)
    with closing(file):
        list(file.poll())
        file.close()
        folder.rename(path.parent / "elsewhere")
        (lost,) = events_of(file.poll())
    assert isinstance(lost, FeedLost)
    assert lost.reason == "No such file or directory"


@pytest.mark.parametrize("number", [errno.EIO, errno.ESTALE])
def test_a_mount_that_fails_is_told_and_read_on_when_it_is_back(
    path: Path, growing: Open, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.write_bytes(pause(1))
    file = growing()
    told = events_of(file.poll())
    append(path, pause(2))

    def failing(content: Content) -> bytes:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as broken:
        broken.setattr(Content, "read", failing)
        for _ in range(3):
            told += events_of(file.poll())
    told += events_of(file.poll())
    assert [second(event) for event in rows_of(told)] == [1, 2]
    assert gaps_of(told) == [(1, os.strerror(number), 1)]


def test_the_gap_that_was_open_when_we_were_killed_is_closed_by_the_next_life(path: Path, growing: Open) -> None:
    path.write_bytes(pause(1))
    first = growing()
    told = events_of(first.poll())
    first.close()
    path.rename(path.with_name("gone"))
    (batch,) = first.poll()
    told += batch.events
    second_life = growing(batch.progress)
    path.write_bytes(pause(50))
    told += events_of(second_life.poll())
    assert [second(event) for event in rows_of(told)] == [1, 50]
    lost = [(second(event), event.reason) for event in told if isinstance(event, FeedLost)]
    assert lost == [(1, "No such file or directory"), (1, REMOVED)]
    assert [second(event) for event in told if isinstance(event, FeedRestored)] == [50]


# --- whole files, in order ---


def test_files_are_read_in_the_order_in_which_they_were_begun(tmp_path: Path) -> None:
    log = PbxLog(tmp_path / "queue_log", "rotate")
    with closing(log):
        for suffix in (".gz", ".bz2", ".xz", None, None):
            log.write("Ann")
            aside = log.rotate()
            log.write("Ann")
            if suffix:
                pack(aside, suffix)
    files = sorted(tmp_path.iterdir())
    for given in (files, files[::-1]):
        ids: list[bytes] = []
        wordings: list[bytes] = []
        last: WholeFile | None = None
        for one in oldest_first(given):
            before = last.carry_into(one.head) if last else NOTHING_CARRIED
            last = WholeFile(one.path, pbx=HQ, clock=FixedClock(), before=before)
            for batch in last.batches(count(1).__next__, "import"):
                ids += [event.event_id for event in batch.events]
                wordings += unpack_raw(batch.raw)
        assert wordings == log.rows
        assert len(set(ids)) == len(log.rows)


def test_a_copy_beside_its_original_gives_no_row_twice(path: Path) -> None:
    path.write_bytes(pause(1) + pause(2))
    copy = path.with_suffix(".copy")
    copy.write_bytes(path.read_bytes() + pause(3))
    first = WholeFile(path, pbx=HQ, clock=FixedClock())
    told = events_of(first.batches(count(1).__next__, "import"))
    assert first.carry_into(copy.read_bytes()) == NOTHING_CARRIED
    assert {event.event_id for event in told} < {event.event_id for event in events_of(whole(copy))}
