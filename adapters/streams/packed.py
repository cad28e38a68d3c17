"""Many entries in one write and one transaction: all of them are in the stream, or none.

A transaction is also the fastest way to durable entries: the server syncs its log once for all of them. redis-py's own
pipeline spends more time on each small command than the server does, so the commands are packed here and the replies
counted by hiredis, at about twice the rate. For that one private attribute of redis-py is used, its connection's
reader; where it or hiredis is missing, the pipeline does the same.
"""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any

from redis.exceptions import ConnectionError as NotConnected
from redis.exceptions import ResponseError

from adapters.streams.entries import ADAPTER, BATCH, SEQ
from adapters.streams.link import ANSWER_SECONDS

try:
    import hiredis
except ImportError:
    hiredis = None  # type: ignore[assignment]

_READ_BYTES = 65536


async def add_all(key: str, adapter: str, entries: Sequence[tuple[int, bytes]], client: Any) -> None:
    """Append (seq, encoded batch) pairs; returns when the server has them for good."""
    connection = await client.connection_pool.get_connection()
    try:
        reader = getattr(connection, "_reader", None)
        if hiredis is not None and isinstance(reader, asyncio.StreamReader):
            await _add_packed(connection, reader, _commands(key, adapter, entries), len(entries) + 2)
            return
    finally:
        await client.connection_pool.release(connection)
    await add_by_pipeline(key, adapter, entries, client)


async def add_by_pipeline(key: str, adapter: str, entries: Sequence[tuple[int, bytes]], client: Any) -> None:
    """The same through redis-py's public interface."""
    async with client.pipeline(transaction=True) as pipeline:
        for seq, payload in entries:
            pipeline.xadd(key, {ADAPTER: adapter, SEQ: seq, BATCH: payload})
        await pipeline.execute()


async def _add_packed(connection: Any, reader: asyncio.StreamReader, commands: bytes, answers: int) -> None:
    read_all = False
    try:
        await connection.send_packed_command(commands, check_health=False)
        async with asyncio.timeout(ANSWER_SECONDS):
            error = await _first_error(reader, answers)
        read_all = True
    except OSError as failure:  # a time-out is one too
        raise NotConnected(f"no answer to XADD: {failure!r}") from failure
    finally:
        if not read_all:  # answers may still come on this connection, and nobody else may get them
            await connection.disconnect(nowait=True)
    if error is not None:
        raise ResponseError(error)


async def _first_error(reader: asyncio.StreamReader, answers: int) -> str | None:
    """Read this many answers; the first that is an error, also inside EXEC's."""
    parser = hiredis.Reader()
    first: str | None = None
    while answers > 0:
        chunk = await reader.read(_READ_BYTES)
        if not chunk:
            raise NotConnected("Connection closed by server")
        parser.feed(chunk)
        while (answer := parser.gets()) is not False:
            answers -= 1
            for item in answer if isinstance(answer, list) else (answer,):
                if first is None and isinstance(item, hiredis.ReplyError):
                    first = str(item)
    return first


def _commands(key: str, adapter: str, entries: Sequence[tuple[int, bytes]]) -> bytes:
    """MULTI, one XADD per entry, EXEC, as they go over the wire."""
    return b"".join(_pieces(_bulk("XADD") + _bulk(key) + _bulk("*") + _bulk(ADAPTER) + _bulk(adapter), entries))


def _pieces(head: bytes, entries: Sequence[tuple[int, bytes]]) -> Iterator[bytes]:
    before_seq = b"*9\r\n" + head + _bulk(SEQ)
    before_batch = _bulk(BATCH)
    yield b"*1\r\n" + _bulk("MULTI")
    for seq, payload in entries:
        digits = b"%d" % seq
        yield b"%b$%d\r\n%b\r\n%b$%d\r\n" % (before_seq, len(digits), digits, before_batch, len(payload))
        yield payload
        yield b"\r\n"
    yield b"*1\r\n" + _bulk("EXEC")


def _bulk(text: str) -> bytes:
    data = text.encode()
    return b"$%d\r\n%b\r\n" % (len(data), data)
