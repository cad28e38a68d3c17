"""Where a page ended, as an opaque text that a reader hands back for the next one."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass

import msgspec

from callcenter.domain.errors import BadRequest

_decode = msgspec.msgpack.Decoder(tuple[int, str, str]).decode


@dataclass(frozen=True, slots=True)
class Place:
    """Pages run from the greatest place to the smallest: newest first, ties by PBX and by what tells rows apart."""

    at: int
    pbx: str
    row: str


def write_cursor(place: Place) -> str:
    """A place as text."""
    packed = msgspec.msgpack.encode((place.at, place.pbx, place.row))
    return urlsafe_b64encode(packed).rstrip(b"=").decode()


def read_cursor(cursor: str) -> Place:
    """The place again. Raises BadRequest for a text that is none of ours."""
    try:
        return Place(*_decode(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))))
    except (ValueError, msgspec.MsgspecError):
        raise BadRequest("cursor", "is none that a page gave", "leave it out for the first page") from None
