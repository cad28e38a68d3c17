"""Speed and cost in one table, each against a reference of the same run: ``python -m bench [--quick] [ROW…]``."""

import argparse
import importlib
import logging
import sys
from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.table import Table

from bench.harness import Bench, Row
from callcenter.bootstrap.collector import look_seldom

BENCHES = {
    (1,): "ami_intake",
    (2,): "publish",
    (3,): "to_state",
    (4, 5, 13): "to_rows",
    (8,): "storing",
    (9, 15): "at_size",
    (10,): "import_log",
    (14,): "memory",
    (17,): "start",
}
"""The module of each group of rows; it is imported when one of them is asked for."""

ROUNDS, QUICK_ROUNDS = 5, 2
_PIPED_WIDTH = 180


def main() -> None:
    """Measure the rows asked for, all if none is, and print the table."""
    asked, rounds = parse(sys.argv[1:])
    logging.disable()  # connections end on purpose, thousands of times
    look_seldom()
    console = Console(width=None if sys.stdout.isatty() else _PIPED_WIDTH)
    found = sorted(_measured(asked, rounds, console), key=lambda row: row.number)
    console.print(table(found, rounds))


def parse(arguments: Sequence[str]) -> tuple[set[int], int]:
    """Which rows, and in how many rounds."""
    known = sorted(number for numbers in BENCHES for number in numbers)
    parser = argparse.ArgumentParser(prog="python -m bench", description="Speed and cost, each against a reference.")
    parser.add_argument("rows", metavar="ROW", nargs="*", type=int, help=f"of {', '.join(map(str, known))}; else all")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_ROUNDS} rounds instead of {ROUNDS}")
    asked = parser.parse_args(arguments)
    if unknown := set(asked.rows).difference(known):
        parser.error(f"there is no row {min(unknown)}")
    return set(asked.rows or known), QUICK_ROUNDS if asked.quick else ROUNDS


def _measured(asked: set[int], rounds: int, console: Console) -> Iterator[Row]:
    for numbers, module in BENCHES.items():
        wanted = asked.intersection(numbers)
        if wanted:
            with console.status(f"measuring {', '.join(map(str, sorted(wanted)))}"):
                bench: Bench = importlib.import_module(f"bench.{module}").BENCH
                yield from (row for row in bench.rows(rounds) if row.number in wanted)


def table(rows: Sequence[Row], rounds: int) -> Table:
    """All rows; what is told is the median of the rounds."""
    shown = Table("row", "what", "against", "goal", "median (min – max)", "met", "in figures")
    shown.caption = f"{rounds} rounds, in turns with the reference"
    for row in rows:
        if row.skipped:
            found = "skipped", "", row.skipped
        else:
            middle, low, high = map(row.goal.write, (row.median, min(row.figures), max(row.figures)))
            found = f"{middle} ({low} – {high})", "[green]yes[/]" if row.is_met else "[red]no[/]", row.detail
        shown.add_row(str(row.number), row.what, row.reference, str(row.goal), *found)
    return shown


if __name__ == "__main__":
    main()
