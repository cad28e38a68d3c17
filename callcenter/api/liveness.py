"""Whether what is shown of a PBX can still be called *now*: the live worker's word holds while it keeps speaking."""

from dataclasses import dataclass
from datetime import datetime

from callcenter.api.models import Shown
from callcenter.api.picture import FeedState, PbxTold
from callcenter.domain.ids import PbxId


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveLimits:
    """When silence counts, and how often browsers are told. All in seconds."""

    stale_after_seconds: float = 15.0
    lost_after_seconds: float = 60.0
    push_interval_seconds: float = 0.2
    keep_alive_seconds: float = 15.0
    today_interval_seconds: float = 1.0


DEFAULT_LIMITS = LiveLimits()


class PbxStatus(Shown):
    """One PBX in the live picture. ``clock_offset_seconds`` is how far its clock is ahead of the service's."""

    pbx: str
    state: FeedState
    last_event_at: datetime | None
    clock_offset_seconds: float


def status_of(
    pbx: PbxId, told: PbxTold | None, told_at: datetime | None, now: datetime, limits: LiveLimits
) -> PbxStatus:
    """How a PBX stands: as the live worker told, unless the worker itself has been silent for too long."""
    if told is None or told_at is None:
        return PbxStatus(pbx=pbx, state=FeedState.STARTING, last_event_at=None, clock_offset_seconds=0.0)
    silence = (now - told_at).total_seconds()
    state = told.state
    if silence > limits.lost_after_seconds:
        state = FeedState.LOST
    elif silence > limits.stale_after_seconds and state is FeedState.LIVE:
        state = FeedState.STALE
    return PbxStatus(
        pbx=pbx,
        state=state,
        last_event_at=told.last_event_at,
        clock_offset_seconds=told.clock_offset_seconds,
    )
