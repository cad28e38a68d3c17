"""Events and batches ⇄ bytes (MessagePack).

An event is the list [TYPE, VERSION, id, microseconds since 1970, pbx, source, field…] with its own fields in the order
of their declaration. New fields are added at the end with a default, so that old bytes decode for ever; a change of
meaning raises VERSION and gets an upcast (`domain/upcasts.py`).
"""

import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import MISSING, fields
from datetime import UTC, datetime, timedelta
from enum import Enum
from operator import attrgetter
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec

from callcenter.domain import feed
from callcenter.domain.agents import events as agent_events
from callcenter.domain.batches import Batch, SourceProgress
from callcenter.domain.calls import events as call_events
from callcenter.domain.errors import BadEventField, UnknownEventType, UnknownEventVersion
from callcenter.domain.event import Event
from callcenter.domain.ids import CallerRef, EventId, MemberRef, PbxId, Source
from callcenter.domain.upcasts import UPCASTS

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_HEAD = ("event_id", "occurred_at", "pbx", "source")
_AT, _OWN = 3, 6
"""Where an event's list has its time, and where its own fields begin."""

_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(list[Any]).decode


def to_microseconds(at: datetime) -> int:
    """Whole microseconds since 1970, exact."""
    return (at - _EPOCH) // _MICROSECOND


def from_microseconds(value: int) -> datetime:
    """The aware UTC instant of whole microseconds since 1970, exact."""
    return _EPOCH + timedelta(microseconds=value)


def event_types() -> dict[str, type[Event]]:
    """Every event type by its wire name."""
    return dict(_TYPES)


def encode_event(event: Event) -> bytes:
    """One event as bytes."""
    return _pack(_event_to_list(event))


def decode_event(data: bytes) -> Event:
    """One event from bytes. Raises EventError if the type, version or fields are not ours."""
    return _event_from_list(_unpack(data))


def encode_batch(batch: Batch) -> bytes:
    """A batch as it travels through the journal and the stream."""
    progress = batch.progress
    return _pack(
        [
            batch.pbx,
            batch.adapter,
            batch.seq,
            to_microseconds(batch.received_at),
            [_event_to_list(event) for event in batch.events],
            batch.raw,
            [
                progress.source.value,
                progress.connection,
                progress.offset,
                progress.frames,
                None if progress.read_until is None else to_microseconds(progress.read_until),
                dict(progress.unknown),
                dict(progress.problems),
                progress.checkpoint,
            ],
        ]
    )


def decode_batch(data: bytes) -> Batch:
    """A batch from bytes. Raises EventError if it is none of ours."""
    try:
        pbx, adapter, seq, received_at, events, raw, progress = _unpack(data)
        source, connection, offset, frames, read_until, unknown, problems, checkpoint = progress
    except (msgspec.DecodeError, ValueError, TypeError) as error:
        raise BadEventField("batch", str(error)) from error
    return Batch(
        pbx=PbxId(pbx),
        adapter=adapter,
        seq=seq,
        received_at=from_microseconds(received_at),
        events=tuple(map(_event_from_list, events)),
        raw=raw,
        progress=SourceProgress(
            source=Source(source),
            connection=connection,
            offset=offset,
            frames=frames,
            read_until=None if read_until is None else from_microseconds(read_until),
            unknown=unknown,
            problems=problems,
            checkpoint=checkpoint,
        ),
    )


def pack_raw(wordings: Iterable[bytes]) -> bytes:
    """The wordings of a batch's events, packed: they repeat each other a lot (about 14 : 1)."""
    return zlib.compress(_pack(list(wordings)), 1)


def unpack_raw(packed: bytes) -> list[bytes]:
    """The wordings again, one per event; an empty one repeats the one before it."""
    wordings: list[bytes] = []
    for item in _unpack(zlib.decompress(packed)):
        wordings.append(item if item or not wordings else wordings[-1])
    return wordings


def _event_to_list(event: Event) -> list[Any]:
    packer = _PACKERS[type(event)]
    return packer(event)


