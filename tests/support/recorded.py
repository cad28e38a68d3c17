"""The recorded folders of the repository, as the batches that the adapters make of them."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from random import Random

from callcenter.bootstrap.recorded import BOTH, recorded_feeds
from callcenter.codec import pack_raw
from callcenter.domain.batches import Batch
from callcenter.domain.event import Event

TRACES = Path(__file__).parents[1] / "data" / "traces"
FOLDERS = ("day-ast16", "day-ast22", "localopt-ast22", "storm-ast22")


class WallClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


async def batches_of(folder: str, source: str = BOTH) -> list[Batch]:
    """All batches of a folder, those of AMI first."""
    feeds = recorded_feeds(TRACES / folder, source, "pbx", WallClock())
    return [batch for feed in feeds for batch in [batch async for batch in feed.batches()]]


def recorded_events(folder: str, source: str = BOTH) -> list[Event]:
    """All facts of a folder in the order in which they were heard, those of AMI first."""
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        return [event for batch in runner.run(batches_of(folder, source)) for event in batch.events]


def recut(batches: Sequence[Batch], random: Random) -> list[Batch]:
    """The same facts of each adapter in other batches, all in another order, some of them twice."""
    cut: list[Batch] = []
    for adapter in sorted({batch.adapter for batch in batches}):
        told = [batch for batch in batches if batch.adapter == adapter]
        events = [event for batch in told for event in batch.events]
        random.shuffle(events)
        numbers = count(1)
        while events:
            size = random.choice((1, 7, 50, 400))
            some, events = events[:size], events[size:]
            raw = pack_raw([b"" for _ in some])
            cut.append(replace(told[-1], seq=next(numbers), events=tuple(some), raw=raw))
    cut += random.choices(cut, k=len(cut) // 5)
    random.shuffle(cut)
    return cut
