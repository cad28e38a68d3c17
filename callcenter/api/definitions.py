"""What every figure means: name, version, formula, unit and source, as the metrics themselves define them."""

from collections.abc import Iterator
from enum import StrEnum

from pydantic import RootModel

from callcenter.api.models import Nothing, Shown
from callcenter.api.ops import Op, Permission
from callcenter.api.site import Site
from callcenter.domain.policies import ServiceLevelFormula
from callcenter.metrics.definitions import AGENT_METRICS, QUEUE_METRICS, Attribution, Definition, Unit
from callcenter.metrics.summaries import AgentSummary, QueueSummary

_LEVEL = "service_level_"


class Subject(StrEnum):
    """What a figure is about."""

    QUEUE = "queue"
    AGENT = "agent"


class DefinitionShown(Shown):
    """One figure's meaning. A service level is named by its formula, as in the ``definition`` beside each level."""

    subject: Subject
    name: str
    version: int
    title: str
    formula: str
    unit: Unit
    undefined_when: str
    interval: Attribution
    source: str


class Definitions(RootModel[tuple[DefinitionShown, ...]]):
    """The dictionary of figures."""


async def list_definitions(site: Site, asked: Nothing) -> Definitions:
    """All definitions, those of queues first."""
    return Definitions(tuple(_shown()))


def _shown() -> Iterator[DefinitionShown]:
    for subject, table in ((Subject.QUEUE, QUEUE_METRICS), (Subject.AGENT, AGENT_METRICS)):
        for definition in table:
            yield _show(subject, definition)


def _show(subject: Subject, definition: Definition[QueueSummary] | Definition[AgentSummary]) -> DefinitionShown:
    formula = definition.name.removeprefix(_LEVEL)
    return DefinitionShown(
        subject=subject,
        name=formula if formula in set(ServiceLevelFormula) else definition.name,
        version=definition.version,
        title=definition.title,
        formula=definition.formula,
        unit=definition.unit,
        undefined_when=definition.undefined_when,
        interval=definition.interval,
        source=definition.source,
    )


OPS: tuple[Op[Site], ...] = (
    Op(
        path="/api/v1/definitions",
        name="listDefinitions",
        summary="What every figure means",
        tag="definitions",
        permission=Permission.METRICS,
        returns=Definitions,
        run=list_definitions,
        description="A changed formula raises the version; name and version stand beside every contested number.",
    ),
)
