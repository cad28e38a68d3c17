"""Hours of calls: ``python -m bench.soak [--minutes 60] [--calls 5] [--database postgresql] [--output FILE]``.

The status is 1 if anything is not as it should be. What a run cannot tell because it was short is said, and is no
failure.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.soak import verdict
from bench.soak.site import PBX, Site, keep_looking, running
from bench.soak.verdict import Finding, Holds
from bench.soak.watch import PROC, Watched, keep_sampling, keep_timing, watching

LONGEST_WARM_UP_MINUTES = 25.0
"""By then the recorder keeps as many calls as it ever does; in a run of less than twice that, half of the run."""

KEEP_STREAM_MINUTES = 10
"""Of the service under test, so that what Redis keeps is as much as it ever will be when the warm-up ends."""

_SAMPLE_SECONDS = 5.0
_PIPED_WIDTH = 180
_WORDS = {Holds.YES: "[green]yes[/]", Holds.NO: "[red]no[/]", Holds.UNDECIDED: "[yellow]too short to tell[/]"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What to run."""

    minutes: float
    calls_per_second: float
    database: str
    output: Path | None
    folder: Path | None

    @property
    def warm_up_seconds(self) -> float:
        """What is not judged at the beginning."""
        return 60 * min(LONGEST_WARM_UP_MINUTES, self.minutes / 2)


def main() -> int:
    """Run, print the table, write the file; the exit status."""
    asked = parse(sys.argv[1:])
    if not PROC.is_dir():
        print("The soak reads processes from /proc: it needs Linux.", file=sys.stderr)
        return 2
    console = Console(width=None if sys.stdout.isatty() else _PIPED_WIDTH)
    with ExitStack() as stack:
        folder = asked.folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cc-soak-")))
        folder.mkdir(parents=True, exist_ok=True)
        watched, findings = asyncio.run(soak(asked, folder))
    console.print(table(asked, findings))
    if asked.output is not None:
        asked.output.write_text(json.dumps(as_json(asked, watched, findings), indent=1))
    return int(any(finding.holds is Holds.NO for finding in findings))


def parse(arguments: Sequence[str]) -> Asked:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description="Hours of calls against the service.")
    parser.add_argument("--minutes", type=float, default=60.0, help="how long (60)")
    parser.add_argument("--calls", type=float, default=5.0, help="queue calls a second (5)")
    parser.add_argument("--database", default="sqlite", help="sqlite, postgresql (an own server), or an address")
    parser.add_argument("--output", type=Path, help="a JSON file for all samples and findings")
    parser.add_argument("--folder", type=Path, help="an empty folder to work in, which stays")
    given = parser.parse_args(arguments)
    return Asked(
        minutes=given.minutes,
        calls_per_second=given.calls,
        database=given.database,
        output=given.output,
        folder=given.folder,
    )


async def soak(asked: Asked, folder: Path) -> tuple[Watched, list[Finding]]:
    """Run it; all samples, and what they show."""
    watched = Watched()
    async with running(folder, asked.calls_per_second, asked.database, KEEP_STREAM_MINUTES) as site:
        await _watch(asked, site, watched)
        sent = await site.stop_pbx()
        settled = await site.settled()
        report, feed = await site.report(), await site.feed()
        status = await site.end()
        log = site.log
    after = [sample for sample in watched.samples if sample.at >= asked.warm_up_seconds]
    findings = chain(
        verdict.memory_findings(after),
        [
            verdict.lag_finding(lag for at, lag in watched.lags if at >= asked.warm_up_seconds),
            verdict.cost_finding(watched, "callcenter up", asked.calls_per_second),
            Finding("all figures final after the last call", str(settled), "True", _holds(settled)),
        ],
        verdict.count_findings(sent, folder / "pbx" / "queue_log", report),
        verdict.health_findings(feed, log, status),
    )
    return watched, list(findings)


async def _watch(asked: Asked, site: Site, watched: Watched) -> None:
    """Sample for as long as asked, while others look at the pages."""
    async with watching(PBX, site.pids, site.folder / "data", site.database, site.redis) as watch:
        await site.at_present()
        began = time.monotonic()
        work = (
            keep_sampling(watch, watched, began, _SAMPLE_SECONDS, site.folder / "samples.jsonl"),
            keep_timing(watch, watched, began),
            keep_looking(site.address),
        )
        tasks = [asyncio.create_task(one) for one in work]
        done, _ = await asyncio.wait(tasks, timeout=60 * asked.minutes, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        for task in done:
            await task  # none of them ends but by an error


def table(asked: Asked, findings: Sequence[Finding]) -> Table:
    """All findings for a person."""
    shown = Table("what", "found", "bound", "holds")
    shown.caption = (
        f"{asked.minutes:g} minutes, {asked.calls_per_second:g} queue calls a second, {asked.database};"
        f" judged after {asked.warm_up_seconds / 60:g} minutes"
    )
    for finding in findings:
        shown.add_row(finding.what, finding.found, finding.bound, _WORDS[finding.holds])
    return shown


def as_json(asked: Asked, watched: Watched, findings: Sequence[Finding]) -> dict[str, Any]:
    """All findings and samples for a program."""
    return {
        "ended_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "minutes": asked.minutes,
        "calls_per_second": asked.calls_per_second,
        "database": asked.database.partition(":")[0],
        "warm_up_seconds": asked.warm_up_seconds,
        "findings": [asdict(finding) for finding in findings],
        "samples": [asdict(sample) for sample in watched.samples],
        "lags": watched.lags,
    }


def _holds(is_so: bool) -> Holds:
    return Holds.YES if is_so else Holds.NO


if __name__ == "__main__":
    sys.exit(main())
