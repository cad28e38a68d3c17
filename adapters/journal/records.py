"""One record of a segment, and how to find records in a file that may be torn or damaged.

magic · length · CRC32 · seq · microseconds since 1970 · payload

The checksum covers everything but the magic and itself. It is zlib's CRC32: it finds the same kinds of damage as
CRC32C, and comes with Python at the speed of memory, where CRC32C would be a compiled dependency for nothing.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from mmap import mmap
from typing import NamedTuple

_MAGIC = b"CCJ1"
_HEADER = struct.Struct("<4sIIQQ")
_CHECKED = struct.Struct("<IQQ")


class Record(NamedTuple):
    """A record that is whole. ``end`` is where it ends in its file; the time is microseconds since 1970."""

    seq: int
    written_at: int
    payload: bytes
    end: int


@dataclass(frozen=True, slots=True)
class Damage:
    """Bytes of a file that are no record."""

    start: int
    end: int


def encode(seq: int, written_at: int, payload: bytes) -> bytes:
    """A record as bytes."""
    crc = _checksum(len(payload), seq, written_at, payload)
    return _HEADER.pack(_MAGIC, len(payload), crc, seq, written_at) + payload


def scan(data: bytes | mmap) -> Iterator[Record | Damage]:
    """All records in order, and what is broken between them or after the last."""
    at = 0
    while (found := _next_record(data, at)) is not None:
        start, record = found
        if start > at:
            yield Damage(at, start)
        yield record
        at = record.end
    if at < len(data):
        yield Damage(at, len(data))


def _next_record(data: bytes | mmap, at: int) -> tuple[int, Record] | None:
    """The first whole record from here on, and where it begins."""
    while (start := data.find(_MAGIC, at)) >= 0:
        record = _record_at(data, start)
        if record is not None:
            return start, record
        at = start + 1
    return None


def _record_at(data: bytes | mmap, start: int) -> Record | None:
    body = start + _HEADER.size
    if body > len(data):
        return None
    _, length, crc, seq, written_at = _HEADER.unpack_from(data, start)
    if length > len(data) - body:
        return None
    payload = bytes(data[body : body + length])
    if _checksum(length, seq, written_at, payload) != crc:
        return None
    return Record(seq, written_at, payload, body + length)


def _checksum(length: int, seq: int, written_at: int, payload: bytes) -> int:
    return zlib.crc32(payload, zlib.crc32(_CHECKED.pack(length, seq, written_at)))
