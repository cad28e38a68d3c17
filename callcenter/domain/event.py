"""What every domain event has: an identity that survives repetition, the PBX's own time, and a source."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from callcenter.domain.ids import EventId, PbxId, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One fact, in the past tense.

    ``TYPE`` is the wire name and never a Python path, so that classes can be renamed. ``VERSION`` is raised when a
    field changes its meaning. ``occurred_at`` is aware UTC by the PBX's clock, to the microsecond from AMI and to
    the second from ``queue_log``.
    """

    TYPE: ClassVar[str]
    VERSION: ClassVar[int] = 1

    event_id: EventId
    occurred_at: datetime
    pbx: PbxId
    source: Source
