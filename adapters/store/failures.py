"""What databases and their drivers raise, as the two cases that differ for whoever called: wait, or look at it."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError

from callcenter.domain.errors import StoreRefused, StoreTooSlow, StoreUnavailable

_TRANSIENT = ("40", "53", "55", "57", "58", "08", "25006", "25P03")
"""SQLSTATEs that pass: rolled back, out of resources, in use, shutting down, system error, connection, standby, stood
still for too long."""

_CANCELLED = "57014"
"""The SQLSTATE of a statement that took longer than it may."""


@contextmanager
def explained(url: URL) -> Iterator[None]:
    """Turn whatever the database raises into StoreUnavailable or StoreRefused."""
    try:
        yield
    except DBAPIError as error:
        raise _kind(error)(address(url), _told(error)) from error
    except TimeoutError as error:
        raise StoreUnavailable(address(url), "no answer for longer than a statement may take") from error
    except SQLAlchemyError as error:
        raise StoreUnavailable(address(url), str(error)) from error


@contextmanager
def reachable(url: URL) -> Iterator[None]:
    """What the operating system says about a connection that could not be made."""
    try:
        yield
    except OSError as error:
        raise StoreUnavailable(address(url), str(error) or type(error).__name__) from error


def address(url: URL) -> str:
    """The address without its password."""
    return url.render_as_string(hide_password=True)


def _told(error: DBAPIError) -> str:
    """The driver's own first line: the others, and SQLAlchemy's, hold the values, and those may be anybody's."""
    return str(error.orig).partition("\n")[0]


def _kind(error: DBAPIError) -> type[StoreUnavailable | StoreRefused]:
    if _was_ended(error):
        return StoreTooSlow
    return StoreUnavailable if _passes(error) else StoreRefused


def _was_ended(error: DBAPIError) -> bool:
    ended_by_us = getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT
    return ended_by_us or getattr(error.orig, "sqlstate", None) == _CANCELLED


def _passes(error: DBAPIError) -> bool:
    state = getattr(error.orig, "sqlstate", None)
    if state is not None:
        return error.connection_invalidated or str(state).startswith(_TRANSIENT)
    return error.connection_invalidated or isinstance(error, OperationalError | InterfaceError)
