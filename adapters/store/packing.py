"""Values of several parts in one column: JSON where a person may want to read it, MessagePack for ids."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from adapters.store.text import storable, storable_throughout
from callcenter.domain.agents.spells import AgentState
from callcenter.domain.ids import EventId
from callcenter.metrics.summaries import AgentSummary, QueueSummary

_pack = msgspec.msgpack.Encoder().encode
_unpack_ids = msgspec.msgpack.Decoder(tuple[bytes, ...]).decode
_json = msgspec.json.Encoder().encode
_read_texts = msgspec.json.Decoder(tuple[str, ...]).decode
_read_counts = msgspec.json.Decoder(dict[str, int]).decode

read_state = msgspec.json.Decoder(AgentState).decode
read_queue_summary = msgspec.json.Decoder(QueueSummary).decode
read_agent_summary = msgspec.json.Decoder(AgentSummary).decode


def to_json(value: Any) -> str:
    """A value of plain parts, or a record of such, as JSON text."""
    try:
        return _json(value).decode()
    except UnicodeEncodeError:
        return _json(storable_throughout(value)).decode()


def texts(values: Iterable[str]) -> str:
    """Some texts as one."""
    return to_json([storable(value) for value in values])


def read_texts(packed: str) -> tuple[str, ...]:
    """The texts again."""
    return _read_texts(packed)


def counts(values: Mapping[str, int]) -> str:
    """Counts by name as one text."""
    return to_json({storable(name): count for name, count in values.items()})


def read_counts(packed: str) -> dict[str, int]:
    """The counts again."""
    return _read_counts(packed)


def ids(values: Iterable[EventId]) -> bytes:
    """Some event ids as one value."""
    return _pack(list(values))


def read_ids(packed: bytes) -> tuple[EventId, ...]:
    """The event ids again."""
    return _unpack_ids(packed)  # type: ignore[return-value]
