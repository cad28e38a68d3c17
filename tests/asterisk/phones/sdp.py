"""Session descriptions (RFC 4566, 3264): where one side wants its sound, in which coding, and whether it listens."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

PCMU = 0
"""The one coding that our phones speak (G.711, µ-law)."""
EVENTS = 101
"""Payload type that we give to digits (RFC 4733); the other side may have another."""


class Direction(StrEnum):
    """Which way sound goes, seen from the side that says it."""

    BOTH = "sendrecv"
    SEND = "sendonly"
    RECEIVE = "recvonly"
    NONE = "inactive"

    @property
    def sends(self) -> bool:
        return self in (Direction.BOTH, Direction.SEND)

    @property
    def receives(self) -> bool:
        return self in (Direction.BOTH, Direction.RECEIVE)

    def answered(self) -> "Direction":
        """What the other side says to that when nothing hinders it."""
        return {Direction.SEND: Direction.RECEIVE, Direction.RECEIVE: Direction.SEND}.get(self, self)


class NoSound(ValueError):
    """A description without sound that we can hear."""


@dataclass(frozen=True)
class Description:
    """One side of a conversation: where it listens, and how it takes digits (None: not at all)."""

    host: str
    port: int
    events: int | None = EVENTS
    direction: Direction = Direction.BOTH

    def text(self, session: int, version: int) -> str:
        """The body of an offer or an answer; ``version`` rises with each of one session."""
        return "".join(f"{line}\r\n" for line in self._lines(session, version))

    def _lines(self, session: int, version: int) -> Iterator[str]:
        formats = f"{PCMU}" if self.events is None else f"{PCMU} {self.events}"
        yield "v=0"
        yield f"o=- {session} {version} IN IP4 {self.host}"
        yield "s=call"
        yield f"c=IN IP4 {self.host}"
        yield "t=0 0"
        yield f"m=audio {self.port} RTP/AVP {formats}"
        yield f"a=rtpmap:{PCMU} PCMU/8000"
        if self.events is not None:
            yield f"a=rtpmap:{self.events} telephone-event/8000"
            yield f"a=fmtp:{self.events} 0-16"
        yield "a=ptime:20"
        yield f"a={self.direction}"

    @classmethod
    def parse(cls, text: str) -> "Description":
        """The sound in a description. Raises NoSound."""
        media = re.search(r"^m=audio (\d+)(?:/\d+)? RTP/AVP ([\d ]+?)\s*$", text, re.MULTILINE)
        host = re.search(r"^c=IN IP4 (\S+)", text, re.MULTILINE)
        if media is None or host is None:
            raise NoSound("neither m=audio nor an address in it")
        if str(PCMU) not in media[2].split():
            raise NoSound(f"no PCMU among the formats {media[2]}")
        events = re.search(r"^a=rtpmap:(\d+) telephone-event/8000", text, re.MULTILINE)
        said = re.search(r"^a=(sendrecv|sendonly|recvonly|inactive)\s*$", text, re.MULTILINE)
        return cls(
            host=host[1],
            port=int(media[1]),
            events=int(events[1]) if events else None,
            direction=Direction(said[1]) if said else Direction.BOTH,
        )
