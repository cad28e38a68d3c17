"""Agents: as they are now, since the site's day began, and in the intervals of any period."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

from pydantic import Field

from callcenter.api.figures import AgentFigures, AgentsToday, agent_fields
from callcenter.api.intervals import IntervalsAsked, IntervalsShown, bounded, wanted
from callcenter.api.live import LiveAgent
from callcenter.api.liveness import PbxStatus
from callcenter.api.models import Id, Nothing, Shown
from callcenter.api.names import AgentNames, agent_names
from callcenter.api.ops import Op, Permission
from callcenter.api.picture import AGENTS
from callcenter.api.site import Site
from callcenter.domain.calendar import Calendar
from callcenter.domain.ids import PbxId
from callcenter.domain.periods import Interval
from callcenter.domain.policies import ServiceLevelPolicy
from callcenter.metrics.across import agent_across
from callcenter.metrics.definitions import AGENT_METRICS, number
from callcenter.metrics.intervals import merged
from callcenter.ports import AgentRow

_NO_RULE = ServiceLevelPolicy()
"""No figure of agents depends on one."""


class LiveAgents(Shown):
    """All agents as they are now."""

    as_of: datetime
    pbxs: tuple[PbxStatus, ...]
    agents: tuple[LiveAgent, ...]


class AgentIntervalsAsked(IntervalsAsked):
    """Which intervals of which agents."""

    agent: Id | None = None


class AgentInterval(AgentFigures):
    """One agent in one interval, stretches of time cut at its edges."""

    start: datetime
    pbx: str
    agent: str
    name: str = Field(description="The person's name, as the directory says it; else as agent")
    measures: dict[str, float | None] = Field(description="The figures that were asked for by name")


class AgentIntervals(IntervalsShown):
    """Agent intervals in which anything happened, oldest first."""

    rows: tuple[AgentInterval, ...] = Field(description="Intervals in which nothing happened are left out")


async def list_live(site: Site, asked: Nothing) -> bytes:
    """All agents as they are now."""
    return site.hub.part(AGENTS)


async def show_today(site: Site, asked: Nothing) -> AgentsToday:
    """All agents since the site's day began."""
    today = (await site.today.read()).shown
    return AgentsToday(
        date=today.date, timezone=today.timezone, since=today.since, as_of=today.as_of, agents=today.agents
    )


async def list_intervals(site: Site, asked: AgentIntervalsAsked) -> AgentIntervals:
    """Agent figures, cut into intervals."""
    period = asked.chosen()
    rows = await site.archive.agent_rows(PbxId(asked.pbx) if asked.pbx else None, period)
    names = await agent_names(site.people)
    chosen = [row for row in rows if asked.agent in (None, row.agent)]
    return AgentIntervals(
        since=period.start.astimezone(site.calendar.zone),
        until=period.end.astimezone(site.calendar.zone),
        interval=asked.interval,
        timezone=site.calendar.name,
        rows=await asyncio.to_thread(_rows, chosen, asked, site.calendar, names),
    )


def _rows(
    rows: Sequence[AgentRow], asked: AgentIntervalsAsked, calendar: Calendar, names: AgentNames
) -> tuple[AgentInterval, ...]:
    shared = names.shared if asked.across else {}
    quarters = ((agent_across(row.pbx, row.agent, shared), row.quarter, row.summary) for row in rows)
    sums = merged(quarters, Interval(asked.interval), calendar, asked.since)
    measures = wanted(asked.measures, AGENT_METRICS)
    return tuple(
        AgentInterval(
            start=start.astimezone(calendar.zone),
            pbx=pbx,
            agent=agent,
            name=names.of(pbx, agent),
            measures={row.name: number(row.value(summary, _NO_RULE)) for row in measures},
            **agent_fields(summary),
        )
        for (start, (pbx, agent)), summary in bounded(sums).items()
    )


OPS: tuple[Op[Site], ...] = (
    Op(
        path="/api/v1/agents",
        name="listAgents",
        summary="All agents as they are now",
        tag="agents",
        permission=Permission.LIVE,
        returns=LiveAgents,
        run=list_live,
    ),
    Op(
        path="/api/v1/agents/today",
        name="getAgentsToday",
        summary="All agents since the site's day began",
        tag="agents",
        permission=Permission.METRICS,
        returns=AgentsToday,
        run=show_today,
    ),
    Op(
        path="/api/v1/agents/intervals",
        name="listAgentIntervals",
        summary="Agent figures in intervals",
        tag="agents",
        permission=Permission.METRICS,
        query=AgentIntervalsAsked,
        returns=AgentIntervals,
        run=list_intervals,
        description="answered, transferred and ring_no_answer belong to the interval of their own time; the seconds "
        "are cut at the edges of intervals.",
    ),
)
