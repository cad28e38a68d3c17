"""A whole API on memory ports: a site with one day of made-up traffic, served on a loopback port."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
import msgspec
from aiohttp import web
from yarl import URL

from adapters.streams.memory import MemoryEventStream, MemoryLiveFeed, MemoryStreams
from callcenter.api.app import build_app, serve
from callcenter.api.liveness import LiveLimits
from callcenter.domain.batches import SourceProgress
from callcenter.domain.calendar import Calendar
from callcenter.domain.calls.events import CallAnswered, CallOffered
from callcenter.domain.calls.visits import (
    Anomaly,
    Disagreement,
    EndedBy,
    Outcome,
    QueueVisit,
    RingAttempt,
    RingResult,
)
from callcenter.domain.ids import AgentId, CallerRef, EventId, LegId, MemberRef, PbxId, QueueName, Source
from callcenter.domain.policies import SitePolicies
from callcenter.metrics.summaries import AgentSummary, Durations, QueueSummary, ReasonSeconds, Waits
from callcenter.ports import (
    AgentRow,
    FeedGap,
    FeedReport,
    QueueRow,
    QueueSettings,
    RecordingLink,
    SampleRow,
    TimelineItem,
    VisitStory,
)
from tests.support.archive import ListArchive
from tests.support.people import ListPeople

PBX = PbxId("pbx1")
QUEUE = QueueName("sales")
AGENT = AgentId("Chen Yu")
CALLER = "13800138000"
NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
MEMBER = MemberRef("PJSIP/1001", "Chen Yu")
LEG = LegId("1795424910.618")
ZONE = "Asia/Shanghai"


@dataclass
class SetClock:
    """A clock that stands until it is moved."""

    at: datetime = NOW

    def now(self) -> datetime:
        return self.at


@dataclass
class ApiUnderTest:
    """The API, what is behind it, and a client in front."""

    archive: ListArchive
    streams: MemoryStreams
    feed: MemoryLiveFeed
    stream: MemoryEventStream
    clock: SetClock
    people: ListPeople = field(default_factory=ListPeople)
    url: str = ""
    client: aiohttp.ClientSession = field(default=None)  # type: ignore[assignment]
    app: web.Application | None = None

    async def get(self, path: str, **headers: str) -> tuple[int, Any]:
        """Status and decoded JSON of one GET; the path goes over the wire as it stands."""
        async with self.client.get(URL(self.url + path, encoded=True), headers=headers) as answer:
            return answer.status, msgspec.json.decode(await answer.read())

    async def publish(self, kind: str, pbx: PbxId = PBX, **told: Any) -> str:
        """One entry of a PBX's live feed."""
        return await self.feed.publish(pbx, kind, msgspec.json.encode(floor(self.clock.now(), **told)))


async def be_heard(api: ApiUnderTest) -> None:
    """The PBX is heard, one caller waits, one agent talks, and the recorder reads the stream."""
    await api.publish("snapshot", queues={QUEUE: live_queue(CALLER)}, agents={AGENT: live_agent("talking", CALLER)})
    await api.stream.join(PBX, "recorder")
    async with asyncio.timeout(5):
        while not (await api.get("/api/v1/queues"))[1]["queues"]:
            await asyncio.sleep(0.005)


def floor(as_of: datetime, queues: Any = None, agents: Any = None, state: str = "live") -> dict[str, Any]:
    """A live body as the live worker writes it."""
    pbx = {"state": state, "last_event_at": as_of, "clock_offset_seconds": 0.0}
    return {"as_of": as_of, "pbx": pbx, "queues": queues or {}, "agents": agents or {}}


