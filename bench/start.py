"""Row 17: how long until there is something to see, of the demo and of the command line's help.

The demo counts as shown once the page is served and the live floor behind it has queues in it. The reference for
``--help`` is a typer app of two commands that do nothing, started by the same Python.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from statistics import median
from urllib.error import URLError
from urllib.request import urlopen

from bench.harness import Bench, Goal, Row, in_turns, ratios

_COMMAND = Path(sys.executable).parent / "callcenter"
_BARE_APP = """
import typer

app = typer.Typer(add_completion=False)


@app.command()
def one() -> None:
    "Nothing."


@app.command()
def other() -> None:
    "Nothing."


app()
"""
_PATIENCE_SECONDS = 60.0


def rows(rounds: int) -> Iterator[Row]:
    """Row 17 for both."""
    demo = tuple(_demo() for _ in range(rounds))
    yield Row(
        number=17,
        what="callcenter demo to the first live page",
        goal=Goal(3.0, "{:.1f} s", at_most=True),
        figures=demo,
    )
    with tempfile.TemporaryDirectory() as folder:
        bare = Path(folder) / "bare.py"
        bare.write_text(_BARE_APP)
        ours, theirs = in_turns(
            2 * rounds, partial(_help, [str(_COMMAND)]), partial(_help, [sys.executable, str(bare)])
        )
    yield Row(
        number=17,
        what="callcenter --help",
        reference="a typer app of two commands",
        goal=Goal(1.3, "{:.2f} ×", at_most=True),
        figures=ratios(ours, theirs),
        detail=f"{1000 * median(ours):.0f} against {1000 * median(theirs):.0f} ms",
    )


BENCH = Bench((17,), rows)


def _help(command: list[str]) -> float:
    """Seconds."""
    began = time.perf_counter()
    subprocess.run([*command, "--help"], stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began


def _demo() -> float:
    """Seconds."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CALLCENTER_")}
    began = time.perf_counter()
    with subprocess.Popen(
        [_COMMAND, "demo", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment | {"PYTHONUNBUFFERED": "1"},
    ) as demo:
        assert demo.stdout is not None
        try:
            address = demo.stdout.readline().split()[-1].rstrip("/")
            while not _is_live(address):
                assert time.perf_counter() - began < _PATIENCE_SECONDS, "the demo shows nothing"
                time.sleep(0.02)
            return time.perf_counter() - began
        finally:
            demo.send_signal(signal.SIGTERM)


def _is_live(address: str) -> bool:
    """Whether the page is served, and what it shows is alive."""
    try:
        with urlopen(f"{address}/") as page, urlopen(f"{address}/api/v1/live") as live:
            floor = json.loads(live.read())
            return page.status == 200 and bool(floor["queues"]) and floor["pbxs"][0]["state"] == "live"
    except URLError:
        return False
