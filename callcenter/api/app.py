"""The application: every operation, the page, the guards in front, and the live hub beside them."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec
import structlog
from aiohttp import web

from callcenter.api import (
    agents,
    definitions,
    directory,
    feed,
    findings,
    health,
    live,
    prometheus,
    queues,
    recordings,
    rules,
    samples,
    service_levels,
    visits,
)
from callcenter.api.guards import add_headers, check_bind, loopback_names_only, own_pages_only
from callcenter.api.hub import LiveHub
from callcenter.api.liveness import DEFAULT_LIMITS, LiveLimits
from callcenter.api.openapi import document
from callcenter.api.ops import LARGEST_BODY, Op, routes
from callcenter.api.problems import problems
from callcenter.api.site import Site
from callcenter.api.static import PACKAGED, page_routes, read_page
from callcenter.api.today import TodayBoard
from callcenter.domain.ids import PbxId
from callcenter.domain.policies import SitePolicies
from callcenter.ports import Archive, Clock, EventStream, LiveFeed, People

_log = structlog.get_logger(__name__)

OPS: tuple[Op[Site], ...] = (
    *live.OPS,
    *queues.OPS,
    *service_levels.OPS,
    *agents.OPS,
    *visits.OPS,
    *recordings.OPS,
    *samples.OPS,
    *feed.OPS,
    *findings.OPS,
    *definitions.OPS,
    *rules.OPS,
    *directory.OPS,
    *health.OPS,
    *prometheus.OPS,
)
API_VERSION = "1.0.0"
OPENAPI_PATH = "/api/v1/openapi.json"
SITE: web.AppKey[Site] = web.AppKey("site", Site)

_LONGEST_LINE = 65_536
"""Bytes of a request's first line: parameters that are too long get an answer of ours, which says which one."""


def build_app(
    *,
    archive: Archive,
    people: People,
    live_feed: LiveFeed,
    stream: EventStream,
    clock: Clock,
    policies: SitePolicies,
    pbxs: Iterable[PbxId],
    limits: LiveLimits = DEFAULT_LIMITS,
    page: Path = PACKAGED,
) -> web.Application:
    """The application over one site's ports. ``pbxs`` are the PBXs to follow live."""
    pbxs = tuple(pbxs)
    today = TodayBoard(archive, people, clock, policies, keep_seconds=limits.today_interval_seconds)
    site = Site(
        archive=archive,
        people=people,
        stream=stream,
        hub=LiveHub(live_feed, pbxs, clock, today, limits),
        today=today,
        clock=clock,
        policies=policies,
        pbxs=pbxs,
    )
    app = web.Application(middlewares=[problems, loopback_names_only, own_pages_only], client_max_size=LARGEST_BODY)
    app[SITE] = site
    app.add_routes(routes(OPS, site))
    app.router.add_get(OPENAPI_PATH, _openapi())
    app.add_routes(page_routes(read_page(page)))
    app.on_response_prepare.append(add_headers)
    app.cleanup_ctx.append(_run_hub)
    app.on_shutdown.append(_close_hub)
    return app


def openapi_document() -> dict[str, Any]:
    """The OpenAPI document of all operations."""
    return document(OPS, version=API_VERSION)


@asynccontextmanager
async def serve(
    app: web.Application, host: str, port: int, *, where: str = "settings", published: bool = False
) -> AsyncIterator[str]:
    """Serve until the context is left; gives the address it answers at. ``port`` 0 takes any free one.

    Raises SettingsError for a host that other machines can reach (``published`` as in `check_bind`); ``where`` is the
    file or option that named it.
    """
    check_bind(host, file=where, key="api_host", published=published)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=2.0, max_line_size=_LONGEST_LINE)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        address = runner.addresses[0]
        name = f"[{address[0]}]" if ":" in address[0] else address[0]
        yield f"http://{name}:{address[1]}"
    finally:
        await runner.cleanup()


def _openapi() -> Any:
    body = msgspec.json.encode(openapi_document())

    async def show(request: web.Request) -> web.Response:
        return web.Response(body=body, content_type="application/json")

    return show


async def _run_hub(app: web.Application) -> AsyncIterator[None]:
    task = asyncio.create_task(app[SITE].hub.run(), name="live hub")
    task.add_done_callback(_say_how_it_ended)
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def _say_how_it_ended(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        _log.error("the live hub has stopped", exc_info=error)


async def _close_hub(app: web.Application) -> None:
    app[SITE].hub.close()
