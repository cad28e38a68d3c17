"""Packets of sound and digits (RFC 3550, 4733): what they say, as bytes."""

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass

PACKET_SECONDS = 0.02
SAMPLES = 160
"""Samples, and bytes, of a packet: 8000 a second."""

DIGITS = "0123456789*#ABCD"
_HEADER = struct.Struct("!BBHII")
_EVENT = struct.Struct("!BBH")
_VERSION = 0x80
_VOLUME = 10
_BIAS = 132


@dataclass(frozen=True)
class Packet:
    """One packet; ``marked`` at the beginning of a digit or of talk after silence."""

    payload: int
    sequence: int
    timestamp: int
    source: int
    content: bytes
    marked: bool = False

    def packed(self) -> bytes:
        kind = self.payload | (0x80 if self.marked else 0)
        return (
            _HEADER.pack(_VERSION, kind, self.sequence & 0xFFFF, self.timestamp & 0xFFFFFFFF, self.source)
            + self.content
        )

    @classmethod
    def parse(cls, data: bytes) -> "Packet | None":
        """A packet of RTP; None for anything else, such as the reports that travel beside it."""
        if len(data) < _HEADER.size or data[0] & 0xC0 != _VERSION or 72 <= data[1] & 0x7F <= 76:
            return None
        _, kind, sequence, timestamp, source = _HEADER.unpack_from(data)
        begin = _HEADER.size + 4 * (data[0] & 0x0F)
        return cls(kind & 0x7F, sequence, timestamp, source, data[begin:], bool(kind & 0x80))


def digit(pressed: str, packets: int = 5) -> Iterator[bytes]:
    """The contents of the packets of one digit: it lasts so many packets, and its end is said three times."""
    code = DIGITS.index(pressed.upper())
    for number in range(1, packets + 1):
        yield _EVENT.pack(code, _VOLUME, number * SAMPLES)
    for _ in range(3):
        yield _EVENT.pack(code, 0x80 | _VOLUME, packets * SAMPLES)


def mu_law(sample: int) -> int:
    """A sample of 16 bits in the coding of PCMU (G.711)."""
    sign = 0x80 if sample < 0 else 0
    magnitude = min(abs(sample), 32635) + _BIAS
    exponent = max(magnitude.bit_length() - 8, 0)
    return ~(sign | exponent << 4 | (magnitude >> exponent + 3) & 0x0F) & 0xFF


def tone(hertz: int = 400) -> bytes:
    """One packet of a tone in PCMU. A multiple of 50 Hz fits into a packet in whole waves, so that packets join."""
    return bytes(mu_law(round(8000 * math.sin(2 * math.pi * hertz * n / 8000))) for n in range(SAMPLES))
