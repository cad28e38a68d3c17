"""What the replaying PBX knows of itself: members, callers waiting, channels, counters. It answers snapshots."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

Headers = dict[str, str]

_MEMBER_EVENTS = frozenset({"QueueMemberAdded", "QueueMemberStatus", "QueueMemberPause", "QueueMemberPenalty"})
_OF_LIVING_LEGS = {"QueueCallerJoin": "", "BridgeEnter": "", "AgentCalled": "Dest"}
"""Events that tell of a leg while it lasts, and how its headers begin there."""
_SNAPSHOT_FIELDS = (
    *("StateInterface", "Membership", "Penalty", "CallsTaken", "LastCall", "LastPause", "LoginTime", "InCall"),
    *("Status", "Paused", "PausedReason", "Wrapuptime"),
)


def headers_of(frame: bytes) -> Headers:
    """A frame of the packaged capture as headers; names there are unique."""
    pairs = (line.partition(": ") for line in frame.decode().rstrip("\r\n").split("\r\n"))
    return {name: value for name, _, value in pairs}


class PbxState:
    """Follows the frames that are told."""

    def __init__(self, opening: Iterable[bytes]) -> None:
        self.queues: dict[str, Headers] = {}
        self.members: dict[tuple[str, str], Headers] = {}
        self.waiting: dict[str, dict[str, Headers]] = defaultdict(dict)
        self.legs: dict[str, str] = {}
        """The channel of each leg that is up."""
        self.completed: dict[str, int] = defaultdict(int)
        self.abandoned: dict[str, int] = defaultdict(int)
        for frame in opening:
            headers = headers_of(frame)
            if headers["Event"] == "QueueParams":
                self.queues[headers["Queue"]] = headers
            else:
                member = {**headers, "Interface": headers["Location"], "MemberName": headers["Name"]}
                self.members[headers["Queue"], headers["Location"]] = member

    def apply(self, frame: bytes, at: float) -> None:
        """One more frame was told, at this time of the PBX."""
        headers = headers_of(frame)
        queue = headers.get("Queue", "")
        self._follow_leg(headers)
        match headers["Event"]:
            case name if name in _MEMBER_EVENTS:
                self.members[queue, headers["Interface"]] = headers
            case "QueueMemberRemoved":
                self.members.pop((queue, headers["Interface"]), None)
            case "QueueCallerJoin":
                self.waiting[queue][headers["Uniqueid"]] = {**headers, "joined": str(at)}
            case "QueueCallerLeave":
                self.waiting[queue].pop(headers["Uniqueid"], None)
            case "QueueCallerAbandon":
                self.abandoned[queue] += 1
            case "AgentComplete":
                self.completed[queue] += 1
            case "AttendedTransfer" if headers.get("DestApp") == "Queue":
                self._take_place(headers["SecondTransfererUniqueid"], headers["TransfereeUniqueid"])
            case "Hangup":
                for waiting in self.waiting.values():
                    waiting.pop(headers["Uniqueid"], None)

    def _follow_leg(self, headers: Headers) -> None:
        prefix = _OF_LIVING_LEGS.get(headers["Event"])
        if prefix is not None and f"{prefix}Uniqueid" in headers:
            self.legs[headers[f"{prefix}Uniqueid"]] = headers[f"{prefix}Channel"]
        elif headers["Event"] == "Hangup":
            self.legs.pop(headers["Uniqueid"], None)

    def _take_place(self, old: str, new: str) -> None:
        for waiting in self.waiting.values():
            if old in waiting:
                waiting[new] = {**waiting.pop(old), "Uniqueid": new}

    def dynamic_members(self) -> list[Headers]:
        """Those who would still be signed in after the last frame."""
        return [member for member in self.members.values() if member["Membership"] == "dynamic"]

    def channels(self) -> Iterator[Headers]:
        """The events that answer CoreShowChannels."""
        for leg, channel in self.legs.items():
            yield {"Event": "CoreShowChannel", "Channel": channel, "Uniqueid": leg}

    def queue_status(self, now: float) -> Iterator[Headers]:
        """The events that answer QueueStatus."""
        for queue, params in sorted(self.queues.items()):
            told = {name: value for name, value in params.items() if name not in ("Privilege", "ActionID")}
            yield {
                **told,
                "Calls": str(len(self.waiting[queue])),
                "Completed": str(self.completed[queue]),
                "Abandoned": str(self.abandoned[queue]),
            }
            yield from (_member(member) for (of, _), member in sorted(self.members.items()) if of == queue)
            yield from (_entry(entry, place, now) for place, entry in enumerate(self.waiting[queue].values(), 1))


def _member(headers: Headers) -> Headers:
    return {
        "Event": "QueueMember",
        "Queue": headers["Queue"],
        "Name": headers["MemberName"],
        "Location": headers["Interface"],
        **{name: headers.get(name, "") for name in _SNAPSHOT_FIELDS},
    }


def _entry(headers: Headers, place: int, now: float) -> Headers:
    return {
        "Event": "QueueEntry",
        "Queue": headers["Queue"],
        "Position": str(place),
        "Channel": headers["Channel"],
        "Uniqueid": headers["Uniqueid"],
        "CallerIDNum": headers["CallerIDNum"].replace("<unknown>", "unknown"),
        "CallerIDName": headers["CallerIDName"].replace("<unknown>", "unknown"),
        "Wait": str(max(0, int(now) - int(float(headers["joined"])))),
        "Priority": "0",
    }
