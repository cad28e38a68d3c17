"""The floor as it is now: the whole picture once, or the picture and then every change as it comes."""

from datetime import datetime
from enum import StrEnum

import structlog
from aiohttp import web
from pydantic import Field

from callcenter.api.figures import TodayShown
from callcenter.api.liveness import PbxStatus
from callcenter.api.models import Asked, Count, Nothing, Shown
from callcenter.api.ops import EVENT_STREAM, Op, Permission, Streamed
from callcenter.api.site import Site
from callcenter.api.sse import COMMENT

_log = structlog.get_logger(__name__)


class AgentActivity(StrEnum):
    """What an agent does at this moment."""

    SIGNED_OUT = "signed_out"
    READY = "ready"
    RINGING = "ringing"
    TALKING = "talking"
    ON_HOLD = "on_hold"
    WRAP_UP = "wrap_up"
    PAUSED = "paused"
    UNAVAILABLE = "unavailable"


class WaitingCaller(Shown):
    """A caller who waits in a queue. The number is masked; ``position`` is the one last told."""

    leg: str
    caller: str | None
    entered_at: datetime
    position: int | None


class AgentCounts(Shown):
    """How many of a queue's agents are in each state, and how many are signed in."""

    ready: Count
    ringing: Count
    talking: Count
    on_hold: Count
    wrap_up: Count
    paused: Count
    unavailable: Count
    signed_in: Count


class LiveQueue(Shown):
    """One queue as it is now."""

    pbx: str
    queue: str
    name: str | None = Field(description="What the site calls the queue")
    waiting: tuple[WaitingCaller, ...]
    longest_wait_since: datetime | None
    agents: AgentCounts


class Membership(Shown):
    """An agent's place in one queue."""

    queue: str
    penalty: int | None
    paused: bool
    static: bool


class CurrentCall(Shown):
    """The conversation an agent is in, or the one that rings."""

    queue: str
    caller: str | None
    since: datetime
    leg: str


class LiveAgent(Shown):
    """One agent as they are now. ``reason`` is that of a pause."""

    pbx: str
    agent: str
    name: str = Field(description="The person's name, as the directory says it; else as agent")
    interface: str | None
    state: AgentActivity
    since: datetime | None
    reason: str | None
    queues: tuple[Membership, ...]
    call: CurrentCall | None


class LivePicture(Shown):
    """The whole floor. Queues and agents are keyed by "pbx/name"; ``as_of`` is the service's own present."""

    as_of: datetime
    pbxs: tuple[PbxStatus, ...]
    queues: dict[str, LiveQueue]
    agents: dict[str, LiveAgent]


class LiveSnapshot(LivePicture):
    """Event ``snapshot``: the whole floor, and today's figures where they could be read."""

    today: TodayShown | None


class LiveDelta(Shown):
    """Event ``delta``: whole objects that changed, null for those that are gone, and the PBXs whose state changed."""

    as_of: datetime
    pbxs: tuple[PbxStatus, ...]
    queues: dict[str, LiveQueue | None]
    agents: dict[str, LiveAgent | None]


class LiveResync(Shown):
    """Event ``resync``: the reader was too slow and missed something; a snapshot follows."""

    reason: str


class LiveEventsAsked(Asked):
    """Where to go on."""

    last_event_id: str | None = Field(
        default=None,
        alias="Last-Event-ID",
        description="The id of the last event that was heard; browsers send it by themselves",
        json_schema_extra={"in": "header"},
    )


async def show_picture(site: Site, asked: Nothing) -> bytes:
    """The whole floor at once."""
    return site.hub.body()


async def stream_events(site: Site, asked: LiveEventsAsked) -> Streamed:
    """The floor and then its changes, for as long as the browser listens."""

    async def send(request: web.Request) -> web.StreamResponse:
        await _refresh_today(site)
        response = web.StreamResponse(headers={"Content-Type": EVENT_STREAM, "X-Accel-Buffering": "no"})
        await response.prepare(request)
        subscriber, first = site.hub.join(asked.last_event_id)
        try:
            await response.write(first)
            while not subscriber.closed:
                data = await subscriber.take(site.hub.limits.keep_alive_seconds)
                if subscriber.behind:
                    data = site.hub.catch_up(subscriber)
                await response.write(data or COMMENT)
        except ConnectionResetError:
            _log.debug("a browser stopped listening")
        finally:
            site.hub.leave(subscriber)
        return response

    return send


async def _refresh_today(site: Site) -> None:
    try:
        await site.today.read()
    except Exception as error:  # noqa: BLE001 - whatever the store's adapter raises: the floor is shown without it
        _log.warning("today's figures cannot be read", error=repr(error))


_EXAMPLE = {
    "as_of": "2026-11-23T09:30:00.120000Z",
    "pbxs": [
        {
            "pbx": "pbx1",
            "state": "live",
            "last_event_at": "2026-11-23T09:29:59.870211Z",
            "clock_offset_seconds": -0.02,
        }
    ],
    "queues": {},
    "agents": {
        "pbx1/Chen Yu": {
            "pbx": "pbx1",
            "agent": "Chen Yu",
            "name": "Chen Yu",
            "interface": "PJSIP/1001",
            "state": "talking",
            "since": "2026-11-23T09:28:11.004512Z",
            "reason": None,
            "queues": [{"queue": "sales", "penalty": 0, "paused": False, "static": False}],
            "call": {
                "queue": "sales",
                "caller": "13••••000",
                "since": "2026-11-23T09:28:11.004512Z",
                "leg": "1795424910.618",
            },
        }
    },
}

OPS: tuple[Op[Site], ...] = (
    Op(
        path="/api/v1/live",
        name="getLive",
        summary="The floor as it is now",
        tag="live",
        permission=Permission.LIVE,
        returns=LivePicture,
        run=show_picture,
        example=_EXAMPLE,
    ),
    Op(
        path="/api/v1/live/events",
        name="followLive",
        summary="The floor and every change to it, as server-sent events",
        tag="live",
        permission=Permission.LIVE,
        query=LiveEventsAsked,
        returns=None,
        run=stream_events,
        media=EVENT_STREAM,
        also=(LiveSnapshot, LiveDelta, TodayShown, LiveResync),
        description="Events: `snapshot` (LiveSnapshot), `delta` (LiveDelta), `today` (TodayShown), `resync` "
        "(LiveResync). A snapshot and the deltas after it always equal a new snapshot. A comment comes every "
        "15 seconds when nothing else does.",
    ),
)
