"""The table of operations: routing, validation, bodies, and refusals as problem+json."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from pydantic import Field

from callcenter.api.models import Asked, Cursor, Id, Instant, Limit, Shown
from callcenter.api.ops import LARGEST_BODY, Op, Order, Permission, routes
from callcenter.api.problems import problems
from callcenter.domain.errors import NotFound


class ThingAsked(Asked):
    name: Id
    limit: Limit = 5
    since: Instant | None = Field(default=None, alias="from")
    cursor: Cursor | None = None
    hint: str | None = Field(default=None, alias="X-Hint", json_schema_extra={"in": "header"})


class Paint(Asked):
    colour: str
    coats: int = 1


class ThingShown(Shown):
    name: str
    limit: int
    since: str | None
    hint: str | None


class Painted(Shown):
    what: str


async def show(site: str, asked: ThingAsked) -> ThingShown:
    if asked.name == "missing":
        raise NotFound("thing", asked.name)
    if asked.name == "broken":
        raise ZeroDivisionError
    since = asked.since.isoformat() if asked.since else None
    return ThingShown(name=asked.name, limit=asked.limit, since=since, hint=asked.hint)


async def paint(site: str, order: Order[ThingAsked, Paint]) -> Painted:
    return Painted(what=f"{site}: {order.asked.name} {order.body.colour} × {order.body.coats}")


HEAD: dict[str, Any] = {"summary": "s", "tag": "t", "permission": Permission.OPEN, "query": ThingAsked}
OPS: tuple[Op[str], ...] = (
    Op(path="/things/{name}", name="show", returns=ThingShown, run=show, **HEAD),
    Op(path="/things/{name}", name="paint", method="POST", body=Paint, returns=Painted, run=paint, **HEAD),
)


@pytest.fixture
async def client() -> AsyncIterator[TestClient[web.Request, web.Application]]:
    app = web.Application(middlewares=[problems], client_max_size=LARGEST_BODY)
    app.add_routes(routes(OPS, "site"))
    async with TestClient(TestServer(app)) as client:
        yield client


async def problem_of(answer: aiohttp.ClientResponse) -> dict[str, Any]:
    assert answer.content_type == "application/problem+json"
    problem = await answer.json(content_type=None)
    assert problem["status"] == answer.status
    return dict(problem)


async def test_path_query_and_header_reach_the_operation(client: Any) -> None:
    answer = await client.get("/things/a?limit=7&from=2026-11-23T09:00:00Z", headers={"X-Hint": "h"})
    assert await answer.json() == {"name": "a", "limit": 7, "since": "2026-11-23T09:00:00+00:00", "hint": "h"}


async def test_ids_may_hold_slashes_braces_and_other_scripts(client: Any) -> None:
    answer = await client.get("/things/1.2~sales%2F%E5%BC%A0%7Bx%7D%25~1")
    assert (await answer.json())["name"] == "1.2~sales/张{x}%~1"


async def test_a_plus_sign_that_was_not_encoded_is_an_offset(client: Any) -> None:
    answer = await client.get("/things/a?from=2026-11-23T09:00:00+08:00")
    assert (await answer.json())["since"] == "2026-11-23T09:00:00+08:00"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=501", "limit"),
        ("limit=99999999999999999999999999999999", "limit"),
        ("limit=ten", "limit"),
        ("limit=", "limit"),
        ("limit=1&limit=2", "limit"),
        ("from=2026-11-23", "from"),
        ("from=2026-11-23T09:00:00", "from"),
        ("from=1795424910", "from"),
        ("from=2026-13-23T09:00:00Z", "from"),
        ("from=0001-01-01T00:00:00Z", "from"),
        ("from=9999-12-31T23:59:59Z", "from"),
        ("cursor=%00", "cursor"),
        ("cursor=" + "a" * 4097, "cursor"),
        ("surprise=1", "surprise"),
    ],
)
async def test_what_does_not_fit_is_refused_by_name(client: Any, query: str, field: str) -> None:
    answer = await client.get(f"/things/a?{query}")
    problem = await problem_of(answer)
    assert answer.status == 400
    assert [item["field"] for item in problem["errors"]] == [field]
    assert field in problem["detail"]


@pytest.mark.parametrize("name", ["a" * 201, "%00", "%0d%0aSet-Cookie:%20x", "%7f"])
async def test_odd_ids_are_refused(client: Any, name: str) -> None:
    answer = await client.get(f"/things/{name}")
    assert answer.status == 400
    assert (await problem_of(answer))["errors"][0]["field"] == "name"


async def test_a_body_is_validated_strictly(client: Any) -> None:
    good = await client.post("/things/a", json={"colour": "red", "coats": 2})
    assert await good.json() == {"what": "site: a red × 2"}
    for body in ({"colour": "red", "coats": "2"}, {"colour": 1}, {}, {"colour": "red", "more": 1}, []):
        answer = await client.post("/things/a", json=body)
        assert answer.status == 400, body
        await problem_of(answer)


async def test_a_body_must_be_json_and_of_bounded_size(client: Any) -> None:
    assert (await client.post("/things/a", data="colour=red")).status == 415
    torn = await client.post("/things/a", data=b"{", headers={"Content-Type": "application/json"})
    assert torn.status == 400
    large = await client.post("/things/a", json={"colour": "r" * LARGEST_BODY})
    assert large.status == 413
    assert (await problem_of(large))["type"].endswith("too_large")


async def test_other_methods_are_refused_with_those_that_are_allowed(client: Any) -> None:
    answer = await client.delete("/things/a")
    assert answer.status == 405
    assert set(answer.headers["Allow"].split(",")) == {"GET", "HEAD", "POST"}
    await problem_of(answer)


async def test_what_is_missing_and_what_does_not_exist_are_told_apart(client: Any) -> None:
    missing, nowhere = await client.get("/things/missing"), await client.get("/nowhere")
    assert (missing.status, nowhere.status) == (404, 404)
    types = [(await problem_of(answer))["type"].rpartition(":")[2] for answer in (missing, nowhere)]
    assert types == ["not_found", "no_such_address"]


async def test_a_fault_of_ours_hides_its_inside_and_leaves_a_reference(client: Any) -> None:
    answer = await client.get("/things/broken")
    problem = await problem_of(answer)
    assert answer.status == 500
    assert "ZeroDivision" not in str(problem)
    assert "reference" in problem["detail"]


async def test_head_tells_what_get_would(client: Any) -> None:
    answer = await client.head("/things/a")
    assert answer.status == 200
    assert await answer.read() == b""