def _event_from_list(row: Sequence[Any]) -> Event:
    try:
        name, version, event_id, at, pbx, source, *values = row
    except ValueError as error:
        raise BadEventField("event", str(error)) from error
    unpacker = _UNPACKERS.get(name)
    if unpacker is None:
        raise UnknownEventType(str(name))
    current = _TYPES[name].VERSION
    while version < current and (name, version) in UPCASTS:
        values, version = list(UPCASTS[name, version](values)), version + 1
    if version != current:
        raise UnknownEventVersion(name, version)
    return unpacker(EventId(event_id), from_microseconds(at), PbxId(pbx), _SOURCES[source], values)


def _writer(hint: Any) -> Callable[[Any], Any] | None:
    """How to write a field, or None where MessagePack knows it as it is; names of states are among that."""
    if get_origin(hint) in (Union, UnionType):
        return next((write for arg in get_args(hint) if (write := _writer(arg))), None)
    if hint is MemberRef:
        return lambda member: [member.interface, member.name]
    if hint is CallerRef:
        return lambda caller: [caller.number, caller.name]
    return to_microseconds if hint is datetime else None


def _reader(hint: Any) -> Callable[[Any], Any] | None:
    """How to read a field back, or None where MessagePack already gives the right thing."""
    if get_origin(hint) in (Union, UnionType):
        readers = [r for arg in get_args(hint) if arg is not type(None) and (r := _reader(arg))]
        if not readers:
            return None
        inner = readers[0]
        return lambda value: None if value is None else inner(value)
    if hint is MemberRef or hint is CallerRef:
        return lambda value: hint(*value)
    if hint is datetime:
        return from_microseconds
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint
    if get_origin(hint) is tuple:
        inner = tuple if get_origin(get_args(hint)[0]) is tuple else str
        return lambda value: tuple(map(inner, value))
    return None


def _packer(cls: type[Event]) -> Callable[[Event], list[Any]]:
    names = [f.name for f in fields(cls) if f.name not in _HEAD]
    hints = get_type_hints(cls)
    writers = [(place, write) for place, name in enumerate(names, _OWN) if (write := _writer(hints[name]))]
    read = attrgetter(*_HEAD, *names)

    def pack(event: Event) -> list[Any]:
        row = [cls.TYPE, cls.VERSION, *read(event)]
        row[_AT] = to_microseconds(row[_AT])
        for place, write in writers:
            if row[place] is not None:
                row[place] = write(row[place])
        return row

    return pack


def _unpacker(cls: type[Event]) -> Callable[[EventId, datetime, PbxId, Source, Sequence[Any]], Event]:
    own = [f for f in fields(cls) if f.name not in _HEAD]
    hints = get_type_hints(cls)
    names = [f.name for f in own]
    readers = [(name, read) for name in names if (read := _reader(hints[name]))]
    # Bytes of before a field was added end early; every field from there on must have a default.
    shortest = max((i + 1 for i, f in enumerate(own) if f.default is MISSING), default=0)

    def unpack(event_id: EventId, at: datetime, pbx: PbxId, source: Source, values: Sequence[Any]) -> Event:
        if not shortest <= len(values) <= len(names):
            raise BadEventField(cls.TYPE, f"{len(values)} fields where {shortest} to {len(names)} belong")
        named = dict(zip(names, values, strict=False))
        try:
            for name, read in readers:
                if name in named:
                    named[name] = read(named[name])
        except (ValueError, TypeError) as error:
            raise BadEventField(cls.TYPE, str(error)) from error
        return cls(event_id=event_id, occurred_at=at, pbx=pbx, source=source, **named)

    return unpack


_SOURCES = {source.value: source for source in Source}
_TYPES: dict[str, type[Event]] = {
    cls.TYPE: cls
    for module in (call_events, agent_events, feed)
    for cls in vars(module).values()
    if isinstance(cls, type) and issubclass(cls, Event) and cls is not Event
}
_PACKERS = {cls: _packer(cls) for cls in _TYPES.values()}
_UNPACKERS = {name: _unpacker(cls) for name, cls in _TYPES.items()}
