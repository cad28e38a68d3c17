import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.journal import Journal, JournalInUse
from callcenter import ports

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SMALL = [(1, b"one"), (2, b""), (3, b"CCJ1 looks like a record"), (4, b"\x00" * 50), (5, "张伟".encode())]


def write(folder: Path, entries: list[tuple[int, bytes]]) -> None:
    with Journal.opened(folder) as journal:
        for entry in entries:
            journal.append([entry])


def read(folder: Path, after: int = 0) -> list[tuple[int, bytes]]:
    with Journal.opened(folder) as journal:
        return list(journal.after(after))


def only_segment(folder: Path) -> Path:
    [path] = folder.glob("*.journal")
    return path


def test_it_is_the_port(tmp_path: Path) -> None:
    with Journal.opened(tmp_path) as journal:
        port: ports.Journal = journal
        port.append([(port.next_seq(), b"a"), (port.next_seq(), b"b")])
        assert list(port.after(0)) == [(1, b"a"), (2, b"b")]


def test_numbers_go_on_over_restarts(tmp_path: Path) -> None:
    write(tmp_path, SMALL[:3])
    with Journal.opened(tmp_path) as journal:
        assert [journal.next_seq(), journal.next_seq()] == [4, 5]
        journal.append(SMALL[3:])
        assert journal.next_seq() == 6
    assert read(tmp_path) == SMALL
    assert read(tmp_path, after=3) == SMALL[3:]
    assert read(tmp_path, after=9) == []


def test_what_was_kept_last_is_found_over_restarts_and_segments(tmp_path: Path) -> None:
    with Journal.opened(tmp_path, segment_bytes=1) as journal:
        assert journal.last() is None
        for seq, payload in SMALL:
            journal.append([(seq, payload)])
            assert journal.last() == (seq, payload)
    with Journal.opened(tmp_path, after_seq=9) as journal:
        assert journal.last() == SMALL[-1]
        journal.drop_below(10, older_than=datetime.now(UTC) + timedelta(days=2))
        assert journal.last() is None


def test_a_number_that_was_given_and_not_used_is_given_again_after_a_restart(tmp_path: Path) -> None:
    with Journal.opened(tmp_path) as journal:
        journal.append([(journal.next_seq(), b"kept")])
        journal.next_seq()
    with Journal.opened(tmp_path) as journal:
        assert journal.next_seq() == 2


def test_numbers_go_on_after_what_others_know_even_if_the_journal_is_gone(tmp_path: Path) -> None:
    with Journal.opened(tmp_path, after_seq=500) as journal:
        assert journal.next_seq() == 501
        journal.append([(501, b"a")])
    with Journal.opened(tmp_path, after_seq=20) as journal:
        assert journal.next_seq() == 502


def test_numbers_must_rise(tmp_path: Path) -> None:
    with Journal.opened(tmp_path) as journal:
        journal.append([(1, b"a")])
        for wrong in ([(1, b"b")], [(3, b"b"), (2, b"c")], [(0, b"b")]):
            with pytest.raises(ValueError, match="rise"):
                journal.append(wrong)
        journal.append([])
    assert read(tmp_path) == [(1, b"a")]


def test_two_processes_do_not_write_one_journal(tmp_path: Path) -> None:
    with Journal.opened(tmp_path) as journal:
        with pytest.raises(JournalInUse), Journal.opened(tmp_path):
            pass
        journal.append([(1, b"a")])
    assert read(tmp_path) == [(1, b"a")]


def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    folder = tmp_path / "journal" / "pbx"
    write(folder, SMALL)
    assert folder.stat().st_mode & 0o077 == 0
    assert only_segment(folder).stat().st_mode & 0o077 == 0


# --- torn and damaged ------------------------------------------------------------------------------------------------


def test_a_tail_torn_at_any_byte_costs_only_the_record_it_tears(tmp_path: Path) -> None:
    write(tmp_path / "whole", SMALL)
    data = only_segment(tmp_path / "whole").read_bytes()
    ends = [data.index(payload, 28 * n) + len(payload) for n, (_, payload) in enumerate(SMALL, 1) if payload]
    assert ends[-1] == len(data)
    for size in range(len(data)):
        folder = tmp_path / str(size)
        folder.mkdir()
        (folder / "00000000000000000001.journal").write_bytes(data[:size])
        with Journal.opened(folder) as journal:
            kept = list(journal.after(0))
            assert kept == SMALL[: len(kept)]
            assert journal.torn_bytes == size - only_segment(folder).stat().st_size
            journal.append([(journal.next_seq(), b"after the crash")])
        assert read(folder) == [*kept, (len(kept) + 1, b"after the crash")]
        assert len(kept) >= sum(end <= size for end in ends)


def test_a_flipped_byte_costs_only_the_record_it_is_in(tmp_path: Path) -> None:
    write(tmp_path / "whole", SMALL)
    data = only_segment(tmp_path / "whole").read_bytes()
    last_begins = data.rindex(b"CCJ1")
    for at in range(len(data)):
        folder = tmp_path / str(at)
        folder.mkdir()
        (folder / "00000000000000000001.journal").write_bytes(data[:at] + bytes([data[at] ^ 0x41]) + data[at + 1 :])
        with Journal.opened(folder) as journal:
            kept = list(journal.after(0))
            assert len(kept) == len(SMALL) - 1
            assert set(kept) < set(SMALL)
            assert journal.next_seq() == (5 if at >= last_begins else 6)


