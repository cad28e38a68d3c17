"""Queue visits: the list with its filters, and one visit with everything behind it."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from pydantic import Field

from callcenter.api.models import Asked, Count, Cursor, Id, Instant, Limit, Seconds, Shown
from callcenter.api.names import AgentNames, agent_names
from callcenter.api.ops import Op, Permission
from callcenter.api.periods import chosen_period
from callcenter.api.site import Site
from callcenter.api.wording import callers_of, masked_fields, masked_text, masked_wording
from callcenter.domain.calls.rings import rings_of
from callcenter.domain.calls.visits import (
    Anomaly,
    Disagreement,
    EndedBy,
    Outcome,
    QueueVisit,
    RingAttempt,
    RingResult,
)
from callcenter.domain.ids import AgentId, LegId, PbxId, QueueName, Source
from callcenter.domain.masking import mask_number
from callcenter.ports import TimelineItem, VisitFilter


class VisitsAsked(Asked):
    """Which visits to list. All filters hold together."""

    pbx: Id | None = None
    queue: Id | None = None
    agent: Id | None = None
    outcome: Outcome | None = None
    since: Instant | None = Field(default=None, alias="from", description="Entered at or after this instant")
    until: Instant | None = Field(default=None, alias="to", description="Entered before this instant")
    leg: Id | None = Field(default=None, description="A Uniqueid that the caller had in the visit")
    cursor: Cursor | None = Field(default=None, description="The next_cursor of the page before")
    limit: Limit = 50


class VisitAsked(Asked):
    """One visit by its address."""

    pbx: Id
    visit_id: Id = Field(description="As in the list: leg, queue and ordinal with ~ between; percent-encoded")


class VisitShown(Shown):
    """One caller's one pass through one queue. The caller's number is masked."""

    pbx: str
    visit_id: str
    queue: str
    caller: str | None
    entered_at: datetime
    outcome: Outcome
    reason: str | None
    wait_seconds: Count | None
    agent: str | None
    agent_name: str | None = Field(description="The person's name, as the directory says it; else as agent")
    answered_at: datetime | None
    talk_seconds: Seconds | None
    hold_seconds: Seconds
    ended_by: EndedBy | None
    transferred: bool
    recordings: Count


class VisitsPage(Shown):
    """Visits, newest entry first."""

    items: tuple[VisitShown, ...]
    next_cursor: str | None


class RingShown(Shown):
    """One ringing of one agent's phone."""

    agent: str
    at: datetime = Field(description="When it ended; when it began, where ring_seconds is null")
    result: RingResult
    ring_seconds: Seconds | None


class EventShown(Shown):
    """One event of the call: who said it, what it tells, and in which words."""

    occurred_at: datetime
    type: str
    source: Source
    adapter: str
    seq: Count
    fields: dict[str, Any]
    wording: str


class DisagreementShown(Shown):
    """What AMI and queue_log told differently."""

    at: datetime
    field: str
    ami: str
    queue_log: str


class AnomalyShown(Shown):
    """What the fold of the call did not expect."""

    kind: str
    at: datetime
    detail: str


class VisitStoryShown(VisitShown):
    """A visit with the rings for it, the other visits of the same call, and every event behind it."""

    rings: tuple[RingShown, ...]
    same_call: tuple[VisitShown, ...]
    timeline: tuple[EventShown, ...]
    disagreements: tuple[DisagreementShown, ...]
    anomalies: tuple[AnomalyShown, ...]


async def list_visits(site: Site, asked: VisitsAsked) -> VisitsPage:
    """A page of visits."""
    chosen = VisitFilter(
        pbx=PbxId(asked.pbx) if asked.pbx else None,
        period=chosen_period(asked.since, asked.until),
        queue=QueueName(asked.queue) if asked.queue else None,
        agent=AgentId(asked.agent) if asked.agent else None,
        outcome=asked.outcome,
        leg=LegId(asked.leg) if asked.leg else None,
    )
    page = await site.archive.visits(chosen, cursor=asked.cursor, limit=asked.limit)
    names = await agent_names(site.people)
    return VisitsPage(items=tuple(show_visit(visit, names) for visit in page.items), next_cursor=page.next_cursor)


