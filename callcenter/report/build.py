"""Stored quarter hours → a report. Pure but for `read_report`, which only asks."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from callcenter.domain.errors import NotFound
from callcenter.domain.ids import EVERY_PBX, AgentId, PbxId, QueueName
from callcenter.domain.periods import QUARTER, Interval, Period, quarter_of
from callcenter.domain.policies import SitePolicies
from callcenter.metrics.across import Shared, agent_across, queue_across
from callcenter.metrics.intervals import merged
from callcenter.metrics.ruled import RuledSummary, RulesInForce, ruled
from callcenter.metrics.summaries import AgentSummary, QueueSummary
from callcenter.ports import AgentRow, Archive, FeedReport, QueueRow, QueueSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRequest:
    """What to report. With ``across`` PBXs are added up; ``shared`` says who is one person on which of them, ``names``
    what people are called.

    Without ``period`` everything that the sources told of; with one, whole quarter hours of it."""

    interval: Interval = Interval.WHOLE
    policies: SitePolicies
    period: Period | None = None
    pbx: PbxId | None = None
    across: bool = False
    names: Mapping[AgentId, str] = field(default_factory=dict)
    shared: Shared = field(default_factory=dict)

    def name_of(self, pbx: PbxId, agent: AgentId) -> str | None:
        """What an agent is called, if the directory says it."""
        return self.names.get(agent) if pbx == EVERY_PBX or (pbx, agent) in self.shared else None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueLine:
    """One queue in one interval, with the service-level rules that were in force for it."""

    pbx: PbxId
    queue: QueueName
    name: str | None = None
    start: datetime
    figures: RuledSummary


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentLine:
    """One agent in one interval."""

    pbx: PbxId
    agent: AgentId
    name: str | None = None
    start: datetime
    summary: AgentSummary


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Lines in order of time, PBX and name. Starts and the period are in the site's zone."""

    period: Period
    interval: Interval
    policies: SitePolicies
    queues: tuple[QueueLine, ...]
    agents: tuple[AgentLine, ...]
    feeds: tuple[FeedReport, ...]


async def read_report(archive: Archive, request: ReportRequest) -> Report:
    """The report of what is stored now. Raises NotFound if nothing was recorded yet, and no period was asked for."""
    chosen = None if request.period is None else whole_quarters(request.period)
    period = chosen or await archive.covered(request.pbx)
    if period is None:
        raise NotFound("recorded traffic", request.pbx or "any PBX")
    pbxs = await archive.pbxs() if request.pbx is None else [request.pbx]
    return build_report(
        request,
        period,
        await archive.queue_rows(request.pbx, chosen),
        await archive.agent_rows(request.pbx, chosen),
        await archive.queue_settings(request.pbx),
        [await archive.feed(pbx) for pbx in pbxs],
    )


def build_report(
    request: ReportRequest,
    period: Period,
    queue_rows: Iterable[QueueRow],
    agent_rows: Iterable[AgentRow],
    settings: Sequence[QueueSettings],
    feeds: Sequence[FeedReport],
) -> Report:
    """The report of these rows. In the whole, queues that the PBX told of stand there though nobody called them."""
    zone = request.policies.calendar.zone
    cut = request.interval, request.policies.calendar, period.start
    rules = RulesInForce(request.policies, {(told.pbx, told.queue): told.service_level_seconds for told in settings})
    rows = [((row.pbx, row.queue), row.quarter, row.summary) for row in queue_rows]
    if request.interval is Interval.WHOLE:
        seen = {subject for subject, *_ in rows}
        told_of = ((told.pbx, told.queue) for told in settings)
        rows += [(subject, period.start, QueueSummary()) for subject in told_of if subject not in seen]
    queues = (
        (queue_across(*subject) if request.across else subject, quarter, rules.of(*subject, quarter), summary)
        for subject, quarter, summary in rows
    )
    shared = request.shared if request.across else {}
    agents = [(agent_across(row.pbx, row.agent, shared), row.quarter, row.summary) for row in agent_rows]
    return Report(
        period=Period(period.start.astimezone(zone), period.end.astimezone(zone)),
        interval=request.interval,
        policies=request.policies,
        queues=tuple(
            QueueLine(
                pbx=pbx,
                queue=queue,
                name=request.policies.name_of(queue),
                start=at.astimezone(zone),
                figures=figures,
            )
            for (at, (pbx, queue)), figures in ruled(queues, *cut).items()
        ),
        agents=tuple(
            AgentLine(pbx=pbx, agent=who, name=request.name_of(pbx, who), start=at.astimezone(zone), summary=summary)
            for (at, (pbx, who)), summary in merged(agents, *cut).items()
        ),
        feeds=tuple(feeds),
    )


def whole_quarters(period: Period) -> Period:
    """The period widened to quarter hours: smaller than that nothing is stored."""
    start, end = quarter_of(period.start), quarter_of(period.end)
    return Period(start, end if end == period.end else end + QUARTER)
