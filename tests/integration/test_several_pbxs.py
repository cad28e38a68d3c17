"""Two PBXs in one store, with queues and people of the same names: kept apart everywhere, and added up on request."""

import asyncio
import csv
import io
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from adapters.store import Store, open_store
from callcenter.bootstrap.settle import settle
from callcenter.domain.agents.assignments import Assignment
from callcenter.domain.ids import AgentId, PbxId
from callcenter.ports import Said
from callcenter.settings import Settings
from tests.support.agents import at
from tests.support.command import callcenter
from tests.support.recorded import TRACES

BERLIN, PARIS = "berlin", "paris"
FOLDERS = {BERLIN: "day-ast22", PARIS: "day-ast16"}
COUNTS = ("offered", "answered", "abandoned", "timed_out", "exited_by_key", "exited_empty", "unknown", "transferred")


async def replay_both(url: str, folder: Path) -> None:
    """At once, each in a process of its own, into one store."""

    def one(pbx: str) -> int:
        words = ("replay", TRACES / FOLDERS[pbx], "--pbx", pbx, "--database", url, "--report", folder / f"{pbx}.json")
        return callcenter(*words, cwd=folder).status

    assert await asyncio.gather(*(asyncio.to_thread(one, pbx) for pbx in FOLDERS)) == [0, 0]


def told(url: str, folder: Path, *words: str) -> Any:
    done = callcenter("report", "--format", "json", "--database", url, *words, cwd=folder)
    assert done.status == 0, done.err
    return json.loads(done.out)


def by_queue(report: Any) -> dict[tuple[str, str], Any]:
    return {(row["pbx"], row["queue"]): row for row in report["queues"] if row.pop("interval_start")}


@pytest.fixture
async def url(database_url: str, tmp_path: Path) -> str:
    await replay_both(database_url, tmp_path)
    return database_url


async def test_sums_are_those_of_the_parts(url: str, tmp_path: Path) -> None:
    apart, across = by_queue(told(url, tmp_path)), by_queue(told(url, tmp_path, "--across-pbxs"))
    names = {queue for _, queue in apart}
    assert {(BERLIN, "sales"), (PARIS, "sales")} <= apart.keys()
    assert across.keys() == {("*", queue) for queue in names}
    for queue in names:
        parts = [row for (_, name), row in apart.items() if name == queue]
        whole = across["*", queue]
        for count in COUNTS:
            assert whole[count] == sum(part[count] for part in parts), (queue, count)
        for total in ("talk_seconds", "wait_answered_seconds"):
            assert whole[total]["total"] == pytest.approx(sum(part[total]["total"] for part in parts))
            assert whole[total]["maximum"] == max(part[total]["maximum"] for part in parts)
        level = Counter[str]()
        for part in parts:
            level.update(part["service_level_counts"])
        assert whole["service_level_counts"] == {"part": level["part"], "whole": level["whole"]}
    alone = {pbx: by_queue(json.loads((tmp_path / f"{pbx}.json").read_text())) for pbx in FOLDERS}
    for (pbx, queue), row in apart.items():
        assert row == alone[pbx][pbx, queue], "beside another PBX each has the figures that it has alone"
    rows = callcenter("report", "--format", "csv", "--across-pbxs", "--database", url, cwd=tmp_path).out
    assert {row["pbx"] for row in csv.DictReader(io.StringIO(rows))} == {"*"}
    await people_are_one_only_if_somebody_says_so(url, tmp_path)


async def people_are_one_only_if_somebody_says_so(url: str, tmp_path: Path) -> None:
    """Both PBXs have an Alice Martin and a Bob Nguyen; only of Alice the directory says that she is one."""
    apart = told(url, tmp_path)["agents"]
    async with await open_store(url) as store:
        await say_alice_is_one(store)
    across = {(row["pbx"], row["agent"]): row for row in told(url, tmp_path, "--across-pbxs")["agents"]}
    alice = across["*", "am"]
    assert alice["agent_name"] == "Alice Martin"
    for figure in ("answered", "talk_seconds", "signed_in_seconds", "paused_seconds", "ring_no_answer"):
        parts = [row[figure] for row in apart if row["agent"] == "Alice Martin"]
        assert len(parts) == 2
        assert alice[figure] == pytest.approx(sum(parts)), figure
    assert {pbx for pbx, agent in across if agent == "Bob Nguyen"} == {BERLIN, PARIS}


async def say_alice_is_one(store: Store) -> None:
    said = [Said(Assignment(person=AgentId("am"), pbx=PbxId(p), name="Alice Martin"), "Alice Martin") for p in FOLDERS]
    await store.people.put(said, by="test", at=at(0))
    for pbx in FOLDERS:
        await settle(PbxId(pbx), store.ledger, Settings())
