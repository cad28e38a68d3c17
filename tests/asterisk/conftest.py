"""Fixtures around a real Asterisk: its versions, and running ones."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.asterisk.lab.configuration import Setup
from tests.asterisk.lab.packages import SUITES, Installation, Unavailable, installation
from tests.asterisk.lab.pbx import Pbx, running
from tests.asterisk.lab.table import lines
from tests.support.parts import lacks

HERE = Path(__file__).parent

StartPbx = Callable[..., AbstractAsyncContextManager[Pbx]]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder is left out by `make test`."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker("asterisk")


@cache
def _tried(version: str) -> Installation | str:
    try:
        return installation(version)
    except Unavailable as error:
        return str(error)


def asterisk_of(version: str) -> Installation:
    """That Asterisk; without it the running test skips, or fails where CALLCENTER_REQUIRE asks for asterisk."""
    found = _tried(version)
    return found if isinstance(found, Installation) else lacks("asterisk", f"no Asterisk {version}: {found}")


@pytest.fixture(scope="session", params=SUITES)
def version(request: pytest.FixtureRequest) -> str:
    """Each Asterisk in turn: the oldest that we support, and the newest."""
    return str(request.param)


@pytest.fixture
def start_pbx(version: str) -> StartPbx:
    """Starts a PBX of the version: `async with start_pbx(systemname="north") as pbx`."""

    def start(**setup: Any) -> AbstractAsyncContextManager[Pbx]:
        return running(Setup(version=version, **setup), asterisk_of(version))

    return start


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What was lived through, version by version."""
    stats = terminalreporter.stats
    reports = [
        report
        for outcome in ("passed", "failed", "error", "skipped")
        for report in stats.get(outcome, [])
        if isinstance(report, pytest.TestReport)
    ]
    if table := list(lines(reports)):
        terminalreporter.section("live Asterisk: our numbers against queue_log")
        for line in table:
            terminalreporter.line(line)
