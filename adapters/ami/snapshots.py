"""From the single frames of a snapshot to what the whole of it says: who is there, and so who is not.

A list belongs to the action that asked for it, by its ActionID; other events may come in between. An answer counts when
it is complete, but speaks of when it began: seconds may pass from the first row to the last, and whoever came in
between is not judged by it. A queue is listed under its own lock, so each speaks of the instant of its own first row.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import TypeVar

from adapters.ami.frame import Frame
from adapters.ami.report import HeardOn, Report
from callcenter.domain.event import Event
from callcenter.domain.feed import LegsSeen, WaitingSeen
from callcenter.domain.ids import EventId, LegId, QueueName

V = TypeVar("V")

SNAPSHOT_FRAMES: Mapping[str, None] = dict.fromkeys(
    ("QueueStatusComplete", "CoreShowChannel", "CoreShowChannelsComplete")
)
"""What the splitter has to keep for this beside the frames that mean something by themselves."""

_MOST_OPEN = 16
"""Answers that never end must not pile up."""


class SnapshotAssembler:
    """Watches the frames of one connection and tells of each snapshot that is complete."""

    def __init__(self, heard_on: HeardOn) -> None:
        self._heard_on = heard_on
        self._queues: dict[str, _QueueList] = {}
        self._legs: dict[str, _LegList] = {}
        self._begun: dict[str, datetime] = {}

    def begin(self, response: Frame) -> None:
        """A response that opens a list dates it, be it that no row follows."""
        action = response.get("ActionID")
        if action is not None and (response.get("EventList") or "").casefold() == "start":
            _open(self._begun, action, response.received_at)

    def watch(self, frame: Frame) -> tuple[Event, ...]:
        """What one more frame completes. Raises MissingHeader or BadHeader."""
        action = frame.get("ActionID")
        if action is None:
            return ()
        report = Report(frame, self._heard_on)
        match frame.name:
            case "QueueParams" | "QueueMember" | "QueueEntry":
                _open(self._queues, action, _QueueList()).add(frame.name, report)
            case "QueueStatusComplete":
                self._begun.pop(action, None)
                return self._waiting_seen(report, self._queues.pop(action, _QueueList()))
            case "CoreShowChannel":
                self._leg_list(action, report).legs.append(report.leg())
            case "CoreShowChannelsComplete":
                told = self._leg_list(action, report)
                del self._legs[action]
                return self._legs_seen(report, told)
        return ()

    def _leg_list(self, action: str, row: Report) -> "_LegList":
        """The list that a row belongs to; it began with the response, or with this row if none was seen."""
        if action in self._legs:
            return self._legs[action]
        return _open(self._legs, action, _LegList(self._begun.pop(action, row.head["occurred_at"])))

    def _waiting_seen(self, report: Report, told: "_QueueList") -> tuple[Event, ...]:
        _require_whole(report, told.rows)
        return tuple(
            WaitingSeen(
                event_id=_part(report.head["event_id"], queue),
                occurred_at=part.since,
                pbx=report.head["pbx"],
                source=report.head["source"],
                queue=queue,
                legs=tuple(part.legs),
            )
            for queue, part in told.parts.items()
        )

    def _legs_seen(self, report: Report, told: "_LegList") -> tuple[Event, ...]:
        _require_whole(report, len(told.legs))
        head = report.head
        head["occurred_at"] = told.since
        return (LegsSeen(**head, legs=tuple(told.legs)),)


@dataclass(slots=True)
class _LegList:
    """Legs that were told of, and the instant of which that speaks."""

    since: datetime
    legs: list[LegId] = field(default_factory=list)


@dataclass(slots=True)
class _QueueList:
    """An answer to QueueStatus as far as it came."""

    rows: int = 0
    parts: dict[QueueName, _LegList] = field(default_factory=dict)

    def add(self, kind: str, row: Report) -> None:
        part = self.parts.setdefault(row.queue(), _LegList(row.head["occurred_at"]))
        if kind == "QueueEntry":
            part.legs.append(row.leg())
        self.rows += 1


def _require_whole(end: Report, rows: int) -> None:
    """Only a whole list says who is not there: one that states another number than came was cut, or cannot be read."""
    stated = end.number_or_none("ListItems")
    if stated is not None and stated != rows:
        raise end.bad("ListItems")


def _open(lists: dict[str, V], action: str, empty: V) -> V:
    if action not in lists and len(lists) >= _MOST_OPEN:
        del lists[next(iter(lists))]
    return lists.setdefault(action, empty)


def _part(event_id: EventId, queue: QueueName) -> EventId:
    return EventId(sha256(event_id + queue.encode("utf-8", "surrogateescape")).digest()[:16])
