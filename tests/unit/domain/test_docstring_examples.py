"""The examples in the docstrings run."""

import doctest
from importlib import import_module

import pytest

MODULES = [
    "callcenter.domain.agents.directory",
    "callcenter.domain.agents.stretches",
    "callcenter.domain.quality.sampling",
    "callcenter.domain.starts",
    "callcenter.bootstrap.definitions",
    "callcenter.metrics.bands",
    "callcenter.metrics.definitions.row",
    "callcenter.metrics.derived",
    "callcenter.metrics.dictionary",
    "callcenter.metrics.service_level",
    "callcenter.metrics.summaries",
    "callcenter.metrics.timeline",
    "callcenter.report.shown",
    "callcenter.settings.secret_files",
]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    failed, attempted = doctest.testmod(import_module(name))
    assert attempted
    assert not failed
