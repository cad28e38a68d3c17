"""What an adapter hands over: facts heard together, how they were worded, and how far the source has been read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from callcenter.domain.event import Event
from callcenter.domain.ids import PbxId, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceProgress:
    """How far one connection or file has been read. Counts are totals since its beginning, so the latest one holds all.

    ``connection`` names the AMI connection or the file; ``offset`` is in bytes and only grows. ``frames`` counts
    everything that was read, wanted or not; ``unknown`` counts by name what is in no table; ``problems`` counts by kind
    what could not be read. ``checkpoint`` is the adapter's own note from which it can go on.
    """

    source: Source
    connection: str
    offset: int
    frames: int
    read_until: datetime | None = None
    unknown: Mapping[str, int] = field(default_factory=dict)
    problems: Mapping[str, int] = field(default_factory=dict)
    checkpoint: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Facts that one adapter heard together, in the order heard.

    ``seq`` counts the batches of this adapter for this PBX without a hole. ``raw`` is the packed wording
    (`codec.pack_raw`): one item per event, empty where an event shares the wording of the one before it.
    """

    pbx: PbxId
    adapter: str
    seq: int
    received_at: datetime
    events: tuple[Event, ...]
    raw: bytes
    progress: SourceProgress
