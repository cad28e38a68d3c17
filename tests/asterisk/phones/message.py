"""SIP messages as values (RFC 3261 §7): text to requests and responses, and back. No socket, no state.

Only what a phone on loopback meets: bodies are text, header lines are not folded, names may be compact.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

VERSION = "SIP/2.0"
_COMPACT = {
    "c": "content-type",
    "e": "content-encoding",
    "f": "from",
    "i": "call-id",
    "k": "supported",
    "l": "content-length",
    "m": "contact",
    "o": "event",
    "r": "refer-to",
    "s": "subject",
    "t": "to",
    "v": "via",
}
_VALUE = re.compile(r'(?:"[^"]*"|<[^>]*>|[^,"<])+')
_TAG = re.compile(r";\s*tag=([^;\s]+)", re.IGNORECASE)
_URI = re.compile(r"<([^>]*)>")
_USER = re.compile(r"sips?:([^@;>]+)@", re.IGNORECASE)

Headers = tuple[tuple[str, str], ...]


class NotSip(ValueError):
    """Bytes that are no SIP message, with what is wrong about them."""


@dataclass(frozen=True)
class _Message:
    headers: Headers = ()
    body: str = ""

    @property
    def start_line(self) -> str:
        raise NotImplementedError

    def values(self, name: str) -> Iterator[str]:
        """Each value of a header, however its lines are divided."""
        for own, value in self.headers:
            if own.lower() == name.lower():
                yield from (part.strip() for part in _VALUE.findall(value))

    def header(self, name: str) -> str:
        """The whole first line of a header; empty if there is none."""
        return next((value for own, value in self.headers if own.lower() == name.lower()), "")

    @property
    def call_id(self) -> str:
        return self.header("Call-ID")

    @property
    def cseq(self) -> tuple[int, str]:
        """Number and method."""
        number, _, method = self.header("CSeq").partition(" ")
        return int(number), method.strip()

    @property
    def branch(self) -> str:
        """What tells transactions apart: the branch of the topmost Via."""
        return parameter(next(self.values("Via"), ""), "branch")

    def packed(self) -> bytes:
        """The bytes of the message, its length stated."""
        body = self.body.encode()
        lines = [self.start_line, *(f"{name}: {value}" for name, value in self.headers)]
        return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body


@dataclass(frozen=True, kw_only=True)
class Request(_Message):
    """What one side asks."""

    method: str
    uri: str

    @property
    def start_line(self) -> str:
        return f"{self.method} {self.uri} {VERSION}"


@dataclass(frozen=True, kw_only=True)
class Response(_Message):
    """What the other side answers; provisional below 200."""

    status: int
    reason: str

    @property
    def start_line(self) -> str:
        return f"{VERSION} {self.status} {self.reason}"

    @property
    def final(self) -> bool:
        return self.status >= 200

    @property
    def success(self) -> bool:
        return 200 <= self.status < 300


def parse(data: bytes) -> Request | Response:
    """The message in a datagram. Raises NotSip."""
    head, _, body = data.decode("utf-8", "surrogateescape").partition("\r\n\r\n")
    start, *lines = head.split("\r\n")
    headers = tuple(_header_lines(lines))
    words = start.split(" ", 2)
    if len(words) < 3:
        raise NotSip(f"a start line of three words was expected, not {start!r}")
    if words[0] == VERSION and words[1].isdecimal():
        message: Request | Response = Response(headers=headers, body=body, status=int(words[1]), reason=words[2])
    elif words[2] == VERSION:
        message = Request(headers=headers, body=body, method=words[0], uri=words[1])
    else:
        raise NotSip(f"neither a request nor a response of {VERSION}: {start!r}")
    stated = message.header("Content-Length")
    if stated and (not stated.isdecimal() or int(stated) != len(body.encode("utf-8", "surrogateescape"))):
        raise NotSip(f"Content-Length says {stated!r}, the body has {len(body)} characters")
    return message


def _header_lines(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon:
            raise NotSip(f"a header line without a colon: {line!r}")
        name = name.strip()
        yield _COMPACT.get(name.lower(), name), value.strip()


def answer(
    request: Request, status: int, reason: str, *extra: tuple[str, str], tag: str = "", body: str = ""
) -> Response:
    """The response to a request: what must be repeated is repeated, and ``tag`` marks our side of a new dialog."""
    to = request.header("To")
    if tag and not tag_of(to):
        to += f";tag={tag}"
    vias = tuple(("Via", via) for via in request.values("Via"))
    same = tuple((name, request.header(name)) for name in ("From", "Call-ID", "CSeq"))
    return Response(headers=(*vias, *same, ("To", to), *extra), body=body, status=status, reason=reason)


def tag_of(value: str) -> str:
    """The tag of a From or To; empty if it has none yet."""
    found = _TAG.search(value)
    return found[1] if found else ""


def uri_of(value: str) -> str:
    """The address in a Contact, From, To or Refer-To."""
    found = _URI.search(value)
    return found[1] if found else value.partition(";")[0].strip()


def user_of(value: str) -> str:
    """The user part of an address: a number or a name; empty if it has none."""
    found = _USER.search(value)
    return found[1] if found else ""


def parameter(value: str, name: str) -> str:
    """A parameter of a header's value, such as the branch of a Via; empty if absent."""
    found = re.search(rf";\s*{re.escape(name)}=([^;,\s]+)", value, re.IGNORECASE)
    return found[1] if found else ""
