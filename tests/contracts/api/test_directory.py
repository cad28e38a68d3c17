"""The directory over HTTP: corrections put and taken back, what is in doubt, and who may not change anything."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from callcenter.domain.ids import AgentId, MemberRef
from callcenter.ports import Roll
from tests.support.api import PBX, ApiUnderTest, running_api

DESK = {"person": "chen.yu", "name": "Chen Yu", "pbx": PBX, "interface": "Local/1001@from-queue/n"}
DIRECTORY = "/api/v1/directory"


@pytest.fixture
async def api() -> AsyncIterator[ApiUnderTest]:
    async with running_api() as api:
        yield api


async def put(api: ApiUnderTest, body: Any, **headers: str) -> tuple[int, Any]:
    async with api.client.post(api.url + DIRECTORY, json=body, headers=headers) as answer:
        return answer.status, await answer.json(content_type=None)


async def remove(api: ApiUnderTest, entry: str, **headers: str) -> tuple[int, Any]:
    async with api.client.delete(f"{api.url}{DIRECTORY}/entries/{entry}", headers=headers) as answer:
        return answer.status, await answer.json(content_type=None)


async def test_a_correction_is_listed_and_taken_back(api: ApiUnderTest) -> None:
    status, entry = await put(api, {**DESK, "from": "2026-11-23T09:00:00+08:00"})
    assert (status, entry["from"], entry["until"]) == (200, "2026-11-23T01:00:00Z", None)
    assert (await api.get(DIRECTORY))[1] == {
        "people": [{"person": "chen.yu", "name": "Chen Yu", "entries": [entry]}],
        "pending": 1,
    }
    assert await remove(api, entry["id"]) == (200, {"people": [], "pending": 2})
    _, changes = await api.get(f"{DIRECTORY}/changes")
    assert [(one["by"], one["before"], one["after"]) for one in changes["items"]] == [
        ("api", entry, None),
        ("api", None, entry),
    ]
    assert (await remove(api, entry["id"]))[0] == 404


async def test_saying_it_again_is_no_change(api: ApiUnderTest) -> None:
    assert await put(api, DESK) == await put(api, DESK)
    assert len((await api.get(f"{DIRECTORY}/changes"))[1]["items"]) == 1


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"pbx": "elsewhere"}, "pbx"),
        ({"member": "Chen"}, "interface"),
        ({"interface": None}, "interface"),
        ({"person": " blank"}, "person"),
        ({"person": ""}, "person"),
        ({"from": "2026-11-23T09:00:00Z", "until": "2026-11-23T09:00:00Z"}, "until"),
        ({"from": "yesterday"}, "from"),
        ({"since": "2026-11-23T09:00:00Z"}, "since"),
    ],
)
async def test_what_cannot_be_is_refused(api: ApiUnderTest, wrong: dict[str, Any], field: str) -> None:
    status, problem = await put(api, DESK | wrong)
    assert (status, problem["errors"][0]["field"]) == (400, field)
    assert api.people.said == {}


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_other_pages_change_nothing(api: ApiUnderTest, headers: dict[str, str]) -> None:
    _, entry = await put(api, DESK)
    for status, problem in (
        await put(api, DESK | {"person": "x"}, **headers),
        await remove(api, entry["id"], **headers),
    ):
        assert (status, problem["type"].rpartition(":")[2]) == (403, "another_page")
    assert list(api.people.names) == ["chen.yu"]


async def test_our_own_page_may(api: ApiUnderTest) -> None:
    headers = {"Origin": api.url, "Sec-Fetch-Site": "same-origin"}
    status, entry = await put(api, DESK, **headers)
    assert status == 200
    assert (await remove(api, entry["id"], **headers))[0] == 200


async def test_a_form_is_no_json(api: ApiUnderTest) -> None:
    """What a page can send without asking the browser first."""
    async with api.client.post(
        api.url + DIRECTORY, data='{"person": "x"}', headers={"Content-Type": "text/plain"}
    ) as a:
        assert a.status == 415
    assert api.people.said == {}


async def test_who_is_in_doubt(api: ApiUnderTest) -> None:
    told = frozenset({MemberRef("PJSIP/9"), MemberRef("SIP/8", "SIP/8"), MemberRef("PJSIP/1", "Chen Yu")})
    worked = {AgentId("PJSIP/9"): 0, AgentId("SIP/8"): 3, AgentId("Chen Yu"): 5}
    api.people.roll = [Roll(PBX, told, worked, {"Ann": ("PJSIP/2", "PJSIP/3")})]
    _, found = await api.get(f"{DIRECTORY}/unresolved")
    assert [(one["agent"], one["doubt"], one["conversations"]) for one in found["items"]] == [
        ("Ann", "two_phones", 0),
        ("PJSIP/9", "log_tells_interface", 0),
        ("SIP/8", "no_name", 3),
    ]
    assert found["items"][2]["lines"] == [f",,{PBX},SIP/8,,,"]
    await put(api, {"person": "p", "pbx": PBX, "interface": "SIP/8"})
    assert "SIP/8" not in str((await api.get(f"{DIRECTORY}/unresolved"))[1])
