"""Where an Asterisk is, as whom to log in there, and how patient to be with it."""

import ssl
from dataclasses import dataclass, field

from callcenter.domain.ids import PbxId


@dataclass(frozen=True, slots=True, kw_only=True)
class AmiAccount:
    """One PBX and our account there. Neither the secret nor the TLS context ever shows in a log or a traceback.

    ``events`` is the mask of event classes, "on" for all that the account may read. ``tls`` None is plain TCP, for
    loopback and closed networks only.
    """

    pbx: PbxId
    host: str
    username: str
    secret: str = field(repr=False)
    port: int = 5038
    events: str = "on"
    tls: ssl.SSLContext | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AmiTiming:
    """All in seconds. The defaults hold for any PBX; tests are less patient."""

    connect_seconds: float = 10.0
    login_seconds: float = 5.0
    """Asterisk takes one second to say no."""
    action_seconds: float = 5.0
    """After that nobody knows whether it was done."""
    ping_every_seconds: float = 2.0
    """Also delivers events that an old Asterisk forgot to send until something came in."""
    ping_answer_seconds: float = 6.0
    boot_notice_seconds: float = 5.0
    """How long after the login to wait for FullyBooted, which some accounts never get."""
    settled_after_seconds: float = 5.0
    """How long an Asterisk must be up before it is asked for snapshots: right after its start they can block it."""
    snapshot_every_seconds: float = 60.0
    snapshot_retry_seconds: float = 5.0
    """When the queues are not loaded yet."""
