"""Visits drawn for quality assessment, each with what is needed to draw it again and see that the draw was fair."""

from datetime import date

from pydantic import Field

from callcenter.api.models import Asked, Count, Day, Id, Shown
from callcenter.api.ops import Op, Permission
from callcenter.api.site import Site
from callcenter.domain.ids import PbxId
from callcenter.ports import SampleRow


class SamplesAsked(Asked):
    """Which draws to list."""

    pbx: Id | None = None
    day: Day | None = Field(default=None, description="A day of the site's calendar; today if left out")


class SampleShown(Shown):
    """One drawn visit: number ``position`` of the order that ``seed`` gives to ``population`` visits."""

    pbx: str
    day: date
    agent: str
    visit_id: str
    seed: str
    population: Count
    position: Count


class SamplesShown(Shown):
    """All visits drawn for a day."""

    day: date
    timezone: str
    items: tuple[SampleShown, ...]


async def list_samples(site: Site, asked: SamplesAsked) -> SamplesShown:
    """The draws of one day."""
    day = asked.day or site.calendar.day_of(site.clock.now())
    rows = await site.archive.samples(PbxId(asked.pbx) if asked.pbx else None, day)
    return SamplesShown(day=day, timezone=site.calendar.name, items=tuple(map(_show, rows)))


def _show(row: SampleRow) -> SampleShown:
    return SampleShown(
        pbx=row.pbx,
        day=row.day,
        agent=row.agent,
        visit_id=row.visit_id,
        seed=row.seed,
        population=row.population,
        position=row.position,
    )


OPS: tuple[Op[Site], ...] = (
    Op(
        path="/api/v1/samples",
        name="listSamples",
        summary="Visits drawn for quality assessment",
        tag="quality",
        permission=Permission.QUALITY,
        query=SamplesAsked,
        returns=SamplesShown,
        run=list_samples,
        example={
            "day": "2026-11-23",
            "timezone": "Asia/Shanghai",
            "items": [
                {
                    "pbx": "pbx1",
                    "day": "2026-11-23",
                    "agent": "Chen Yu",
                    "visit_id": "1795424910.618~sales~1",
                    "seed": "callcenter",
                    "population": 41,
                    "position": 1,
                }
            ],
        },
    ),
)
