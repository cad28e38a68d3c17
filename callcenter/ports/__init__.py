"""What the inside needs from the outside, as Protocols. Adapters implement them; every one has a contract suite."""

from callcenter.ports.archive import (
    AgentRow,
    Archive,
    FeedGap,
    FeedReport,
    Page,
    QueueRow,
    QueueSettings,
    RecordingLink,
    SampleRow,
    TimelineItem,
    VisitFilter,
    VisitStory,
)
from callcenter.ports.clock import Clock
from callcenter.ports.ledger import (
    IntervalLedger,
    IntervalWriting,
    Ledger,
    LinkLedger,
    LinkWriting,
    Recording,
    SampleLedger,
    SampleWriting,
    StaleBatch,
)
from callcenter.ports.stream import Delivery, EventStream, Journal, LiveFeed

__all__ = [
    "AgentRow",
    "Archive",
    "Clock",
    "Delivery",
    "EventStream",
    "FeedGap",
    "FeedReport",
    "IntervalLedger",
    "IntervalWriting",
    "Journal",
    "Ledger",
    "LinkLedger",
    "LinkWriting",
    "LiveFeed",
    "Page",
    "QueueRow",
    "QueueSettings",
    "Recording",
    "RecordingLink",
    "SampleLedger",
    "SampleRow",
    "SampleWriting",
    "StaleBatch",
    "TimelineItem",
    "VisitFilter",
    "VisitStory",
]
