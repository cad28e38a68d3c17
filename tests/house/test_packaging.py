"""What is installed is what was locked, and what is shipped holds all that a user needs."""

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
LOCK = (ROOT / "requirements.lock").read_text("utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
DIRECT = [*PROJECT["dependencies"], *(name for extra in PROJECT["optional-dependencies"].values() for name in extra)]


def locked() -> dict[str, Requirement]:
    """Name → the locked requirement, its hashes left out."""
    lines = re.findall(r"^([a-zA-Z0-9].*?) \\$", LOCK, re.MULTILINE)
    return {canonicalize_name(found.name): found for found in map(Requirement, lines)}


@pytest.mark.parametrize("wanted", DIRECT)
def test_every_dependency_is_locked_within_its_bounds(wanted: str) -> None:
    requirement = Requirement(wanted)
    pin = locked()[canonicalize_name(requirement.name)]
    (version,) = (clause.version for clause in pin.specifier)
    assert requirement.specifier.contains(version), "make lock"
    assert pin.marker == requirement.marker


def test_every_locked_package_has_hashes() -> None:
    blocks = re.split(r"^(?=[a-zA-Z0-9])", LOCK, flags=re.MULTILINE)[1:]
    assert len(blocks) == len(locked())
    assert [block.partition(" ")[0] for block in blocks if "--hash=sha256:" not in block] == []


def test_the_lock_names_no_address() -> None:
    assert not re.search(r"://|--(?:extra-)?index-url|--find-links", LOCK)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names in the wheel that this clone builds."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
    (built,) = folder.glob("*.whl")
    with zipfile.ZipFile(built) as archive:
        return set(archive.namelist())


@pytest.mark.parametrize(
    "name",
    [
        "adapters/store/migrations/env.py",
        "callcenter/cli.py",
        "callcenter/py.typed",
        "callcenter/web/static/index.html",
        "config/callcenter.example.toml",
        "workers/runner.py",
    ],
)
def test_the_wheel_holds_what_a_user_needs(wheel: set[str], name: str) -> None:
    assert name in wheel


def test_the_wheel_holds_the_capture_of_the_demo(wheel: set[str]) -> None:
    on_disk = {str(path.relative_to(ROOT)) for path in (ROOT / "callcenter/demo/capture").rglob("*") if path.is_file()}
    assert on_disk
    assert on_disk <= wheel


def test_the_wheel_holds_nothing_else(wheel: set[str]) -> None:
    tops = {name.partition("/")[0] for name in wheel}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"callcenter", "adapters", "workers", "config"}
    assert {name for name in wheel if name.startswith("callcenter/web/app/")} == set()
