"""Every operation answers with the model that it declares, and what it says is what the ports told."""

from collections.abc import AsyncIterator
from urllib.parse import quote

import pytest

from callcenter.api.app import OPS
from callcenter.api.ops import Op
from callcenter.api.site import Site
from callcenter.domain.ids import AgentId, PbxId
from callcenter.ports import AgentRow, QueueRow
from tests.support.api import CALLER, PBX, ApiUnderTest, be_heard, busy_archive, running_api, visit
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


async def test_pbxs_are_added_up_on_request() -> None:
    """Each visit counts once, each PBX by its own threshold; people only where the directory says that they are one."""
    archive, other = busy_archive(), PbxId("pbx2")
    archive.rows_of_queues += [QueueRow(other, row.queue, row.quarter, row.summary) for row in archive.rows_of_queues]
    archive.rows_of_agents += [AgentRow(other, row.agent, row.quarter, row.summary) for row in archive.rows_of_agents]
    async with running_api(archive, pbxs=(PBX, other)) as api:
        asked = ((f"/api/v1/queues/intervals?{PERIOD}&interval=day", "rows"), ("/api/v1/queues/today?", "queues"))
        for path, key in asked:
            apart = (await api.get(path))[1][key]
            (across,) = (await api.get(f"{path}&across=pbxs"))[1][key]
            assert (len(apart), across["pbx"]) == (2, "*")
            assert across["offered"] == sum(row["offered"] for row in apart) == 36
            levels = [row["service_level"] for row in apart]
            assert [level["threshold_seconds"] for level in levels] == [30, 20]
            assert across["service_level"]["part"] == sum(level["part"] for level in levels)
            assert len(across["service_level"]["rules"]) == 2
        intervals = f"/api/v1/agents/intervals?{PERIOD}&interval=day&across=pbxs"
        assert [row["pbx"] for row in (await api.get(intervals))[1]["rows"]] == [PBX, other]
        for pbx in (PBX, other):
            await api.client.post(
                f"{api.url}/api/v1/directory", json={"person": "cy", "name": "Yu", "pbx": pbx, "member": "cy"}
            )
        archive.rows_of_agents = [AgentRow(r.pbx, AgentId("cy"), r.quarter, r.summary) for r in archive.rows_of_agents]
        (yu,) = (await api.get(intervals))[1]["rows"]
        assert (yu["pbx"], yu["agent"], yu["name"], yu["answered"]) == ("*", "cy", "Yu", 6)
