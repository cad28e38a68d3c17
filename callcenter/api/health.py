"""Whether the process is alive, and whether it can do its work: for supervisors of services, so outside /api/v1."""

import asyncio
from collections.abc import Awaitable

from aiohttp import web

from callcenter.api.feed import recorder_backlog
from callcenter.api.models import Nothing, Shown
from callcenter.api.ops import Op, Permission
from callcenter.api.picture import FeedState
from callcenter.api.site import Site

PATIENCE_SECONDS = 2.0


class Alive(Shown):
    """The process answers."""

    status: str


class Check(Shown):
    """One thing that the service needs. ``problem`` says what is wrong, and is null when nothing is."""

    name: str
    ok: bool
    problem: str | None


class Readiness(Shown):
    """Whether everything that the service needs is there."""

    ready: bool
    checks: tuple[Check, ...]


async def show_alive(site: Site, asked: Nothing) -> Alive:
    """Says that the process is alive; asks nobody."""
    return Alive(status="alive")


async def show_readiness(site: Site, asked: Nothing) -> web.Response:
    """200 when store and stream answer and every feed is heard, else 503, with what is missing."""
    streams = (_answers(f"stream of {pbx}", recorder_backlog(site, pbx)) for pbx in site.pbxs)
    checks = await asyncio.gather(_answers("store", site.archive.pbxs()), *streams)
    checks += [_feed_heard(site, status.pbx, status.state) for status in site.hub.statuses()]
    readiness = Readiness(ready=all(check.ok for check in checks), checks=tuple(checks))
    status = 200 if readiness.ready else 503
    return web.Response(status=status, body=readiness.model_dump_json().encode(), content_type="application/json")


async def _answers(name: str, question: Awaitable[object]) -> Check:
    try:
        await asyncio.wait_for(question, PATIENCE_SECONDS)
    except TimeoutError:
        return Check(name=name, ok=False, problem=f"no answer within {PATIENCE_SECONDS:g} s")
    except Exception as error:  # noqa: BLE001 - whatever the adapter raises is the finding
        return Check(name=name, ok=False, problem=type(error).__name__)
    return Check(name=name, ok=True, problem=None)


def _feed_heard(site: Site, pbx: str, state: FeedState) -> Check:
    failing = {str(name): problem for name, problem in site.hub.failing.items()}
    problem = failing.get(pbx) or (None if state in (FeedState.LIVE, FeedState.STALE) else state.value)
    return Check(name=f"feed of {pbx}", ok=problem is None, problem=problem)


OPS: tuple[Op[Site], ...] = (
    Op(
        path="/healthz",
        name="getAlive",
        summary="The process is alive",
        tag="operations",
        permission=Permission.OPEN,
        returns=Alive,
        run=show_alive,
        example={"status": "alive"},
    ),
    Op(
        path="/readyz",
        name="getReadiness",
        summary="Store and stream answer, and every feed is heard",
        tag="operations",
        permission=Permission.OPEN,
        returns=Readiness,
        run=show_readiness,
        otherwise={503: Readiness},
    ),
)
