"""Digest authentication with MD5 (RFC 2617), as every PBX asks it of its phones."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import md5

_PAIR = re.compile(r'(\w+)\s*=\s*(?:"([^"]*)"|([^,\s]+))')


class NoMd5(ValueError):
    """None of the challenges can be met with MD5."""


@dataclass(frozen=True)
class Credentials:
    """Who a phone says it is."""

    username: str
    secret: str


@dataclass(frozen=True)
class Challenge:
    """What the PBX wants to see proved."""

    realm: str
    nonce: str
    opaque: str | None = None
    quality: str | None = None

    @classmethod
    def first_of(cls, headers: Iterable[str]) -> "Challenge":
        """The first that MD5 can meet. Raises NoMd5."""
        for header in headers:
            said = {name.lower(): quoted or bare for name, quoted, bare in _PAIR.findall(header)}
            offered = [quality.strip() for quality in said.get("qop", "").split(",") if quality.strip()]
            if said.get("algorithm", "MD5").upper() == "MD5" and (not offered or "auth" in offered):
                quality = "auth" if offered else None
                return cls(said.get("realm", ""), said.get("nonce", ""), said.get("opaque"), quality)
        raise NoMd5("no challenge with algorithm MD5 and quality auth")


def proof(challenge: Challenge, who: Credentials, method: str, uri: str, *, cnonce: str, count: int = 1) -> str:
    """The value of (Proxy-)Authorization. ``count`` numbers the uses of one nonce, from 1."""
    ours = _hash(who.username, challenge.realm, who.secret)
    asked = _hash(method, uri)
    shown = {"username": who.username, "realm": challenge.realm, "nonce": challenge.nonce, "uri": uri}
    bare = {"algorithm": "MD5"}
    if challenge.quality is None:
        shown["response"] = _hash(ours, challenge.nonce, asked)
    else:
        times = f"{count:08x}"
        shown["response"] = _hash(ours, challenge.nonce, times, cnonce, challenge.quality, asked)
        shown["cnonce"] = cnonce
        bare |= {"qop": challenge.quality, "nc": times}
    if challenge.opaque is not None:
        shown["opaque"] = challenge.opaque
    quoted = [f'{name}="{value}"' for name, value in shown.items()]
    return "Digest " + ", ".join([*quoted, *(f"{name}={value}" for name, value in bare.items())])


def _hash(*parts: str) -> str:
    return md5(":".join(parts).encode()).hexdigest()
