"""The PBX's own words are forgotten after a while; facts and ids stay."""

from datetime import datetime, timedelta

from adapters.store import Store
from callcenter.domain.calls.events import CallOffered
from callcenter.domain.ids import LegId, QueueName
from tests.support.heard import PBX, batch, record, told
from workers.retention import EVERY, Retention


class Watch:
    """A clock that is set by hand."""

    def __init__(self, now: datetime) -> None:
        self.time = now

    def now(self) -> datetime:
        return self.time


async def test_old_words_go_and_young_ones_stay(store: Store) -> None:
    event = told(CallOffered, 0, leg=LegId("1.1"), queue=QueueName("sales"))
    heard = batch([event])
    await record(store, heard)
    watch = Watch(heard.received_at + timedelta(days=13))
    retention = Retention(PBX, store.ledger, watch, keep_days=14)
    assert await retention.run_once() == 0
    watch.time = heard.received_at + timedelta(days=14) + EVERY
    assert await retention.run_once() == 1
    assert await retention.run_once() == 0
    async with store.ledger.recording(PBX) as recording:
        assert await recording.add([heard]) == []
