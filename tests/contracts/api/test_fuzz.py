"""schemathesis against the running API: whatever the document allows or forbids, no answer breaks its word."""

import asyncio
import threading
from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from callcenter.api.app import openapi_document
from tests.support.api import QUEUE, live_agent, live_queue, running_api

schema = schemathesis.openapi.from_dict(openapi_document()).exclude(path=["/api/v1/live/events", "/readyz"])


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A running API on a thread of its own: schemathesis asks from this one and waits."""
    started, url = threading.Event(), []
    loop = asyncio.new_event_loop()
    done = asyncio.Event()

    async def serve() -> None:
        async with running_api() as api:
            await api.publish("snapshot", queues={QUEUE: live_queue("1001")}, agents={"Chen Yu": live_agent()})
            url.append(api.url)
            started.set()
            await done.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    assert started.wait(10)
    yield url[0]
    loop.call_soon_threadsafe(done.set)
    thread.join(10)
    loop.close()


@schema.parametrize()
@settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_the_api_keeps_its_word(case: schemathesis.Case, address: str) -> None:
    # Cursors, the order of from and to, and the century are beyond what a schema can say.
    case.call_and_validate(base_url=address, excluded_checks=[positive_data_acceptance])
