"""The numbers that the whole product stores of recorded traffic equal the PBX's own, whatever dies meanwhile."""

import asyncio
import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.support.cuts import cut_folder
from tests.support.recorded import FOLDERS, TRACES
from tests.support.truth import EXITS, differences, truth_of

SCHEMA = json.loads((Path(__file__).parents[1] / "contracts" / "report.schema.json").read_text())
CALLCENTER = [sys.executable, "-c", "from callcenter.cli import app; app()"]


def command(folder: str, source: str, report: Path, *options: str) -> list[str]:
    return [*CALLCENTER, "replay", str(TRACES / folder), "--source", source, "--report", str(report), *options]


def read(report: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(report.read_text())
    jsonschema.validate(found, SCHEMA)
    return found


@pytest.mark.parametrize("source", ["both", "ami", "queue-log"])
@pytest.mark.parametrize("folder", FOLDERS)
def test_replayed_numbers_are_the_pbx_s_own(tmp_path: Path, folder: str, source: str) -> None:
    report = tmp_path / "report.json"
    done = subprocess.run(command(folder, source, report), capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    assert differences(TRACES / folder, read(report), source) == []


@pytest.mark.parametrize("seed", [1, 2])
async def test_killed_replays_started_again_give_the_same_numbers(tmp_path: Path, valkey_url: str, seed: int) -> None:
    """kill -9 at random moments, again and again; then one that comes to its end, with the same Redis and database."""
    chance = random.Random(seed)
    places = ("--redis", valkey_url, "--database", f"sqlite:///{tmp_path / 'killed.db'}")
    report = tmp_path / "report.json"
    killed = 0
    for _ in range(6):
        process = await asyncio.create_subprocess_exec(
            *command("day-ast22", "both", report, *places), stderr=asyncio.subprocess.PIPE
        )
        try:
            await asyncio.wait_for(process.wait(), chance.uniform(0.8, 5.0))
        except TimeoutError:
            process.kill()
            killed += 1
        await process.wait()
    process = await asyncio.create_subprocess_exec(*command("day-ast22", "both", report, *places))
    assert await process.wait() == 0
    assert killed > 0
    assert differences(TRACES / "day-ast22", read(report), "both") == []


@pytest.mark.parametrize("folder", ["day-ast16", "day-ast22"])
def test_what_ami_lost_is_filled_from_the_log_and_the_gaps_are_told(tmp_path: Path, folder: str) -> None:
    broken, report = cut_folder(TRACES / folder, tmp_path / folder, seed=1), tmp_path / "report.json"
    subprocess.run([*CALLCENTER, "replay", str(broken), "--report", str(report)], check=True, timeout=240)
    found = read(report)
    assert differences(TRACES / folder, found, "both") == []
    gaps = [gap for gap in found["feed"]["gaps"] if gap["source"] == "ami"]
    assert gaps
    assert all(gap["end"] and gap["filled_from"] == "queue_log" for gap in gaps)


def test_what_ami_alone_lost_is_unknown_and_never_something_else(tmp_path: Path) -> None:
    broken, report = cut_folder(TRACES / "day-ast22", tmp_path / "day", seed=2), tmp_path / "report.json"
    subprocess.run([*CALLCENTER, "replay", str(broken), "--source", "ami", "--report", str(report)], check=True)
    truth = truth_of(TRACES / "day-ast22")
    for line in read(report)["queues"]:
        counts = truth.counts[line["queue"]]
        assert all(line[name] <= counts[name] for name in ("offered", "answered", *EXITS.values()))
        assert line["still_waiting"] == 0


def test_truth_is_not_blind(tmp_path: Path) -> None:
    """A report with one wrong number in it is found out."""
    report = tmp_path / "report.json"
    subprocess.run(command("localopt-ast22", "queue-log", report), check=True, timeout=240)
    wrong = read(report)
    wrong["queues"][0]["answered"] += 1
    wrong["agents"][0]["answered"] += 1
    assert len(differences(TRACES / "localopt-ast22", wrong, "queue-log")) == 3
