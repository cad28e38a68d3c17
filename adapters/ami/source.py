"""What a source of AMI bytes hands over, be it a live connection or a recorded folder.

Bytes come as they were read, in order, between the notice that a connection began and the notice that it ended.
Everything that happens between two connections is unknown: that is a gap, and the notices make it visible.
"""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from callcenter.domain.errors import PeerError

CLOSED_BY_US = "closed by us"
"""The reason of an end that this service made on purpose."""


@dataclass(frozen=True, slots=True)
class ConnectionBegan:
    """From here on everything is heard. ``hello`` is banner and login answer, where they are known apart.

    ``connection`` names this connection for ever: a new one for each live connection, the same one each time that a
    recorded one is read. ``at`` is our clock, aware UTC.
    """

    connection: str
    at: datetime
    hello: bytes = b""


@dataclass(frozen=True, slots=True)
class Received:
    """What one read of the socket gave, and when, aware UTC. ``more`` is there already, and follows at once."""

    data: bytes
    at: datetime
    more: bool = False


@dataclass(frozen=True, slots=True)
class ConnectionEnded:
    """From here on nothing is heard. ``error`` tells what was wrong, and is None where the end was meant."""

    connection: str
    at: datetime
    reason: str
    error: PeerError | None = None


SourceItem = ConnectionBegan | Received | ConnectionEnded


class FrameSource(Protocol):
    """Where AMI bytes come from."""

    def items(self) -> AsyncGenerator[SourceItem]:
        """Everything in order: began, received …, ended, and again for each connection. To be called once."""
        ...
