"""What is stored does not depend on the order, the cut or the repetition of what was heard: on the real store."""

from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import Column, Table, create_engine, select

from adapters.store import open_store
from adapters.store.tables import metadata
from callcenter.bootstrap.settle import settle
from callcenter.domain.batches import Batch
from callcenter.domain.ids import PbxId
from callcenter.settings import Settings
from tests.support.recorded import batches_of, recut
from workers.batches import BatchRecorder
from workers.rebuild import Rebuild

PBX = PbxId("pbx")

FOLDED = (
    *("visits", "ring_attempts", "refusals", "spells", "anomalies", "disagreements"),
    *("queue_intervals", "agent_intervals"),
)
_GIVEN_BY_CHANCE = {"id", "caller_id", "is_unlinked", "call", "number"}
"""Numbers, and which calls were once folded together because their loose ends fitted for a while."""


def rows(url: str) -> dict[str, list[str]]:
    """All derived rows, as text, in an order of their own."""
    engine = create_engine(url)
    with engine.connect() as connection:
        return {
            name: sorted(str(tuple(row)) for row in connection.execute(select(*_columns(metadata.tables[name]))))
            for name in FOLDED
        }


def _columns(table: Table) -> list[Column[Any]]:
    return [column for column in table.columns if column.name not in _GIVEN_BY_CHANCE]


async def recorded(url: str, batches: Sequence[Batch], at_once: int) -> dict[str, list[str]]:
    async with await open_store(url) as store:
        recorder = BatchRecorder(PBX, store.ledger)
        for i in range(0, len(batches), at_once):
            await recorder.record(batches[i : i + at_once])
        await settle(PBX, store.ledger, Settings())
    return rows(url)


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_any_order_cut_and_repetition_gives_the_same_rows(tmp_path: Path, seed: int) -> None:
    batches = await batches_of("localopt-ast22")
    plain = await recorded(f"sqlite:///{tmp_path / 'plain.db'}", batches, len(batches))
    shuffled = await recorded(f"sqlite:///{tmp_path / 'shuffled.db'}", recut(batches, Random(seed)), 3)
    for table in FOLDED:
        assert shuffled[table] == plain[table], table


async def test_recording_the_same_again_changes_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'twice.db'}"
    batches = await batches_of("localopt-ast22")
    once = await recorded(url, batches, 5)
    assert await recorded(url, batches, 2) == once


async def test_rebuilt_equals_recorded(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'rebuilt.db'}"
    before = await recorded(url, await batches_of("localopt-ast22"), 3)
    async with await open_store(url) as store:
        rebuild = Rebuild(PBX, store.ledger)
        while await rebuild.run_once():
            pass
        await settle(PBX, store.ledger, Settings())
    assert rows(url) == before
    assert before["visits"]


async def test_what_others_recorded_meanwhile_is_seen(tmp_path: Path) -> None:
    """An import beside a running recorder, or a second recorder: neither overwrites what the other stored."""
    batches = await batches_of("localopt-ast22")
    plain = await recorded(f"sqlite:///{tmp_path / 'plain.db'}", batches, 3)
    url = f"sqlite:///{tmp_path / 'two.db'}"
    async with await open_store(url) as store:
        first, second = BatchRecorder(PBX, store.ledger), BatchRecorder(PBX, store.ledger)
        for number, batch in enumerate(recut(batches, Random(5))):
            await (first, second)[number % 2].record([batch])
        await settle(PBX, store.ledger, Settings())
    shared = rows(url)
    for table in FOLDED:
        assert shared[table] == plain[table], table
