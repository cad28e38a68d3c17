"""The dictionary of figures on the command line."""

import json
import sys
from dataclasses import asdict

from rich.console import Console
from rich.table import Table

from callcenter.metrics.dictionary import Entry, Example, entries

_WIDE = 240
"""Columns of a table that goes to a file or a pipe: nothing is cut there."""

_COLUMNS = ("Of", "Name", "Version", "Formula", "T", "S", "Unit", "Example", "Source")


def show_definitions(form: str) -> None:
    """Print all definitions, as a table or as JSON."""
    if form == "json":
        told = [asdict(entry) for entry in entries()]
        sys.stdout.write(json.dumps(told, ensure_ascii=False, indent=1) + "\n")
        return
    table = Table(*_COLUMNS)
    for entry in entries():
        table.add_row(*_cells(entry))
    console = Console()
    (console if console.is_terminal else Console(width=_WIDE)).print(table)


def _cells(entry: Entry) -> list[str]:
    fixed = entry.parameters
    limits = (fixed.threshold_seconds, fixed.short_abandon_seconds) if fixed else (None, None)
    return [
        entry.subject,
        entry.name,
        str(entry.version),
        entry.formula,
        *("" if seconds is None else f"{seconds} s" for seconds in limits),
        entry.unit,
        _example(entry.example),
        entry.source,
    ]


def _example(example: Example) -> str:
    """
    >>> _example(Example(0.25, 2, 8)), _example(Example(7)), _example(Example(None, 0, 0))
    ('2 / 8 = 0.25', '7', '0 / 0 = –')
    """
    value = "–" if example.value is None else f"{example.value:.3f}".rstrip("0").rstrip(".")
    return value if example.part is None else f"{example.part:g} / {example.whole:g} = {value}"
