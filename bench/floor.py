"""The live floor in a process of its own, from the first event until it is told to end and has shown everything.

python -m bench.floor REDIS_URL
"""

import asyncio
import logging
import sys

from adapters.streams.link import connect
from adapters.streams.live_feed import RedisLiveFeed
from adapters.streams.redis import RedisEventStream
from bench.adapter import PBX
from bench.processes import wait_until_told
from callcenter.bootstrap.backbone import SystemClock
from callcenter.bootstrap.collector import look_seldom
from callcenter.domain.policies import SitePolicies
from workers.live import LiveFloor


async def _show(redis_url: str) -> None:
    link = connect(redis_url)
    floor = LiveFloor(
        PBX, RedisEventStream(link), RedisLiveFeed(link), SystemClock(), SitePolicies(), wait_seconds=0.05
    )
    told = asyncio.create_task(asyncio.to_thread(wait_until_told))
    while await floor.run_once() or not told.done():
        pass
    await link.close()


if __name__ == "__main__":
    logging.disable()
    look_seldom()
    asyncio.run(_show(sys.argv[1]))