def live_queue(*callers: str, ready: int = 1) -> dict[str, Any]:
    """A queue with these callers waiting, the first one longest."""
    waiting = [
        {"leg": f"w.{n}", "caller": caller, "entered_at": NOW - timedelta(seconds=60 - n), "position": n + 1}
        for n, caller in enumerate(callers)
    ]
    absent = dict.fromkeys(("ringing", "talking", "on_hold", "wrap_up", "paused", "unavailable"), 0)
    return {
        "waiting": waiting,
        "longest_wait_since": waiting[0]["entered_at"] if waiting else None,
        "agents": {"ready": ready, **absent, "signed_in": ready},
    }


def live_agent(state: str = "ready", caller: str | None = None) -> dict[str, Any]:
    """An agent of the queue, in a call if there is a caller."""
    call = {"queue": QUEUE, "caller": caller, "since": NOW, "leg": LEG} if caller else None
    return {
        "interface": "PJSIP/1001",
        "state": state,
        "since": NOW,
        "reason": None,
        "queues": [{"queue": QUEUE, "penalty": 0, "paused": False, "static": False}],
        "call": call,
    }


def visit(leg: str = LEG, entered_at: datetime = NOW, **more: Any) -> QueueVisit:
    """An answered visit."""
    told: dict[str, Any] = {
        "pbx": PBX,
        "call": LegId(leg),
        "leg": LegId(leg),
        "queue": QUEUE,
        "ordinal": 1,
        "legs": (LegId(leg),),
        "caller": CallerRef(CALLER, "Zhang Wei"),
        "entered_at": entered_at,
        "position": 1,
        "outcome": Outcome.ANSWERED,
        "wait_seconds": 14,
        "left_at": entered_at + timedelta(seconds=14),
        "member": MEMBER,
        "ended_at": entered_at + timedelta(seconds=107),
        "talk_seconds": 93.4,
        "ended_by": EndedBy.CALLER,
        "recordings": ("/rec/a.wav",),
        "sources": (Source.AMI,),
    }
    return QueueVisit(**{**told, **more})


def story(of: QueueVisit) -> VisitStory:
    """A visit with one of everything behind it."""
    head = {"pbx": of.pbx, "source": Source.AMI, "queue": of.queue, "leg": of.leg}
    offered = CallOffered(event_id=EventId(b"1" * 16), occurred_at=of.entered_at, position=1, caller=of.caller, **head)
    answered = CallAnswered(
        event_id=EventId(b"2" * 16), occurred_at=NOW, member=MEMBER, wait_seconds=14, ring_seconds=3, **head
    )
    wording = f"Event: QueueCallerJoin\r\nCallerIDNum: {CALLER}\r\nCallerIDName: Zhang Wei\r\nQueue: sales\r\n".encode()
    row = f"1795424910|{of.leg}|sales|NONE|ENTERQUEUE||{CALLER}|1".encode()
    ring = RingAttempt(
        pbx=of.pbx,
        call=of.call,
        leg=of.leg,
        queue=of.queue,
        member=MEMBER,
        agent_leg=None,
        at=NOW,
        result=RingResult.ANSWERED,
        ring_seconds=3.0,
    )
    return VisitStory(
        visit=of,
        rings=(ring,),
        same_call=(visit(leg="1795424910.700"),),
        timeline=(TimelineItem(offered, wording, "ami", 1), TimelineItem(answered, row, "queue_log", 2)),
        disagreements=(
            Disagreement(visit_id=of.visit_id, queue=of.queue, at=NOW, field="wait_seconds", ami="14", queue_log="13"),
        ),
        anomalies=(
            Anomaly(
                kind="answered_twice", at=NOW, leg=of.leg, queue=of.queue, event_id=EventId(b"3" * 16), detail=CALLER
            ),
        ),
    )


