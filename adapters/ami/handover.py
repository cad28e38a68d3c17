"""Between the socket, which must never wait, and whoever reads, who sometimes does.

Asterisk has no limit for what it keeps for a slow reader: what we do not read grows in the PBX. So everything is read
at once and kept here, up to a bound; beyond it the connection is given up on purpose. That is a gap which is known and
filled from ``queue_log``, instead of a PBX that runs out of memory.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from dataclasses import replace

from adapters.ami.source import Received, SourceItem

BOUND_BYTES = 64 * 1024 * 1024


class HandOver:
    """An ordered queue with a bound in bytes, for one reader. Notices always fit."""

    def __init__(self, bound_bytes: int = BOUND_BYTES) -> None:
        self._bound_bytes = bound_bytes
        self._items: deque[SourceItem] = deque()
        self._backlog_bytes = 0
        self._closed = False
        self._filled = asyncio.Event()
        self._drained = asyncio.Event()
        self._drained.set()

    @property
    def backlog_bytes(self) -> int:
        """Bytes received and not read yet."""
        return self._backlog_bytes

    def put(self, item: SourceItem) -> bool:
        """Append; False, and nothing is appended, if it would go beyond the bound."""
        size = len(item.data) if isinstance(item, Received) else 0
        if size and self._backlog_bytes + size > self._bound_bytes:
            self._drained.clear()
            return False
        self._backlog_bytes += size
        self._items.append(item)
        self._filled.set()
        return True

    def close(self) -> None:
        """Nothing more comes; what is there can still be read."""
        self._closed = True
        self._filled.set()

    async def drained(self) -> None:
        """Wait, after something did not fit, until half of the bound is free again."""
        await self._drained.wait()

    async def items(self) -> AsyncGenerator[SourceItem]:
        """Everything in order, until closed and empty."""
        while True:
            while self._items:
                item = self._items.popleft()
                self._take_off(item)
                yield replace(item, more=True) if self._items and isinstance(item, Received) else item
            if self._closed:
                return
            self._filled.clear()
            await self._filled.wait()

    def _take_off(self, item: SourceItem) -> None:
        if isinstance(item, Received):
            self._backlog_bytes -= len(item.data)
        if self._backlog_bytes <= self._bound_bytes // 2:
            self._drained.set()
