"""The table at the end of a run: what was lived through, on which Asterisk, and whether all numbers were equal.

A test says where it stands by `record_property("lab", (row, column))`; several may stand in one cell.
"""

from collections.abc import Iterable, Iterator

import pytest

_WORDS = {"passed": "equal", "failed": "DIFFERS", "error": "ERROR", "skipped": "skipped"}


def lines(reports: Iterable[pytest.TestReport]) -> Iterator[str]:
    """The lines of the table; none if nothing was recorded."""
    cells: dict[str, dict[str, str]] = {}
    columns: dict[str, None] = {}
    for report in reports:
        for name, place in report.user_properties:
            if name == "lab":
                row, column = place  # type: ignore[misc]
                columns[column] = None
                outcome = "error" if report.failed and report.when != "call" else report.outcome
                cells.setdefault(row, {})
                if cells[row].get(column) in (None, "equal"):
                    cells[row][column] = _WORDS[outcome]
    if not cells:
        return
    wide = max(map(len, cells)) + 2
    yield " " * wide + "  ".join(columns)
    for row, found in cells.items():
        yield row.ljust(wide) + "  ".join(found.get(column, "–").ljust(len(column)) for column in columns)
