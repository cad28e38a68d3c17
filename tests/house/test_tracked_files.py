"""What is committed stands alone: nothing points at one machine, at a neighbour's folder, or at work left undone."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
THIS = Path(__file__).relative_to(ROOT)

TOP_LEVEL = {
    # fixed by the owner
    "callcenter", "adapters", "workers", "config", "tests", "docker-compose.yml", "pyproject.toml",
    # what everyone expects beside it
    "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "Makefile", "requirements.lock", "bench",
    ".ci", ".editorconfig", ".gitignore",
}  # fmt: skip

FORBIDDEN = {
    "a path of one machine": re.compile(r"/work/|/home/(?!callcenter\b)\w|/root/\w|/Users/\w|[A-Z]:\\Users"),
    "a folder outside the repository": re.compile(r"\.\./shared|\bshared/(?:design|traces|contracts|domain)\b"),
    "an address of a package registry": re.compile(r"pythonhosted\.org|registry\.npmjs\.org|pypi\.org/simple"),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
}
UNDONE = re.compile(r"\b(?:TODO|FIXME|XXX)\b")

pytestmark = pytest.mark.skipif(
    shutil.which("git") is None or not (ROOT / ".git").exists(), reason="not a clone: nothing says what is tracked"
)


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [Path(name) for name in listed.split("\0") if name and (ROOT / name).is_file()]


def texts() -> Iterator[tuple[Path, str]]:
    """Every tracked file that is text, but for this one, which names what it looks for."""
    for path in tracked():
        content = (ROOT / path).read_bytes()
        if path != THIS and b"\0" not in content[:8192]:
            yield path, content.decode("utf-8", "replace")


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_tracked_file_holds(what: str) -> None:
    found = {f"{path}: {match[0]}" for path, text in texts() for match in FORBIDDEN[what].finditer(text)}
    assert found == set()


def test_nothing_is_left_undone() -> None:
    """Our own text only: locks hold hashes, and a bundle or a recording holds the words of others."""
    others = ("requirements.lock", "callcenter/web/app/package-lock.json", "callcenter/web/static/", "tests/data/")
    found = {
        f"{path}: {match[0]}"
        for path, text in texts()
        if not str(path).startswith(others)
        for match in UNDONE.finditer(text)
    }
    assert found == set()


def test_the_top_level_is_the_one_that_was_agreed() -> None:
    assert {path.parts[0] for path in tracked()} <= TOP_LEVEL


def test_names_are_of_the_trade() -> None:
    vague = {"utils", "util", "helpers", "helper", "manager", "common", "misc"}
    ours = [path for path in tracked() if path.suffix in {".py", ".ts", ".svelte"}]
    assert {str(path) for path in ours if {Path(part).stem for part in path.parts} & vague} == set()


def test_recorded_data_fits_into_the_agreed_size() -> None:
    recorded = [
        path for path in tracked() if str(path).startswith(("tests/data/", "tests/golden/", "callcenter/demo/"))
    ]
    assert 0 < sum((ROOT / path).stat().st_size for path in recorded) < 15_000_000
