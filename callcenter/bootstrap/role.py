"""What a process can be for, and what that needs. Imports nothing of ours: the command line names the roles at once."""

from collections.abc import Iterable
from enum import Flag, StrEnum, auto


class Role(StrEnum):
    """What a process can be for."""

    AMI = "ami"
    QUEUE_LOG = "queue-log"
    RECORDER = "recorder"
    LIVE = "live"
    METRICS = "metrics"
    RECORDINGS = "recordings"
    QUALITY = "quality"
    RETENTION = "retention"
    API = "api"


class Need(Flag):
    """What a role stands on."""

    STREAM = auto()
    STORE = auto()
    BOTH = STREAM | STORE


_NEEDS = {
    # A feed may run beside a PBX, where no database is in reach.
    Role.AMI: Need.STREAM,
    Role.QUEUE_LOG: Need.STREAM,
    Role.RECORDER: Need.BOTH,
    # Who a person at a desk is, is told by the store.
    Role.LIVE: Need.BOTH,
    Role.API: Need.BOTH,
    Role.METRICS: Need.STORE,
    Role.RECORDINGS: Need.STORE,
    Role.QUALITY: Need.STORE,
    Role.RETENTION: Need.STORE,
}


def needs(roles: Iterable[Role]) -> Need:
    """What a process with these roles has to open."""
    together = Need(0)
    for role in roles:
        together |= _NEEDS[role]
    return together
