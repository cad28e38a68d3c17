"""Recorded stories through the real adapters, a real Valkey, the workers and a real database, asked for over HTTP."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest

from adapters.ami.intake import Intake
from adapters.queue_log.source import read_file
from adapters.store import Store
from adapters.streams.link import connect
from adapters.streams.live_feed import RedisLiveFeed
from adapters.streams.redis import RedisEventStream
from callcenter.api.app import OPS, build_app, serve
from callcenter.codec import encode_batch
from callcenter.domain.batches import Batch
from callcenter.domain.policies import SitePolicies
from tests.support.api import SetClock
from tests.support.sse import listening
from tests.support.stories import PBX, STORIES, Bytes, story_bytes
from workers.handle_time import HandleTime
from workers.live import LiveFloor
from workers.queue_metrics import QueueMetrics
from workers.recorder import Recorder

TOLD = ("blind_ami", "abandon_wait", "rna_timeout", "exitkey", "xfer_to_queue")
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
POLICIES = SitePolicies()
ODD = (
    "/api/v1/visits?cursor=abc",
    "/api/v1/visits?cursor=k88ABmEP5Yo09qRkZW1v",
    "/api/v1/recordings?cursor=!!!!",
    "/api/v1/visits?leg=%EF%BF%BD%F0%9F%98%80",
    "/api/v1/visits?queue='%20OR%201=1--",
    "/api/v1/visits?from=2000-01-01T00:00:00Z&to=2099-12-31T23:59:59Z",
    "/api/v1/visits/nobody/nothing~at~1",
    "/api/v1/visits/pbx/%E2%80%AE~q~1",
    f"/api/v1/visits/pbx/{'9' * 200}",
    "/api/v1/samples?pbx=nobody",
    "/api/v1/queues/intervals?from=2026-11-23T00:00:00Z&to=2026-11-24T00:00:00Z&pbx=nobody",
)


@dataclass
class Centre:
    """A served site."""

    url: str
    client: aiohttp.ClientSession
    store: Store

    async def get(self, path: str) -> tuple[int, Any]:
        async with self.client.get(self.url + path) as answer:
            return answer.status, await answer.json(content_type=None)


async def batches() -> AsyncIterator[tuple[str, Batch]]:
    """What AMI and queue_log told of the stories, in seqs of their own."""
    ami, log = count(1), count(1)
    for story in TOLD:
        source = Bytes([story_bytes(story, "22")])
        async for batch in Intake(PBX, source, adapter="ami", next_seq=lambda: next(ami)).batches():
            yield "ami", batch
        path = STORIES / story / "22.queue_log"
        for batch in read_file(path, pbx=PBX, next_seq=lambda: next(log), clock=SetClock(NOW)):
            yield "queue_log", batch


@pytest.fixture
async def centre(store: Store, valkey_url: str) -> AsyncIterator[Centre]:
    link = connect(valkey_url)
    stream, feed, clock = RedisEventStream(link), RedisLiveFeed(link), SetClock(NOW)
    async for adapter, batch in batches():
        await stream.publish(PBX, adapter, [(batch.seq, encode_batch(batch))])
    live = LiveFloor(PBX, stream, feed, clock, POLICIES, wait_seconds=0.01)
    recorder = Recorder(PBX, stream, store.ledger, wait_seconds=0.01)
    metrics = [QueueMetrics(PBX, store.ledger, POLICIES), HandleTime(PBX, store.ledger, POLICIES)]
    while await recorder.run_once() or await live.run_once():
        pass
    while sum([await step.run_once() for step in metrics]):
        pass
    app = build_app(
        archive=store.archive,
        people=store.people,
        live_feed=feed,
        stream=stream,
        clock=clock,
        policies=POLICIES,
        pbxs=[PBX],
    )
    try:
        async with serve(app, "127.0.0.1", 0) as url, aiohttp.ClientSession() as client:
            async with listening(client, url) as listener:
                while not (listener.picture or {}).get("queues"):
                    await listener.next()
            yield Centre(url, client, store)
    finally:
        await link.close()


async def test_what_was_recorded_is_answered(centre: Centre) -> None:
    await every_operation_answers_its_model(centre)
    await visits_come_page_by_page_and_each_with_its_story(centre)
    await todays_figures_count_these_visits(centre)
    await the_feed_is_final_and_its_words_are_counted(centre)
    for path in ODD:
        async with centre.client.get(centre.url + path) as answer:
            assert answer.status in (200, 400, 404), await answer.text()
            assert answer.content_type == ("application/json" if answer.status == 200 else "application/problem+json")


async def every_operation_answers_its_model(centre: Centre) -> None:
    for op in OPS:
        if op.method != "GET" or op.returns is None or "{" in op.path or op.path.endswith("/intervals"):
            continue
        async with centre.client.get(centre.url + op.path) as answer:
            assert answer.status == 200, await answer.text()
            op.returns.model_validate_json(await answer.read())


async def visits_come_page_by_page_and_each_with_its_story(centre: Centre) -> None:
    seen: list[dict[str, Any]] = []
    cursor = ""
    while True:
        status, page = await centre.get(f"/api/v1/visits?limit=2{cursor}")
        assert status == 200
        seen += page["items"]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert len(seen) == len({item["visit_id"] for item in seen}) >= len(TOLD)
    assert {"answered", "abandoned", "timed_out", "exited_by_key"} <= {item["outcome"] for item in seen}
    for item in seen:
        status, story = await centre.get(f"/api/v1/visits/{PBX}/{quote(item['visit_id'], safe='')}")
        assert status == 200
        assert {key: story[key] for key in item} == item
        assert {event["source"] for event in story["timeline"]} == {"ami", "queue_log"}
        assert all(event["wording"] for event in story["timeline"])


async def todays_figures_count_these_visits(centre: Centre) -> None:
    _, today = await centre.get("/api/v1/queues/today")
    _, page = await centre.get("/api/v1/visits?limit=500")
    assert today["total"]["offered"] == len(page["items"])
    for outcome in ("answered", "abandoned", "timed_out", "exited_by_key", "still_waiting", "unknown"):
        assert today["total"][outcome] == sum(item["outcome"] == outcome for item in page["items"])
    period = "from=2026-11-23T00:00:00Z&to=2026-11-24T00:00:00Z&interval=hour"
    _, hours = await centre.get(f"/api/v1/queues/intervals?{period}")
    assert sum(row["offered"] for row in hours["rows"]) == today["total"]["offered"]
    _, agents = await centre.get("/api/v1/agents/today")
    assert sum(agent["answered"] for agent in agents["agents"]) == today["total"]["answered"]


async def the_feed_is_final_and_its_words_are_counted(centre: Centre) -> None:
    _, feed = await centre.get("/api/v1/feed")
    (heard,) = feed["pbxs"]
    assert heard["events_by_source"]["ami"] > heard["events_by_source"]["queue_log"] > 0
    assert (heard["dead_letters"], heard["final"]) == (0, True)


async def test_a_site_that_has_heard_nothing_answers(store: Store, valkey_url: str) -> None:
    link = connect(valkey_url)
    app = build_app(
        archive=store.archive,
        people=store.people,
        live_feed=RedisLiveFeed(link),
        stream=RedisEventStream(link),
        clock=SetClock(NOW),
        policies=POLICIES,
        pbxs=[PBX],
    )
    async with serve(app, "127.0.0.1", 0) as url, aiohttp.ClientSession() as client:
        for op in OPS:
            if op.method != "GET" or "{" in op.path or op.path.endswith(("/intervals", "/events")):
                continue
            async with client.get(url + op.path) as answer:
                assert answer.status == (503 if op.path == "/readyz" else 200), await answer.text()
        async with client.get(f"{url}/api/v1/feed") as answer:
            (silent,) = (await answer.json())["pbxs"]
            assert (silent["state"], silent["last_event_at"], silent["final"]) == ("starting", None, False)
    await link.close()
