"""How an Asterisk is fetched: whole or not at all, and with the reason where it cannot be had."""

from pathlib import Path

import pytest

from tests.asterisk.conftest import StartPbx
from tests.asterisk.lab import packages
from tests.asterisk.lab.packages import Unavailable, installation


def test_without_apt_the_reason_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unavailable, match="no apt-get"):
        installation("22")


def test_what_cannot_be_fetched_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CALLCENTER_ASTERISK_CACHE", str(tmp_path))
    monkeypatch.setitem(packages.SUITES, "22", "no-such-suite")
    with pytest.raises(Unavailable, match="apt-get"):
        installation("22")
    assert [path.suffix for path in tmp_path.iterdir()] == [".lock"]


async def test_it_runs_without_privileges(start_pbx: StartPbx) -> None:
    async with start_pbx() as pbx:
        ours = [
            status
            for status in Path("/proc").glob("[0-9]*/status")
            if str(pbx.folder).encode() in (status.parent / "cmdline").read_bytes()
        ]
        (status,) = ours
        uids = next(line for line in status.read_text().splitlines() if line.startswith("Uid:")).split()[1:]
    assert "0" not in uids