async def show_story(site: Site, asked: VisitAsked) -> VisitStoryShown:
    """One visit with its whole timeline."""
    story = await site.archive.story(PbxId(asked.pbx), asked.visit_id)
    names = await agent_names(site.people)
    callers = callers_of([item.event for item in story.timeline], story.visit.caller)
    return VisitStoryShown(
        **_visit_fields(story.visit, names),
        rings=tuple(map(_ring, rings_of(story.visit, story.rings))),
        same_call=tuple(show_visit(visit, names) for visit in story.same_call),
        timeline=tuple(_event(item, callers) for item in story.timeline),
        disagreements=tuple(_disagreement(item, callers) for item in story.disagreements),
        anomalies=tuple(_anomaly(item, callers) for item in story.anomalies),
    )


def show_visit(visit: QueueVisit, names: AgentNames) -> VisitShown:
    """A visit as lists show it."""
    return VisitShown(**_visit_fields(visit, names))


def _visit_fields(visit: QueueVisit, names: AgentNames) -> dict[str, Any]:
    number = visit.caller.number if visit.caller else None
    return {
        "pbx": visit.pbx,
        "visit_id": visit.visit_id,
        "queue": visit.queue,
        "caller": mask_number(number) if number else None,
        "entered_at": visit.entered_at,
        "outcome": visit.outcome,
        "reason": visit.reason,
        "wait_seconds": visit.wait_seconds,
        "agent": visit.member.agent if visit.member else None,
        "agent_name": names.of(visit.pbx, visit.member.agent) if visit.member else None,
        "answered_at": visit.answered_at,
        "talk_seconds": visit.talk_seconds,
        "hold_seconds": visit.hold_seconds,
        "ended_by": visit.ended_by,
        "transferred": visit.transferred,
        "recordings": len(visit.recordings),
    }


def _ring(ring: RingAttempt) -> RingShown:
    return RingShown(agent=ring.member.agent, at=ring.at, result=ring.result, ring_seconds=ring.ring_seconds)


def _event(item: TimelineItem, callers: Collection[str]) -> EventShown:
    return EventShown(
        occurred_at=item.event.occurred_at,
        type=item.event.TYPE,
        source=item.event.source,
        adapter=item.adapter,
        seq=item.seq,
        fields=dict(masked_fields(item.event, callers)),
        wording=masked_wording(item.wording, callers),
    )


def _disagreement(item: Disagreement, callers: Collection[str]) -> DisagreementShown:
    return DisagreementShown(
        at=item.at, field=item.field, ami=masked_text(item.ami, callers), queue_log=masked_text(item.queue_log, callers)
    )


def _anomaly(item: Anomaly, callers: Collection[str]) -> AnomalyShown:
    return AnomalyShown(kind=item.kind, at=item.at, detail=masked_text(item.detail, callers))


_EXAMPLE_VISIT = {
    "pbx": "pbx22",
    "visit_id": "1795424910.618~sales~1",
    "queue": "sales",
    "caller": "13••••000",
    "entered_at": "2026-11-23T09:08:32.104211Z",
    "outcome": "answered",
    "reason": None,
    "wait_seconds": 14,
    "agent": "Chen Yu",
    "agent_name": "Chen Yu",
    "answered_at": "2026-11-23T09:08:46.204211Z",
    "talk_seconds": 93.4,
    "hold_seconds": 0.0,
    "ended_by": "caller",
    "transferred": False,
    "recordings": 1,
}

OPS: tuple[Op[Site], ...] = (
    Op(
        path="/api/v1/visits",
        name="listVisits",
        summary="Queue visits, newest first",
        tag="visits",
        permission=Permission.VISITS,
        query=VisitsAsked,
        returns=VisitsPage,
        run=list_visits,
        example={"items": [_EXAMPLE_VISIT], "next_cursor": None},
    ),
    Op(
        path="/api/v1/visits/{pbx}/{visit_id}",
        name="getVisit",
        summary="One visit with every event behind it",
        tag="visits",
        permission=Permission.VISITS,
        query=VisitAsked,
        returns=VisitStoryShown,
        run=show_story,
        description="The timeline holds each event with its source, the adapter that heard it and the source's own "
        "words. Callers' numbers are masked in all of them.",
    ),
)
