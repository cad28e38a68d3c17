"""Row 10: whole queue_log files until all numbers are final and stored, against a loop that only splits their lines.

The file is the recorded day again and again, a day later each time: ids and times move, everything else stays.
"""

import asyncio
import gzip
import io
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import redirect_stderr
from functools import partial
from pathlib import Path
from statistics import median

from bench.harness import DAY, Bench, Goal, Row, in_turns, ratios
from callcenter.bootstrap.imports import run_import
from callcenter.settings import Settings

DAYS = 20
WAZO_STAT_LINES_PER_SECOND = 3_100
"""What a peer's importer was measured at, on two cores, into PostgreSQL."""

_DAY_SECONDS = 86_400
_INSTANT = re.compile(rb"\b179542\d{4}\b")
"""A time, or the beginning of an id, of the recorded day."""


def rows(rounds: int) -> Iterator[Row]:
    """Row 10 against both."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "queue_log"
        file.write_bytes(many_days(gzip.decompress((DAY / "queue_log.gz").read_bytes()), DAYS))
        ours, limit = in_turns(rounds, partial(_import, file), partial(_split, file))
    what = f"import queue-log of {DAYS} days until final"
    detail = f"{median(ours):,.0f} lines/s"
    yield Row(
        number=10,
        what=what,
        reference="a loop that splits the lines",
        goal=Goal(0.1, "{:.1%}"),
        figures=ratios(ours, limit),
        detail=f"{detail} against {median(limit):,.0f}",
    )
    yield Row(
        number=10,
        what=what,
        reference=f"{WAZO_STAT_LINES_PER_SECOND:,} lines/s (wazo-stat, measured before)",
        goal=Goal(40),
        figures=tuple(rate / WAZO_STAT_LINES_PER_SECOND for rate in ours),
        detail=detail,
    )


BENCH = Bench((10,), rows)


def many_days(day: bytes, days: int) -> bytes:
    """The same day again and again, a day later each time."""

    def later(seconds: int, found: re.Match[bytes]) -> bytes:
        return b"%d" % (int(found[0]) + seconds)

    return b"".join(_INSTANT.sub(partial(later, number * _DAY_SECONDS), day) for number in range(days))


def _import(file: Path) -> float:
    """Lines per second."""
    with tempfile.TemporaryDirectory() as folder, redirect_stderr(io.StringIO()):
        settings = Settings(data_dir=Path(folder))
        began = time.perf_counter()
        asyncio.run(run_import(settings, [file], "bench"))
        return file.read_bytes().count(b"\n") / (time.perf_counter() - began)


def _split(file: Path) -> float:
    """Lines per second."""
    began, lines = time.perf_counter(), 0
    with file.open(encoding="utf-8") as log:
        for line in log:
            line.split("|")
            lines += 1
    return lines / (time.perf_counter() - began)
