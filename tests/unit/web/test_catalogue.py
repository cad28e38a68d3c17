"""The page's words for the figures are those of the metrics themselves."""

import json
from pathlib import Path

import pytest

from callcenter.domain.calls.visits import EndedBy, Outcome, RingResult
from callcenter.domain.policies import ServiceLevelFormula
from callcenter.live.desks import AgentState
from callcenter.metrics.definitions import QUEUE_METRICS, Attribution

WORDS = Path(__file__).parents[3] / "callcenter" / "web" / "app" / "src" / "words"
LANGUAGES = ("en", "zh-CN")
OWN = {"other"}
"""A figure of the page alone: what is neither answered nor abandoned."""

ENGLISH: dict[str, str] = json.loads((WORDS / "en.json").read_text("utf-8"))
FORMULAS = {key.removeprefix("formula."): text for key, text in ENGLISH.items() if key.startswith("formula.")}
METRICS = {metric.name.removeprefix("service_level_"): metric for metric in QUEUE_METRICS}


@pytest.mark.parametrize("name", sorted(FORMULAS.keys() - OWN))
def test_a_figure_is_explained_as_it_is_computed(name: str) -> None:
    assert ENGLISH[f"definition.{name}"] == METRICS[name].title
    assert FORMULAS[name] == METRICS[name].formula


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("family", "codes"),
    [
        ("outcome", Outcome),
        ("state", AgentState),
        ("ended_by", EndedBy),
        ("ring", RingResult),
        ("rule", ServiceLevelFormula),
        ("definition", ServiceLevelFormula),
        ("interval", [Attribution.ENTRY, Attribution.OWN]),
    ],
)
def test_every_code_has_words(language: str, family: str, codes: list[str]) -> None:
    words = json.loads((WORDS / f"{language}.json").read_text("utf-8"))
    assert [code for code in map(str, codes) if not words.get(f"{family}.{code}")] == []
