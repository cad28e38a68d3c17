"""A cancellation that a client library loses must still end the task, or a service that stops hangs."""

import asyncio

import pytest

from adapters.streams.link import Link


async def test_a_cancellation_lost_on_the_way_is_heeded() -> None:
    link = Link(client=None, address="redis://nowhere")  # type: ignore[arg-type]

    async def loses_it(client: object) -> str:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            return "the answer that came at the same moment"
        return "an answer"

    task = asyncio.create_task(link.call(loses_it))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_an_answer_is_an_answer() -> None:
    link = Link(client=None, address="redis://nowhere")  # type: ignore[arg-type]

    async def answers(client: object) -> str:
        return "an answer"

    assert await link.call(answers) == "an answer"
