"""How facts become batches: what adapters share, since no adapter may import another.

A `Tally` counts what is read from one connection or file; a `Batcher` gathers events with their wordings and closes
them into a `Batch` that bears a sequence number and the tally of that moment. Neither reads a clock or does I/O.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime

from callcenter.codec import pack_raw
from callcenter.domain.batches import Batch, SourceProgress
from callcenter.domain.errors import PeerError
from callcenter.domain.event import Event
from callcenter.domain.ids import PbxId, Source

LIVE_EVENTS = 100
"""Events in a batch while we listen: small, so that each is shown soon."""

RECORDED_EVENTS = 1000
"""Events in a batch when recorded data is read: large, since only the whole matters."""

_NAMES_COUNTED = 200
OTHER_NAMES = "(other)"
"""Counts what comes under more names than any real source has: damaged input must not fill the memory."""


@dataclass(slots=True)
class Tally:
    """What has been read from one connection or file, while it is being counted: `SourceProgress` in the making."""

    source: Source
    connection: str
    offset: int = 0
    frames: int = 0
    read_until: datetime | None = None
    unknown: dict[str, int] = field(default_factory=dict)
    problems: dict[str, int] = field(default_factory=dict)
    checkpoint: str | None = None

    def count_unknown(self, name: str) -> None:
        """Something came whose name is in no table."""
        _count(self.unknown, name)

    def count_problem(self, kind: str) -> None:
        """Something could not be read."""
        _count(self.problems, kind)

    def count_error(self, error: PeerError) -> None:
        """The same, with its kind taken from the error: its class, and the event and header where it has them."""
        places = [str(getattr(error, f.name)) for f in fields(error) if f.name in ("event", "header")]
        self.count_problem(" ".join([type(error).__name__, ".".join(places)]).rstrip())

    def read_to(self, at: datetime) -> None:
        """The source has been read up to this instant of the PBX; a late fact does not move it back."""
        if self.read_until is None or at > self.read_until:
            self.read_until = at

    def read_only_to(self, at: datetime) -> None:
        """What was read up to came from a clock that was wrong; by the right one it is not later than this."""
        self.read_until = at

    def progress(self) -> SourceProgress:
        """The counts as they are now."""
        return SourceProgress(
            source=self.source,
            connection=self.connection,
            offset=self.offset,
            frames=self.frames,
            read_until=self.read_until,
            unknown=dict(self.unknown),
            problems=dict(self.problems),
            checkpoint=self.checkpoint,
        )


class Batcher:
    """Gathers events until somebody closes the batch. ``next_seq`` gives the adapter's next sequence number."""

    def __init__(self, *, pbx: PbxId, adapter: str, next_seq: Callable[[], int], limit: int = LIVE_EVENTS) -> None:
        self._pbx = pbx
        self._adapter = adapter
        self._next_seq = next_seq
        self._limit = limit
        self._events: list[Event] = []
        self._wordings: list[bytes] = []

    def __len__(self) -> int:
        return len(self._events)

    @property
    def full(self) -> bool:
        """Time to `close`: the batch holds as many events as it should."""
        return len(self._events) >= self._limit

    def add(self, events: Sequence[Event], wording: bytes) -> None:
        """Take the events that one frame or line gave, and its exact bytes."""
        if events:
            self._events += events
            self._wordings += (wording, *[b""] * (len(events) - 1))

    def close(self, progress: SourceProgress, received_at: datetime) -> Batch:
        """What was gathered, as a batch, which may be empty: then it tells the progress alone. Begins the next one."""
        batch = Batch(
            pbx=self._pbx,
            adapter=self._adapter,
            seq=self._next_seq(),
            received_at=received_at,
            events=tuple(self._events),
            raw=pack_raw(self._wordings),
            progress=progress,
        )
        self._events, self._wordings = [], []
        return batch


def _count(counts: dict[str, int], name: str) -> None:
    if name not in counts and len(counts) >= _NAMES_COUNTED:
        name = OTHER_NAMES
    counts[name] = counts.get(name, 0) + 1
