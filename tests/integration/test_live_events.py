"""Browsers on the live stream: what they are told first, what they missed, and what a slow one gets."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from adapters.streams.memory import MemoryLiveFeed
from callcenter.api.liveness import LiveLimits
from callcenter.domain.errors import StreamUnavailable
from callcenter.domain.ids import PbxId
from callcenter.metrics.summaries import QueueSummary
from callcenter.ports import QueueRow
from tests.support.api import CALLER, NOW, PBX, QUEUE, ApiUnderTest, be_heard, live_agent, live_queue, running_api
from tests.support.sse import Listener, listening

OTHER = PbxId("pbx2")


@pytest.fixture
async def api() -> AsyncIterator[ApiUnderTest]:
    async with running_api(pbxs=(PBX, OTHER)) as api:
        await api.publish("snapshot", queues={QUEUE: live_queue(CALLER)}, agents={"Chen Yu": live_agent()})
        await api.publish("snapshot", OTHER, queues={QUEUE: live_queue()})
        await shows(api, lambda picture: len(picture["queues"]) == 2)
        yield api


async def shows(api: ApiUnderTest, wanted: Any) -> dict[str, Any]:
    """The picture, once it is as wanted."""
    async with asyncio.timeout(5):
        while not wanted(picture := (await api.get("/api/v1/live"))[1]):
            await asyncio.sleep(0.005)
    return dict(picture)


async def equals_reload(api: ApiUnderTest, listener: Listener) -> None:
    """The page shows, sooner or later, what a reload shows."""
    async with asyncio.timeout(5):
        while listener.picture != (reload := (await api.get("/api/v1/live"))[1]):
            assert reload
            await listener.next()


async def test_a_browser_is_told_everything_first(api: ApiUnderTest) -> None:
    async with listening(api.client, api.url) as listener:
        first = await listener.next()
        assert first.event == "snapshot"
        assert listener.today["total"]["offered"] == 18
        await equals_reload(api, listener)
        assert listener.picture is not None
        assert set(listener.picture["queues"]) == {"pbx1/sales", "pbx2/sales"}
        assert CALLER not in str(listener.heard)


async def test_deltas_lead_to_what_a_reload_shows(api: ApiUnderTest) -> None:
    async with listening(api.client, api.url) as listener:
        await listener.next()
        for number in range(20):
            pbx = (PBX, OTHER)[number % 2]
            await api.publish("delta", pbx, queues={f"q{number % 3}": live_queue(*["1"] * number)})
        await api.publish("delta", queues={"q0": None}, agents={"Chen Yu": live_agent("talking", CALLER)})
        await shows(api, lambda picture: "pbx1/q0" not in picture["queues"] and "pbx1/q2" in picture["queues"])
        await equals_reload(api, listener)
        assert {told.event for told in listener.heard} <= {"snapshot", "delta", "today"}


async def test_many_changes_at_once_become_few_frames(api: ApiUnderTest) -> None:
    async with listening(api.client, api.url) as listener:
        await listener.next()
        for number in range(200):
            await api.publish("delta", queues={QUEUE: live_queue(ready=number)})
        await shows(api, lambda picture: picture["queues"]["pbx1/sales"]["agents"]["ready"] == 199)
        await equals_reload(api, listener)
        assert len(listener.heard) < 60


async def test_a_browser_that_was_away_hears_only_what_it_missed(api: ApiUnderTest) -> None:
    async with listening(api.client, api.url) as listener:
        await listener.next()
        await api.publish("delta", queues={"q1": live_queue()})
        await listener.until("delta")
        last_id, picture = listener.last_id, listener.picture
    await api.publish("delta", queues={"q1": None, "q2": live_queue(CALLER)})
    await shows(api, lambda picture: "pbx1/q2" in picture["queues"])
    async with listening(api.client, api.url, last_id, picture) as again:
        first = await again.next()
        assert first.event == "delta"
        assert set(first.data["queues"]) == {"pbx1/q1", "pbx1/q2"}
        assert first.data["agents"] == {}
        await equals_reload(api, again)


@pytest.mark.parametrize("last_id", ["gone", "eyJwYngxIjoiMS0wIn0", "a" * 4000])
async def test_a_browser_that_was_away_too_long_gets_a_snapshot(api: ApiUnderTest, last_id: str) -> None:
    async with listening(api.client, api.url, last_id) as listener:
        assert (await listener.next()).event == "snapshot"


async def test_an_api_that_was_started_again_goes_on_where_the_other_left(api: ApiUnderTest) -> None:
    async with listening(api.client, api.url) as listener:
        await listener.next()
        last_id, picture = listener.last_id, listener.picture
    await api.publish("delta", queues={"q1": live_queue()})
    async with running_api(pbxs=(PBX, OTHER), streams=api.streams) as other:
        await shows(other, lambda picture: "pbx1/q1" in picture["queues"])
        async with listening(other.client, other.url, last_id, picture) as again:
            first = await again.next()
            assert first.event == "delta"
            assert list(first.data["queues"]) == ["pbx1/q1"]
            await equals_reload(other, again)


async def test_a_slow_browser_is_told_so_and_given_the_whole_picture(api: ApiUnderTest) -> None:
    large = {f"queue-{n}": live_queue(*["13800138000"] * 40) for n in range(40)}
    async with listening(api.client, api.url) as listener:
        await listener.next()
        for number in range(120):  # nobody reads meanwhile
            for queue in large.values():
                queue["agents"]["ready"] = number
            await api.publish("delta", queues=large)
            await shows(
                api,
                lambda picture, n=number: (
                    picture["queues"].get("pbx1/queue-0", {"agents": {"ready": -1}})["agents"]["ready"] == n
                ),
            )
            await asyncio.sleep(0.012)
        assert (await listener.until("resync")).data == {"reason": "behind"}
        assert (await listener.next()).event == "snapshot"
        await equals_reload(api, listener)


async def test_states_age_without_any_word_from_the_worker(api: ApiUnderTest) -> None:
    async with listening(api.client, api.url) as listener:
        await listener.next()
        assert listener.picture is not None
        assert {pbx["state"] for pbx in listener.picture["pbxs"]} == {"live"}
        api.clock.at = NOW + timedelta(seconds=20)
        while {pbx["state"] for pbx in listener.picture["pbxs"]} != {"stale"}:
            await asyncio.wait_for(listener.next(), 5)
        api.clock.at = NOW + timedelta(seconds=61)
        while {pbx["state"] for pbx in listener.picture["pbxs"]} != {"lost"}:
            await asyncio.wait_for(listener.next(), 5)


async def test_todays_figures_are_pushed_when_they_change(api: ApiUnderTest) -> None:
    async with listening(api.client, api.url) as listener:
        await listener.next()
        assert listener.today["total"]["abandoned"] == 4
        api.archive.rows_of_queues.append(QueueRow(PBX, QUEUE, NOW, QueueSummary(offered=1, abandoned=1)))
        api.clock.at = NOW + timedelta(seconds=2)
        while listener.today["total"]["abandoned"] != 5:
            await asyncio.wait_for(listener.until("today"), 5)
        assert listener.today["agents"][0]["agent"] == "Chen Yu"


async def test_a_comment_keeps_a_silent_stream_open() -> None:
    quiet = LiveLimits(keep_alive_seconds=0.05, today_interval_seconds=60)
    async with running_api(limits=quiet) as api, listening(api.client, api.url) as listener:
        await listener.next()
        assert await asyncio.wait_for(listener.content.readuntil(b"\n\n"), 5) == b": still here\n\n"


async def test_browsers_that_go_leave_nothing_behind(api: ApiUnderTest) -> None:
    from callcenter.api.app import SITE

    assert api.app is not None
    hub = api.app[SITE].hub
    for _ in range(20):
        async with listening(api.client, api.url) as listener:
            await listener.next()
    async with asyncio.timeout(5):
        number = 0
        while hub.listeners:
            number += 1
            await api.publish("delta", queues={"q": live_queue(ready=number)})
            await asyncio.sleep(0.02)


async def test_shutting_down_ends_the_streams_at_once() -> None:
    async with aiohttp.ClientSession() as client:
        async with running_api() as api:
            answer = await client.get(f"{api.url}/api/v1/live/events")
            await answer.content.readuntil(b"\n\n")
            begun = asyncio.get_running_loop().time()
        assert asyncio.get_running_loop().time() - begun < 1.5
        answer.close()


async def test_garbage_in_the_feed_is_left_out(api: ApiUnderTest) -> None:
    await api.feed.publish(PBX, "delta", b"\xff not JSON")
    await api.publish("delta", queues={"after": live_queue()})
    picture = await shows(api, lambda picture: "pbx1/after" in picture["queues"])
    assert "pbx1/sales" in picture["queues"]


async def test_the_stream_takes_no_head_and_no_post(api: ApiUnderTest) -> None:
    for method in ("HEAD", "POST"):
        async with api.client.request(method, f"{api.url}/api/v1/live/events") as answer:
            assert answer.status == 405
            assert answer.headers["Allow"] == "GET"


async def test_a_feed_that_fails_is_told_and_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    follow, failures = MemoryLiveFeed.follow, iter(range(1))

    def failing_once(feed: MemoryLiveFeed, pbx: PbxId, **options: Any) -> Any:
        if next(failures, None) is not None:
            raise StreamUnavailable("redis://somewhere", "refused")
        return follow(feed, pbx, **options)

    monkeypatch.setattr(MemoryLiveFeed, "follow", failing_once)
    async with running_api() as api:
        _, readiness = await api.get("/readyz")
        assert {"name": "feed of pbx1", "ok": False, "problem": "StreamUnavailable"} in readiness["checks"]
        await be_heard(api)
        assert (await api.get("/readyz"))[0] == 200
