"""A progress bar on standard error, for whatever may take longer than two seconds."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn


@contextmanager
def progress_bar(what: str, total: float) -> Iterator["Bar"]:
    """A bar over ``total`` of anything; shown only to a person at a terminal."""
    console = Console(file=sys.stderr)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as progress:
        yield Bar(progress, progress.add_task(what, total=total))


class Bar:
    """Moves on, and may say what it is at."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress = progress
        self._task = task

    def advance(self, amount: float) -> None:
        """So much more is done."""
        self._progress.advance(self._task, amount)

    def say(self, what: str) -> None:
        """What is being done now."""
        self._progress.update(self._task, description=what)
