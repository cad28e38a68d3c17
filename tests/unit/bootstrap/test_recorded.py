"""Whose recording a folder holds: a name that came over the wire must not lead out of the folders that bear it."""

import gzip
from datetime import UTC, datetime
from pathlib import Path

import pytest

from callcenter.bootstrap.recorded import recorded_feeds
from callcenter.domain.errors import SettingsError


class WallClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


def recording(folder: Path, system_name: str | bytes | None) -> Path:
    folder.mkdir()
    said = system_name.encode() if isinstance(system_name, str) else system_name
    line = b"" if said is None else b"SystemName: " + said + b"\r\n"
    (folder / "ami.raw.gz").write_bytes(gzip.compress(b"Event: Hangup\r\nPrivilege: call,all\r\n" + line + b"\r\n"))
    return folder


def name_of(folder: Path, given: str | None = None) -> str:
    (feed,) = recorded_feeds(folder, "ami", given, WallClock())
    return feed.pbx


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ("pbx-22.hq_1", "pbx-22.hq_1"),
        ("head office", "head-office"),
        ("../../etc", "etc"),
        (".hidden", "hidden"),
        ("a/../b", "a-..-b"),
        ("总机-2", "2"),
        (b"\xff\xfex", "x"),
        ("x" * 300, "x" * 64),
    ],
)
def test_what_the_pbx_calls_itself_becomes_a_name(tmp_path: Path, told: str | bytes, name: str) -> None:
    assert name_of(recording(tmp_path / "monday", told)) == name


@pytest.mark.parametrize("told", ["..", ".", "", "/", "-", "总机", None])
def test_what_is_no_name_at_all_gives_way_to_the_folder_s(tmp_path: Path, told: str | None) -> None:
    assert name_of(recording(tmp_path / "monday", told)) == "monday"


def test_a_folder_without_a_name_is_a_pbx(tmp_path: Path) -> None:
    assert name_of(recording(tmp_path / "总机", "..")) == "pbx"


def test_a_name_that_is_given_is_taken_or_refused(tmp_path: Path) -> None:
    folder = recording(tmp_path / "monday", "pbx1")
    assert name_of(folder, "hq") == "hq"
    with pytest.raises(SettingsError):
        name_of(folder, "..")
