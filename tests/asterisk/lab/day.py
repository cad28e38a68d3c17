"""One day: every story at once on one PBX, with the service listening, and what both say when it is over.

The service knows the PBX under three names, one for each way of hearing it, so one day judges all three.
"""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.asterisk.lab.comparison import differences, visit_differences
from tests.asterisk.lab.configuration import Setup
from tests.asterisk.lab.packages import Installation
from tests.asterisk.lab.pbx import Pbx, running
from tests.asterisk.lab.product import Heard, Product, product
from tests.asterisk.lab.stories import Scene, all_stories, play, queues_conf
from tests.asterisk.lab.truth import Truth, queue_log_rows, truth_of

SOURCES = {"both": (True, True), "ami": (True, False), "queue-log": (False, True)}
"""Name → whether AMI and queue_log are heard."""

_SETTLED_SECONDS = 30


@dataclass
class Day:
    """What a day left behind."""

    scenes: dict[str, tuple[Scene, BaseException | None]]
    truth: Truth
    reports: dict[str, dict[str, Any]] = field(default_factory=dict)
    visits: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    floor: dict[str, Any] = field(default_factory=dict)

    def differences(self, source: str) -> list[str]:
        """Between the service and the PBX, cell by cell and visit by visit."""
        ami, _ = SOURCES[source]
        cells = differences(self.truth, self.reports[source], ami=ami)
        return cells + visit_differences(self.truth, self.visits[source])


async def day(setup: Setup, asterisk: Installation, folder: Path) -> Day:
    """Live through it."""
    stories = all_stories()
    with_queues = Setup(**{**vars(setup), "queues": queues_conf(stories)})
    async with running(with_queues, asterisk) as pbx:
        heard = [Heard(name=name, pbx=pbx, ami=ami, queue_log=log) for name, (ami, log) in SOURCES.items()]
        async with product(folder, heard) as service:
            await service.until_live(*(one.name for one in heard if one.ami))
            played = await asyncio.gather(*(play(one, pbx) for one in stories.values()))
            lived = Day({scene.story.name: (scene, error) for scene, error in played}, Truth())
            await _settle(lived, pbx, service)
    return lived


async def _settle(lived: Day, pbx: Pbx, service: Product) -> None:
    """Ask until all is equal, or long enough; what is asked last is what counts."""
    lived.truth = truth_of(queue_log_rows(pbx.queue_log, pbx.setup.rotation))
    end = asyncio.get_running_loop().time() + _SETTLED_SECONDS
    while True:
        for source in SOURCES:
            lived.reports[source] = await service.report(source)
            lived.visits[source] = await service.visits(source)
        lived.floor = await service.get("/api/v1/live")
        if not any(map(lived.differences, SOURCES)) or asyncio.get_running_loop().time() > end:
            return
        await asyncio.sleep(1)