def test_damage_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write(tmp_path, SMALL)
    path = only_segment(tmp_path)
    data = path.read_bytes()
    path.write_bytes(data.replace(b"looks", b"lookz"))
    assert [seq for seq, _ in read(tmp_path)] == [1, 2, 4, 5]
    assert "are damaged" in caplog.text


def test_a_file_of_garbage_is_an_empty_journal(tmp_path: Path) -> None:
    (tmp_path / "00000000000000000007.journal").write_bytes(os.urandom(1000) + b"CCJ1" + b"\xff" * 100)
    (tmp_path / "notes.txt").write_text("not ours")
    with Journal.opened(tmp_path) as journal:
        assert list(journal.after(0)) == []
        assert journal.next_seq() == 7


def test_what_does_not_fit_on_the_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    really_write = os.write

    def half(file: int, data: memoryview) -> int:
        if len(data) < 100:
            raise OSError(28, "No space left on device")
        return really_write(file, data[: len(data) // 2])

    with Journal.opened(tmp_path) as journal:
        journal.append([(1, b"a")])
        size = only_segment(tmp_path).stat().st_size
        monkeypatch.setattr(os, "write", half)
        with pytest.raises(OSError, match="No space"):
            journal.append([(2, b"b" * 1000)])
        monkeypatch.undo()
        assert only_segment(tmp_path).stat().st_size == size
        journal.append([(2, b"again")])
    assert read(tmp_path) == [(1, b"a"), (2, b"again")]


WRITER = """
import sys
from pathlib import Path
from adapters.journal import Journal
with Journal.opened(Path(sys.argv[1]), segment_bytes=20_000) as journal:
    while True:
        seq = journal.next_seq()
        journal.append([(seq, b"%d " % seq * 200)])
        print(seq, flush=True)
"""


def test_what_was_acknowledged_survives_a_kill(tmp_path: Path) -> None:
    acknowledged = 0
    for n in range(8):
        with subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            assert int(writer.stdout.readline()) >= acknowledged
            time.sleep(0.02 * n)
            writer.kill()
            acknowledged = max(acknowledged, *map(int, writer.stdout.read().split() or [0]))
        kept = read(tmp_path)
        assert [seq for seq, _ in kept] == list(range(1, len(kept) + 1))
        assert len(kept) >= acknowledged
        assert all(payload == b"%d " % seq * 200 for seq, payload in kept)
    assert len(list(tmp_path.glob("*.journal"))) > 1


# --- segments --------------------------------------------------------------------------------------------------------


def filled(folder: Path, now: datetime = NOW) -> None:
    """Ten records in segments of two."""
    with Journal.opened(folder, segment_bytes=200, now=lambda: now) as journal:
        for seq in range(1, 11):
            journal.append([(seq, b"x" * 100)])


def numbers(folder: Path) -> list[int]:
    return [seq for seq, _ in read(folder)]


def test_a_full_segment_is_followed_by_another(tmp_path: Path) -> None:
    filled(tmp_path)
    assert [int(path.stem) for path in sorted(tmp_path.glob("*.journal"))] == [1, 3, 5, 7, 9]
    assert numbers(tmp_path) == list(range(1, 11))
    assert [seq for seq, _ in read(tmp_path, after=4)] == list(range(5, 11))
    assert [seq for seq, _ in read(tmp_path, after=5)] == list(range(6, 11))


def test_a_segment_also_ends_after_an_hour(tmp_path: Path) -> None:
    now = NOW
    with Journal.opened(tmp_path, now=lambda: now) as journal:
        for minutes in (0, 30, 59, 60, 90, 121):
            now = NOW + timedelta(minutes=minutes)
            journal.append([(journal.next_seq(), b"x")])
    assert [int(path.stem) for path in sorted(tmp_path.glob("*.journal"))] == [1, 4, 6]
    with Journal.opened(tmp_path, now=lambda: NOW + timedelta(minutes=182)) as journal:
        journal.append([(7, b"x")])
    assert len(list(tmp_path.glob("*.journal"))) == 4


def test_only_what_is_stored_and_old_is_dropped(tmp_path: Path) -> None:
    filled(tmp_path)
    later = datetime.now(UTC) + timedelta(hours=1)
    with Journal.opened(tmp_path) as journal:
        assert journal.drop_below(11, older_than=datetime.now(UTC) - timedelta(hours=1)) == 0
        assert journal.drop_below(1, older_than=later) == 0
        assert journal.drop_below(6, older_than=later) == 2
        assert [seq for seq, _ in journal.after(0)] == [5, 6, 7, 8, 9, 10]
        assert journal.drop_below(6, older_than=later) == 0


def test_when_all_is_dropped_the_numbers_go_on(tmp_path: Path) -> None:
    filled(tmp_path)
    with Journal.opened(tmp_path) as journal:
        assert journal.drop_below(11, older_than=datetime.now(UTC) + timedelta(hours=1)) == 5
        assert list(journal.after(0)) == []
        assert journal.drop_below(11, older_than=datetime.now(UTC) + timedelta(hours=1)) == 0
    with Journal.opened(tmp_path) as journal:
        assert journal.next_seq() == 11
        journal.append([(11, b"y")])
    assert read(tmp_path) == [(11, b"y")]


def test_damage_in_one_segment_leaves_the_others(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    filled(tmp_path)
    (tmp_path / "00000000000000000005.journal").write_bytes(b"not a record")
    assert numbers(tmp_path) == [1, 2, 3, 4, 7, 8, 9, 10]
    assert "bytes 0 to 12 are damaged" in caplog.text
