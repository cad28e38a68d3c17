"""The source's own words, shown beside an event: exact, but without the numbers by which a person could be called.

A caller's number stands in the wording in many places: in headers made for it, in file names, in the data of a
queue_log row. Numbers that the call's events name as callers are masked wherever they stand; headers that bear callers
or the other party are masked whole; and so is every other value that is nothing but a telephone number.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from callcenter.domain.event import Event
from callcenter.domain.ids import CallerRef
from callcenter.domain.masking import looks_like_number, mask_known, mask_number

_PERSONAL_HEADER = re.compile(r"(?i).*(CallerID|ConnectedLine)(Num|Name)")
_HEADER = re.compile(r"([A-Za-z0-9_\-]+)(:\s*)(.*)")
_QUEUE_LOG_NAMES = 5
"""The first columns of a queue_log row: instant, leg, queue, agent, event."""

_NOBODY = "<unknown>"
_NOT_SHOWN = frozenset({"event_id", "occurred_at", "pbx", "source"})


def callers_of(events: Collection[Event], caller: CallerRef | None = None) -> frozenset[str]:
    """Every caller's number and name that the events of a call (or its visit) tell."""
    found = [caller, *(getattr(event, "caller", None) for event in events)]
    return frozenset(text for ref in found if ref is not None for text in (ref.number, ref.name) if text)


def masked_wording(wording: bytes, callers: Collection[str]) -> str:
    """An AMI frame or a queue_log row as text, with personal numbers masked. Bytes that are no UTF-8 show as U+FFFD."""
    text = wording.decode("utf-8", "replace")
    return "\n".join(mask_known(_masked_line(line), callers) for line in text.splitlines()).rstrip("\n")


def masked_fields(event: Event, callers: Collection[str]) -> Mapping[str, Any]:
    """What an event tells beyond who, when and what kind, as JSON values, with personal numbers masked."""
    return {
        item.name: _plain(getattr(event, item.name), callers)
        for item in fields(event)
        if item.name not in _NOT_SHOWN and getattr(event, item.name) is not None
    }


def masked_text(text: str, callers: Collection[str]) -> str:
    """One value, masked if it is a telephone number or holds a caller's."""
    return mask_number(text) if looks_like_number(text) else mask_known(text, callers)


def _masked_line(line: str) -> str:
    match = _HEADER.fullmatch(line)
    if match:
        name, separator, value = match.groups()
        personal = value not in ("", _NOBODY) and (_PERSONAL_HEADER.fullmatch(name) or looks_like_number(value))
        return f"{name}{separator}{mask_number(value)}" if personal else line
    columns = line.split("|")
    data = [mask_number(column) if looks_like_number(column) else column for column in columns[_QUEUE_LOG_NAMES:]]
    return "|".join(columns[:_QUEUE_LOG_NAMES] + data)


def _plain(value: Any, callers: Collection[str]) -> Any:
    if isinstance(value, CallerRef):
        return {"number": mask_number(value.number) if value.number else None, "name": None}
    if isinstance(value, Enum):
        return value.name.lower() if isinstance(value, int) else value.value
    if isinstance(value, datetime):
        return value.isoformat()
    if is_dataclass(value):
        return {item.name: _plain(getattr(value, item.name), callers) for item in fields(value)}
    if isinstance(value, tuple | list):
        return [_plain(item, callers) for item in value]
    return masked_text(value, callers) if isinstance(value, str) else value
