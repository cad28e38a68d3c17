"""What every figure means: name, version, formula, unit, source, example, as the metrics themselves define them."""

from dataclasses import asdict

from pydantic import RootModel

from callcenter.api.models import Nothing, Shown
from callcenter.api.ops import Op, Permission
from callcenter.api.site import Site
from callcenter.domain.policies import Boundary
from callcenter.metrics.definitions import Attribution, Unit
from callcenter.metrics.dictionary import Subject, entries


class ExampleShown(Shown):
    """What a definition makes of the example hour or shift; part and whole where it divides."""

    value: float | None
    part: float | None
    whole: float | None


class ParametersShown(Shown):
    """What a vendor fixes; null is left to the centre. ``attribution`` is where the vendor counts."""

    vendor: str
    formula: str
    threshold_seconds: int | None
    short_abandon_seconds: int | None
    boundary: Boundary
    attribution: str


class DefinitionShown(Shown):
    """One figure's meaning. A service level is named by its formula, as in the ``definition`` beside each level; the
    entries about presets are vendors' rules, which settings and comparisons name."""

    subject: Subject
    name: str
    version: int
    title: str
    formula: str
    unit: Unit
    undefined_when: str
    interval: Attribution
    source: str
    example: ExampleShown
    parameters: ParametersShown | None


class Definitions(RootModel[tuple[DefinitionShown, ...]]):
    """The dictionary of figures."""


async def list_definitions(site: Site, asked: Nothing) -> Definitions:
    """All definitions, those of queues first."""
    return Definitions(tuple(DefinitionShown.model_validate(asdict(entry)) for entry in entries()))


OPS: tuple[Op[Site], ...] = (
    Op(
        path="/api/v1/definitions",
        name="listDefinitions",
        summary="What every figure means",
        tag="definitions",
        permission=Permission.METRICS,
        returns=Definitions,
        run=list_definitions,
        description="A changed formula raises the version; name and version stand beside every contested number. All "
        "examples are of one hour (9 visits entered, 1 caller refused, T = 20 s, S = 5 s) and of one agent's shift.",
    ),
)
