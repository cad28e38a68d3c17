"""The names by which things are known. All are opaque text (or bytes) from outside; none is ever parsed."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

EventId = NewType("EventId", bytes)
"""16 bytes computed from what the source said: hearing the same thing twice gives the same id."""

PbxId = NewType("PbxId", str)
"""The configured name of a PBX. Every other id is unique only together with it."""

EVERY_PBX = PbxId("*")
"""What stands in the place of a name where all PBXs are added up; no PBX can be called so."""

LegId = NewType("LegId", str)
"""Asterisk's Uniqueid of one channel."""

QueueName = NewType("QueueName", str)

AgentId = NewType("AgentId", str)
"""The person as reports name them: the member name, else the interface."""


class Source(StrEnum):
    """Who told us."""

    AMI = "ami"
    QUEUE_LOG = "queue_log"
    API = "api"


@dataclass(frozen=True, slots=True)
class MemberRef:
    """A queue member as far as the source named it. One of the two may be unknown, never both."""

    interface: str | None = None
    name: str | None = None

    @property
    def agent(self) -> AgentId:
        """The name that reports use: member name, else interface."""
        return AgentId(self.name or self.interface or "")

    def known_with(self, other: "MemberRef | None") -> "MemberRef":
        """Both halves of what two sources know about the same member."""
        if other is None:
            return self
        return MemberRef(self.interface or other.interface, self.name or other.name)


@dataclass(frozen=True, slots=True)
class CallerRef:
    """The caller's number and name as shown to agents; personal data, kept apart from the facts of the call."""

    number: str | None = None
    name: str | None = None
