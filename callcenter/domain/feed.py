"""What is heard about the PBX itself, and about our hearing of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from callcenter.domain.event import Event
from callcenter.domain.ids import QueueName


@dataclass(frozen=True, slots=True, kw_only=True)
class PbxStarted(Event):
    """The PBX process began (QUEUESTART row, or FullyBooted whose Uptime gives ``started_at``)."""

    TYPE: ClassVar[str] = "pbx.started"
    started_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PbxReloaded(Event):
    """The PBX read its configuration again (CONFIGRELOAD, Reload); also after every log rotation."""

    TYPE: ClassVar[str] = "pbx.reloaded"
    module: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueSeen(Event):
    """A snapshot shows a queue's settings and Asterisk's own counters since its start (QueueParams)."""

    TYPE: ClassVar[str] = "queue.seen"
    queue: QueueName
    service_level_seconds: int | None = None
    waiting: int | None = None
    completed: int | None = None
    abandoned: int | None = None
    longest_queue: int | None = None
    strategy: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingSeen(Event):
    """A snapshot of a queue is complete (QueueStatusComplete): when its part began, these legs and no others waited."""

    TYPE: ClassVar[str] = "queue.waiting_seen"
    queue: QueueName
    legs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LegsSeen(Event):
    """A snapshot of the PBX is complete (CoreShowChannelsComplete): when it began these legs existed, and no others."""

    TYPE: ClassVar[str] = "pbx.legs_seen"
    legs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedLost(Event):
    """From here on nothing is heard from this source (the connection ended, pings unanswered)."""

    TYPE: ClassVar[str] = "feed.lost"
    connection: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedRestored(Event):
    """From here on this source is heard (a connection began)."""

    TYPE: ClassVar[str] = "feed.restored"
    connection: str
