"""An Archive that holds plain lists: for tests of what asks it, not of how it is stored."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from callcenter.domain.agents.spells import AgentSpell
from callcenter.domain.calls.visits import Anomaly, Disagreement, QueueVisit
from callcenter.domain.errors import BadRequest, NotFound
from callcenter.domain.ids import PbxId
from callcenter.domain.periods import Period
from callcenter.ports import (
    AgentRow,
    FeedReport,
    Page,
    QueueRow,
    QueueSettings,
    RecordingLink,
    SampleRow,
    VisitFilter,
    VisitStory,
)

T = TypeVar("T")


@dataclass
class ListArchive:
    """Everything a test wants to be found. ``asked`` counts the questions by name."""

    stories: list[VisitStory] = field(default_factory=list)
    rows_of_queues: list[QueueRow] = field(default_factory=list)
    rows_of_agents: list[AgentRow] = field(default_factory=list)
    settings: list[QueueSettings] = field(default_factory=list)
    links: list[RecordingLink] = field(default_factory=list)
    drawn: list[SampleRow] = field(default_factory=list)
    reports: dict[PbxId, FeedReport] = field(default_factory=dict)
    recorded: dict[tuple[PbxId, str], int] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def pbxs(self) -> list[PbxId]:
        return list(self.reports)

    async def visits(self, chosen: VisitFilter, *, cursor: str | None, limit: int) -> Page[QueueVisit]:
        found = [story.visit for story in self.stories if _chosen(story.visit, chosen)]
        newest = sorted(found, key=lambda visit: (visit.entered_at, visit.visit_id), reverse=True)
        return _page(newest, lambda visit: f"{visit.pbx}:{visit.visit_id}", cursor, limit)

    async def story(self, pbx: PbxId, visit_id: str) -> VisitStory:
        for story in self.stories:
            if (story.visit.pbx, story.visit.visit_id) == (pbx, visit_id):
                return story
        raise NotFound("visit", f"{pbx}/{visit_id}")

    async def queue_rows(self, pbx: PbxId | None, period: Period | None) -> list[QueueRow]:
        self.asked.append("queue_rows")
        return [row for row in self.rows_of_queues if _of(row.pbx, pbx) and (period is None or row.quarter in period)]

    async def agent_rows(self, pbx: PbxId | None, period: Period | None) -> list[AgentRow]:
        return [row for row in self.rows_of_agents if _of(row.pbx, pbx) and (period is None or row.quarter in period)]

    async def queue_settings(self, pbx: PbxId | None) -> list[QueueSettings]:
        return [row for row in self.settings if _of(row.pbx, pbx)]

    async def recordings(self, pbx: PbxId | None, *, cursor: str | None, limit: int) -> Page[RecordingLink]:
        return _page([link for link in self.links if _of(link.pbx, pbx)], lambda link: link.path, cursor, limit)

    async def samples(self, pbx: PbxId | None, day: date | None) -> list[SampleRow]:
        return [row for row in self.drawn if _of(row.pbx, pbx) and day in (None, row.day)]

    async def feed(self, pbx: PbxId) -> FeedReport:
        empty = FeedReport(pbx, (), {}, {}, 0, (), 0)
        return self.reports.get(pbx, empty)

    async def recorded_seq(self, pbx: PbxId, adapter: str) -> int:
        return self.recorded.get((pbx, adapter), 0)

    async def anomalies(self, pbx: PbxId | None, *, limit: int) -> list[tuple[PbxId, Anomaly]]:
        found = [(story.visit.pbx, item) for story in self.stories for item in story.anomalies]
        return [item for item in found if _of(item[0], pbx)][:limit]

    async def disagreements(self, pbx: PbxId | None, *, limit: int) -> list[tuple[PbxId, Disagreement]]:
        found = [(story.visit.pbx, item) for story in self.stories for item in story.disagreements]
        return [item for item in found if _of(item[0], pbx)][:limit]

    async def spells(self, pbx: PbxId | None, period: Period) -> list[AgentSpell]:
        return []

    async def covered(self, pbx: PbxId | None) -> Period | None:
        entries = [story.visit.entered_at for story in self.stories if _of(story.visit.pbx, pbx)]
        return Period(min(entries), max(entries)) if entries else None


def _of(pbx: PbxId, wanted: PbxId | None) -> bool:
    return wanted in (None, pbx)


def _chosen(visit: QueueVisit, chosen: VisitFilter) -> bool:
    agent = visit.member.agent if visit.member else None
    wanted = (
        (chosen.pbx, visit.pbx),
        (chosen.queue, visit.queue),
        (chosen.agent, agent),
        (chosen.outcome, visit.outcome),
    )
    return (
        all(want in (None, have) for want, have in wanted)
        and (chosen.leg is None or chosen.leg in visit.legs)
        and (chosen.period is None or visit.entered_at in chosen.period)
    )


def _page(rows: Iterable[T], key: Callable[[T], str], cursor: str | None, limit: int) -> Page[T]:
    rows = list(rows)
    keys = [key(row) for row in rows]
    if cursor is not None and cursor not in keys:
        raise BadRequest("cursor", "is none that a page before has given", "leave it out to begin at the newest")
    start = keys.index(cursor) + 1 if cursor is not None else 0
    items = tuple(rows[start : start + limit])
    more = start + limit < len(rows)
    return Page(items, key(items[-1]) if more else None)
