"""What the follower of a log says about its own hearing: that rows are missing, or may be, and from when to when."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256

from callcenter.domain.feed import FeedLost, FeedRestored
from callcenter.domain.ids import EventId, PbxId, Source

REMOVED = "rotated and removed before it was read"
COPIED = "copied and cut off: what was written between the two is in neither"
CUT_OFF = "cut off, and no copy of it was found"
BROKEN_OFF = "a rotated file is damaged"

_AFTER_IT = timedelta(microseconds=1)
"""Whoever is heard again and lost in the same second was heard before it was lost."""


def lost(pbx: PbxId, log: str, second: int, reason: str) -> FeedLost:
    """From this second on rows are missing, or none can be read for now."""
    return FeedLost(
        event_id=_event_id("lost", pbx, log, second, reason),
        occurred_at=datetime.fromtimestamp(second, UTC) + _AFTER_IT,
        pbx=pbx,
        source=Source.QUEUE_LOG,
        connection=log,
        reason=reason,
    )


def restored(pbx: PbxId, log: str, lost_at: int, second: int) -> FeedRestored:
    """From this second on no row is missing again. The same second as it was lost: nothing was missed after all."""
    return FeedRestored(
        event_id=_event_id("restored", pbx, log, lost_at, str(second)),
        occurred_at=datetime.fromtimestamp(second, UTC) + (_AFTER_IT if second == lost_at else timedelta()),
        pbx=pbx,
        source=Source.QUEUE_LOG,
        connection=log,
    )


def _event_id(what: str, pbx: PbxId, log: str, second: int, more: str) -> EventId:
    return EventId(sha256(f"queue_log {what}\0{pbx}\0{log}\0{second}\0{more}".encode()).digest()[:16])
