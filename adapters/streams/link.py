"""The way to one Redis: its time limits, its patience, and its errors in our words.

No error of redis-py leaves this module: what may pass is tried again with growing pauses and becomes StreamUnavailable
when it does not; what would come back the same becomes StreamRefused at once.
"""

import asyncio
import math
import random
import re
import time
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import Any, TypeVar
from urllib.parse import urlsplit

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import (
    AuthenticationError,
    AuthorizationError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    TryAgainError,
)
from redis.exceptions import ConnectionError as NotConnected
from redis.exceptions import TimeoutError as TimedOut

from callcenter.domain.errors import SettingsError, StreamRefused, StreamUnavailable

T = TypeVar("T")

BLOCK_SECONDS = 5.0
"""The longest that one command blocks at the server; longer waits are several commands."""
ANSWER_SECONDS = 15.0
"""An answer later than this is none. Longer than any block: a dead connection is noticed, a quiet one is left alone."""
PATIENCE_SECONDS = 30.0
"""How long a server may be away, or say "not now", before the caller hears of it: long enough for a restart."""

_FIRST_PAUSE_SECONDS = 0.05
_LONGEST_PAUSE_SECONDS = 2.0

_FINAL = (AuthenticationError, AuthorizationError)
_TEMPORARY = (NotConnected, TimedOut, OutOfMemoryError, ReadOnlyError, TryAgainError)
_TEMPORARY_ANSWERS = ("MISCONF", "OOM", "BUSY ", "MASTERDOWN", "NOREPLICAS", "UNBLOCKED")
"""Disk full, memory full, a script that runs, a failover in progress, a stream that went while we waited for it."""
_IN_PIPELINE = re.compile(r""".* of pipeline caused error: \(["'](.*)["'],\)$""", re.DOTALL)


class Link:
    """One server and how we talk to it. Close it when done."""

    def __init__(self, client: Redis, address: str, *, patience_seconds: float = PATIENCE_SECONDS) -> None:
        # redis-py types every reply as the union of all forms it might have; what is read from it is checked by use.
        self.client: Any = client
        self.address = address
        self._patience_seconds = patience_seconds

    async def call(self, work: Callable[[Any], Awaitable[T]]) -> T:
        """What ``work`` makes of the client. It runs again after a failure that may pass, so it must bear that."""
        give_up_at = time.monotonic() + self._patience_seconds
        for pause in _pauses():
            try:
                found = await work(self.client)
                _heed_cancellation()
                return found
            except RedisError as error:
                if not _may_pass(error):
                    raise StreamRefused(self.address, _answer(error)) from error
                if time.monotonic() + pause > give_up_at:
                    raise StreamUnavailable(self.address, _answer(error)) from error
            await asyncio.sleep(pause)
        raise AssertionError("pauses never end")

    async def wait_for(self, read: Callable[[int | None, Any], Awaitable[T]], wait_seconds: float) -> T:
        """What ``read(block_milliseconds, client)`` finds: asked again until it is something, or the wait is over."""
        end_at = time.monotonic() + wait_seconds
        while True:
            left = min(end_at - time.monotonic(), BLOCK_SECONDS)
            block = max(1, math.ceil(left * 1000)) if left > 0 else None
            found = await self.call(partial(read, block))
            if found or time.monotonic() >= end_at:
                return found

    async def close(self) -> None:
        """Close all connections."""
        await self.client.aclose()


def _heed_cancellation() -> None:
    """redis-py sends by `asyncio.wait_for`, and that of Python 3.11 loses a cancellation that comes with the answer."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


def connect(url: str, *, patience_seconds: float = PATIENCE_SECONDS) -> Link:
    """A link to the server of this address; connects when first used. Raises SettingsError if it is no address.

    RESP2, because its replies have the same form on every server from Redis 7.0 on. redis-py tries nothing again by
    itself: a read whose answer got lost must not be repeated as if nothing had happened.
    """
    try:
        client = Redis.from_url(
            url,
            protocol=2,
            socket_timeout=ANSWER_SECONDS,
            socket_connect_timeout=BLOCK_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
    except ValueError as error:
        raise SettingsError("CALLCENTER_REDIS_URL", "redis_url", str(error), "redis://127.0.0.1:6379/0") from error
    return Link(client, _without_secrets(url), patience_seconds=patience_seconds)


def _may_pass(error: RedisError) -> bool:
    if isinstance(error, _FINAL) or isinstance(error.__cause__, _FINAL):
        return False
    return isinstance(error, _TEMPORARY) or _answer(error).startswith(_TEMPORARY_ANSWERS)


def _answer(error: RedisError) -> str:
    """What the server said, without the command (and the callers in it) that redis-py puts before it in pipelines."""
    text = str(error)
    in_pipeline = _IN_PIPELINE.search(text)
    return in_pipeline[1] if in_pipeline else text


def _pauses() -> Iterator[float]:
    """Growing pauses, spread so that many clients do not come back at the same instant."""
    pause = _FIRST_PAUSE_SECONDS
    while True:
        yield pause * random.uniform(0.5, 1.5)
        pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)


def _without_secrets(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
