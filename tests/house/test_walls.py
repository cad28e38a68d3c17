"""The import walls stand, and each of them would fall under the import it is there to stop."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("callcenter", "adapters", "workers")

BREACHES = [
    ("callcenter/domain/breach.py", "import os", "domain, metrics and live are pure"),
    ("callcenter/domain/breach.py", "import callcenter.metrics", "imports point inward"),
    ("callcenter/metrics/breach.py", "import time", "domain, metrics and live are pure"),
    ("callcenter/metrics/breach.py", "import callcenter.ports", "imports point inward"),
    ("callcenter/live/breach.py", "import asyncio", "domain, metrics and live are pure"),
    ("callcenter/live/breach.py", "import callcenter.metrics", "imports point inward"),
    ("callcenter/ports.py", "import sqlalchemy", "ports and codec know no technology"),
    ("callcenter/ports.py", "import callcenter.codec", "imports point inward"),
    ("callcenter/settings/site.py", "import callcenter.bootstrap", "imports point inward"),
    ("callcenter/codec.py", "import callcenter.ports", "codec writes domain events and nothing else"),
    ("callcenter/api/breach.py", "import adapters", "imports point inward"),
    ("callcenter/api/breach.py", "import workers", "the api asks ports"),
    ("callcenter/api/breach.py", "import sqlalchemy.ext.asyncio", "the api asks ports"),
    ("callcenter/api/breach.py", "import redis.asyncio", "the api asks ports"),
    ("adapters/ami/breach.py", "import adapters.queue_log", "adapters are independent of each other"),
    ("adapters/ami/breach.py", "import workers", "adapters know the inside, not their neighbours"),
    ("adapters/ami/breach.py", "import callcenter.api", "adapters know the inside, not their neighbours"),
    ("workers/breach.py", "import adapters.store", "workers know no technology"),
    ("workers/breach.py", "import callcenter.api", "imports point inward"),
    ("workers/breach.py", "import aiohttp.web", "workers know no technology"),
    ("workers/breach.py", "import sqlalchemy", "workers know no technology"),
    ("workers/breach.py", "import redis", "workers know no technology"),
    ("callcenter/cli.py", "import adapters", "the command line asks bootstrap"),
    ("callcenter/cli.py", "import workers", "the command line asks bootstrap"),
    ("callcenter/breach.py", "", "every part of callcenter has its place"),
]

HOMES = {
    "alembic": "adapters.store",
    "sqlalchemy": "adapters.store",
    "panoramisk": "adapters.ami",
    "redis": "adapters.streams",
}

TYPING_AIDS = {"typing_extensions"}


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph(*PACKAGES, include_external_packages=True, cache_dir=None)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The code and its contracts, in a place where a wall may be breached."""
    folder = tmp_path_factory.mktemp("walls")
    shutil.copy(ROOT / "pyproject.toml", folder)
    for package in PACKAGES:
        for source in (ROOT / package).rglob("*.py"):
            if "node_modules" not in source.parts:
                target = folder / source.relative_to(ROOT)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, target)
    return folder


@pytest.fixture
def breach(copy: Path) -> Callable[[str, str], subprocess.CompletedProcess[str]]:
    """Add a line to a file of the copy, lint it, and take the line out again."""

    def lint_with(name: str, line: str) -> subprocess.CompletedProcess[str]:
        file = copy / name
        before = file.read_text() if file.exists() else None
        file.write_text((before or "") + f"\n{line}\n")
        try:
            return lint(copy)
        finally:
            if before is None:
                file.unlink()
            else:
                file.write_text(before)

    return lint_with


def test_all_imports_keep_to_the_contracts() -> None:
    result = lint(ROOT)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(("file", "line", "contract"), BREACHES)
def test_a_wall_falls_under_the_import_it_stops(
    breach: Callable[[str, str], subprocess.CompletedProcess[str]], file: str, line: str, contract: str
) -> None:
    result = breach(file, line)
    assert result.returncode == 1, result.stdout
    assert f"{contract} BROKEN" in result.stdout


@pytest.mark.parametrize("part", ["callcenter.domain", "callcenter.metrics", "callcenter.live"])
def test_pure_parts_import_no_third_party(graph: grimp.ImportGraph, part: str) -> None:
    imported = {
        name.partition(".")[0]
        for module in {part, *graph.find_descendants(part)}
        for name in graph.find_modules_directly_imported_by(module)
    }
    assert imported - set(sys.stdlib_module_names) - TYPING_AIDS == {"callcenter"}


@pytest.mark.parametrize(("technology", "home"), HOMES.items())
def test_a_technology_lives_in_one_adapter(graph: grimp.ImportGraph, technology: str, home: str) -> None:
    assert technology in graph.modules, f"nothing imports {technology}: is it still needed?"
    importers = graph.find_modules_that_directly_import(technology)
    assert {name for name in importers if not f"{name}.".startswith((f"{home}.", "callcenter.bootstrap."))} == set()
