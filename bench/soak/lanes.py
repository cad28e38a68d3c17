"""The recorded day as many teams at once, each day of each team with ids of its own.

A lane is the recorded centre under other names: its queues, people and extensions bear the lane's number. A turn is one
day of a lane. Whatever tells calls apart (times, ids of legs and bridges, numbers of channels) differs from that of any
other turn. What is told is what the account of the README hears: the classes it reads, dialplan included.
"""

import gzip
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from math import ceil

from bench.harness import DAY, recorded
from callcenter.demo.capture import Capture, Told, packaged
from callcenter.demo.pbx import in_order

_CLASSES = re.compile(rb"\nPrivilege: (?:system|call|agent|user|cdr|dialplan),")
_TIME = re.compile(rb"\nTimestamp: ([\d.]+)")
_MEMBER = re.compile(rb"\nMemberName: ([^\r\n]+)")
_NO_NEWS = (b"Event: FullyBooted", b"Event: QueueParams", b"Event: QueueMember\r")
_JOIN = b"Event: QueueCallerJoin\r"
_AGENT_CLASS = b"\nPrivilege: agent,"
_REST_SECONDS = 2
"""Between two days of a lane."""


@cache
def day() -> Capture:
    """The recorded day, all that such an account heard of it."""
    packed = packaged()
    log = gzip.decompress((DAY / "queue_log.gz").read_bytes()).splitlines(keepends=True)
    rows = [Told(float(line.partition(b"|")[0]), line) for line in log if b"|QUEUESTART|" not in line]
    return Capture(opening=packed.opening, frames=list(_frames(recorded(DAY))), rows=rows)


def _frames(told: bytes) -> Iterator[Told]:
    """Events in the order they were heard. What was answered to somebody, and what tells of no time, is left out."""
    latest = 0.0
    for frame in re.split(rb"(?:\r\n){2,}", told):
        stamp = _TIME.search(frame)
        if stamp is None or b"\nActionID: " in frame or not _CLASSES.search(frame) or frame.startswith(_NO_NEWS):
            continue
        latest = max(latest, float(stamp[1]))
        yield Told(latest, frame + b"\r\n\r\n")


@dataclass(frozen=True, slots=True)
class Plan:
    """How many lanes it takes for so many queue calls a second, and how long a turn of each is."""

    lanes: int
    seconds: int

    @classmethod
    def of(cls, calls_per_second: float) -> "Plan":
        recorded_day = day()
        calls = sum(b"|ENTERQUEUE|" in row.data for row in recorded_day.rows)
        shortest = recorded_day.seconds + _REST_SECONDS
        lanes = ceil(calls_per_second * shortest / calls)
        return cls(lanes, round(lanes * calls / calls_per_second))

    def begins(self, lane: int, turn: int) -> int:
        """Seconds from the beginning of all to a turn of a lane; they begin one after the other."""
        return turn * self.seconds + lane * self.seconds // self.lanes


@dataclass(frozen=True, slots=True)
class Part:
    """What one lane tells at an instant. No data: its day is over, and everybody signs out."""

    due: float
    at: float
    lane: int
    is_row: bool
    data: bytes


def parts(plan: Plan, lane: int, begins_at: int) -> Iterator[Part]:
    """All turns of a lane, for ever. ``begins_at`` is the beginning of all, in seconds since 1970."""
    centre, recorded_day, turn = Lane(lane), day(), 0
    ordered = list(in_order(recorded_day))
    while True:
        shift = begins_at + plan.begins(lane, turn) - int(recorded_day.starts_at)
        for told, is_row in ordered:
            at = told.at + shift
            yield Part(at + is_row, at, lane, is_row, centre.renamed(told.data, shift, turn * plan.lanes + lane))
        over = recorded_day.starts_at + recorded_day.seconds + shift
        yield Part(over, over, lane, is_row=True, data=b"")
        turn += 1


def is_join(frame: bytes) -> bool:
    """Whether somebody enters a queue."""
    return frame.startswith(_JOIN)


def of_agent_class(frame: bytes) -> bool:
    """Whether a frame tells what a row of queue_log may tell, too."""
    return _AGENT_CLASS in frame[:100]


class Lane:
    """Gives the recorded centre the names of a lane."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._pattern = _pattern()

    def suffix(self) -> bytes:
        """What the lane's queues end with."""
        return b"-%d" % self._number

    def opening(self) -> Sequence[Told]:
        """The frames that describe its queues and static members."""
        return [Told(told.at, self.renamed(told.data, 0, 0)) for told in day().opening]

    def renamed(self, data: bytes, shift: int, turn: int) -> bytes:
        """The same under this lane's names, so many seconds later, as that turn of all lanes."""

        def other(found: re.Match[bytes]) -> bytes:
            text = found[0]
            match found.lastgroup:
                case "instant":
                    return b"%d" % (int(text) + shift)
                case "queue":
                    return text + b"-%d" % self._number
                case "person":
                    return text + b" %d" % self._number
                case "extension":
                    return b"%d" % (10 + self._number)
                case "bridge":
                    return b"%08x" % (int(text, 16) ^ (turn * 0x9E3779B1 & 0xFFFFFFFF))
                case _:
                    return b"%02x" % (turn & 0xFF)

        return self._pattern.sub(other, data)


@cache
def _pattern() -> re.Pattern[bytes]:
    """What has to differ: instants (in ids, too), queues, people, their extensions, bridges, numbers of channels."""
    frames = [frame.data for frame in day().frames]
    people = {found[1] for frame in frames if (found := _MEMBER.search(frame))}
    queues = {row.data.split(b"|")[2] for row in day().rows} - {b"NONE", b""}
    return re.compile(
        rb"(?P<instant>(?<!\d)1795\d{6}(?!\d))"
        rb"|(?P<queue>\b(?:" + b"|".join(map(re.escape, sorted(queues))) + rb")\b)"
        rb"|(?P<person>" + b"|".join(map(re.escape, sorted(people))) + rb")"
        rb"|(?P<bridge>\b[0-9a-f]{8}(?=-[0-9a-f]{4}-[0-9a-f]{4}-))"
        rb"|(?P<extension>(?<![\d.])10(?=\d\d(?!\d)))"
        rb"|(?P<channel>(?<=-)00(?=[0-9a-f]{6}(?![0-9a-f])))"
    )
