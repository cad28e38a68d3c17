"""What can go wrong with Asterisk itself. None of them holds a secret."""

from dataclasses import dataclass

from callcenter.domain.errors import PeerError


@dataclass(slots=True)
class AmiUnreachable(PeerError):
    """Nobody answers at this address, or not in the way of an AMI."""

    pbx: str
    host: str
    port: int
    problem: str


@dataclass(slots=True)
class AmiLoginRejected(PeerError):
    """Asterisk refuses this account: wrong name or secret, an address not permitted, or a login too many."""

    pbx: str
    username: str
    answer: str


@dataclass(slots=True)
class AmiDisconnected(PeerError):
    """The connection ended, or there is none."""

    pbx: str
    reason: str
