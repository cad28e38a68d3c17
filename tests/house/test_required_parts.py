"""What a machine lacks makes a test skip; what CI requires makes it fail."""

from pathlib import Path

import pytest

from tests.support.parts import chromium


def test_without_a_browser_a_test_skips(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CALLCENTER_REQUIRE", raising=False)
    with pytest.raises(pytest.skip.Exception, match="is on PATH"):
        chromium()


def test_where_a_browser_is_required_the_test_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("CALLCENTER_REQUIRE", "browser,node")
    with pytest.raises(pytest.fail.Exception, match="asks for browser"):
        chromium()


def test_a_browser_is_found_by_its_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    browser = tmp_path / "chromium"
    browser.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert chromium() == browser
