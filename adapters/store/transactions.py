"""Transactions on either database, in which plain functions over a `Connection` run.

One writer at a time and PBX: SQLite has one for the whole file (BEGIN IMMEDIATE), on PostgreSQL the writers of a PBX
queue for its row (`turns.py`). Readers see what was committed before they began and never wait.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from sqlalchemy import Connection

P = ParamSpec("P")
T = TypeVar("T")


class Transaction(Protocol):
    """An open transaction. It ends with the context that gave it."""

    async def run(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a function over the connection; one at a time."""
        ...


class Database(Protocol):
    """Where transactions come from. What takes longer than its limit is ended, and raises StoreTooSlow."""

    def answering(self) -> AbstractAsyncContextManager[Transaction]:
        """A transaction that reads for somebody who waits."""
        ...

    def reading(self) -> AbstractAsyncContextManager[Transaction]:
        """A transaction that reads for work of ours."""
        ...

    def writing(self) -> AbstractAsyncContextManager[Transaction]:
        """A transaction that may write; leaving the context commits, an error undoes it."""
        ...

    async def close(self) -> None: ...
