"""Every operation answers with the model that it declares, and what it says is what the ports told."""

from collections.abc import AsyncIterator
from urllib.parse import quote

import pytest

from callcenter.api.app import OPS
from callcenter.api.ops import Op
from callcenter.api.site import Site
from tests.support.api import CALLER, PBX, ApiUnderTest, be_heard, running_api, visit
from tests.support.archive import ListArchive

VISIT = f"/api/v1/visits/{PBX}/{quote(visit().visit_id, safe='')}"
PERIOD = "from=2026-11-23T00:00:00Z&to=2026-11-24T00:00:00Z"
PATHS = {
    "/api/v1/visits/{pbx}/{visit_id}": VISIT,
    "/api/v1/queues/intervals": f"/api/v1/queues/intervals?{PERIOD}",
    "/api/v1/agents/intervals": f"/api/v1/agents/intervals?{PERIOD}",
}
ANSWERING = [op for op in OPS if op.returns is not None and op.method == "GET"]


@pytest.fixture
async def api() -> AsyncIterator[ApiUnderTest]:
    async with running_api() as api:
        await be_heard(api)
        yield api


@pytest.mark.parametrize("op", ANSWERING, ids=lambda op: op.name)
async def test_the_answer_is_the_declared_model(api: ApiUnderTest, op: Op[Site]) -> None:
    async with api.client.get(api.url + PATHS.get(op.path, op.path)) as answer:
        assert answer.status == 200
        assert answer.content_type == op.media
        body = await answer.read()
    assert op.returns is not None
    op.returns.model_validate_json(body)
    assert CALLER.encode() not in body
    assert b"Zhang Wei" not in body


@pytest.mark.parametrize("op", ANSWERING, ids=lambda op: op.name)
async def test_an_empty_site_answers_too(op: Op[Site]) -> None:
    async with running_api(ListArchive(), pbxs=()) as api:
        if op.path == "/api/v1/visits/{pbx}/{visit_id}":
            status, problem = await api.get(VISIT)
            assert (status, problem["type"].rpartition(":")[2]) == (404, "not_found")
            return
        async with api.client.get(api.url + PATHS.get(op.path, op.path)) as answer:
            assert op.returns is not None
            op.returns.model_validate_json(await answer.read())