def busy_archive() -> ListArchive:
    """An archive with one of everything, and enough visits for three pages of two."""
    quarter = NOW.replace(minute=15)
    earlier = [visit(leg=f"1795424900.{n}", entered_at=NOW - timedelta(minutes=n)) for n in range(1, 6)]
    return ListArchive(
        stories=[story(visit()), *map(story, earlier)],
        rows_of_queues=[QueueRow(PBX, QUEUE, quarter, queue_summary()), QueueRow(PBX, QUEUE, NOW, queue_summary())],
        rows_of_agents=[AgentRow(PBX, AGENT, quarter, agent_summary())],
        settings=[QueueSettings(PBX, QUEUE, 30)],
        links=[RecordingLink(PBX, visit().visit_id, f"/rec/sales-{CALLER}-{LEG}.wav", QUEUE, AGENT, NOW, 93.4)],
        drawn=[SampleRow(PBX, date(2026, 11, 23), AGENT, visit().visit_id, "seed", 9, 1)],
        reports={PBX: feed_report(PBX), PbxId("imported"): feed_report(PbxId("imported"))},
    )


def queue_summary() -> QueueSummary:
    """Nine entered: three answered after 5, 20 and 30 s, two gave up, the rest left otherwise."""
    return QueueSummary(
        offered=9,
        answered=3,
        abandoned=2,
        timed_out=2,
        exited_by_key=1,
        exited_empty=1,
        refused_empty=1,
        transferred=1,
        answered_waits=Waits.of([5, 20, 30]),
        abandoned_waits=Waits.of([2, 40]),
        talk=Durations.of([60.0, 120.0, 30.0]),
    )


def agent_summary() -> AgentSummary:
    """A quarter of an hour of one agent."""
    return AgentSummary(
        answered=3,
        ring_no_answer=1,
        talk=Durations.of([60.0, 120.0, 30.0]),
        talk_seconds=210.0,
        signed_in_seconds=900.0,
        paused_seconds=120.0,
        occupied_seconds=210.0,
        idle_seconds=570.0,
        paused_by_reason=ReasonSeconds({"lunch": 120.0}),
    )


def feed_report(pbx: PbxId) -> FeedReport:
    """A PBX that was heard with one gap."""
    progress = SourceProgress(
        source=Source.AMI,
        connection="c1",
        offset=100,
        frames=10,
        read_until=NOW,
        unknown={"Strange": 2},
        problems={"torn": 1},
    )
    gap = FeedGap(
        pbx, Source.AMI, NOW - timedelta(hours=1), NOW - timedelta(minutes=59), "connection lost", Source.QUEUE_LOG
    )
    return FeedReport(pbx, (progress,), {Source.AMI: 8, Source.QUEUE_LOG: 4}, {"answered_twice": 1}, 1, (gap,), 0)


def _at(zone: str | None, policies: SitePolicies) -> SitePolicies:
    """The rules in a zone: the one that is named, else their own, else that of the made-up site."""
    if zone is None and policies.calendar != Calendar():
        return policies
    return replace(policies, calendar=Calendar(zone=ZoneInfo(zone or ZONE)))


@asynccontextmanager
async def running_api(
    archive: ListArchive | None = None,
    *,
    pbxs: tuple[PbxId, ...] = (PBX,),
    limits: LiveLimits | None = None,
    page: Path = Path("no-page-here"),
    streams: MemoryStreams | None = None,
    zone: str | None = None,
    policies: SitePolicies | None = None,
) -> AsyncIterator[ApiUnderTest]:
    """The API on a free port of this machine. Its clock stands; pushes come every 10 ms."""
    clock = SetClock()
    streams = streams or MemoryStreams(clock)
    under_test = ApiUnderTest(
        archive or busy_archive(), streams, MemoryLiveFeed(streams), MemoryEventStream(streams), clock
    )
    app = build_app(
        archive=under_test.archive,
        people=under_test.people,
        live_feed=under_test.feed,
        stream=under_test.stream,
        clock=clock,
        policies=_at(zone, policies or SitePolicies()),
        pbxs=pbxs,
        limits=limits or LiveLimits(push_interval_seconds=0.01, today_interval_seconds=0.05),
        page=page,
    )
    under_test.app = app
    async with serve(app, "127.0.0.1", 0) as under_test.url, aiohttp.ClientSession() as under_test.client:
        yield under_test
