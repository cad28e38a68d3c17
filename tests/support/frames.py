"""Frames for tests, as Asterisk words them."""

from datetime import UTC, datetime

from adapters.ami.frame import Frame, FrameKind
from adapters.ami.report import HeardOn
from callcenter.domain.ids import PbxId

HQ = HeardOn(PbxId("hq"), "hq/1")
HEARD_AT = datetime(2026, 11, 23, 9, 6, 9, tzinfo=UTC)
TIMED = "Privilege: agent,all\nTimestamp: 1795424767.857169\n"
AT = datetime(2026, 11, 23, 9, 6, 7, 857169, tzinfo=UTC)


def frame(name: str, headers: str = "", *, head: str = TIMED, offset: int = 0) -> Frame:
    """An event with these headers, one per line, below the time of `AT`."""
    raw = f"Event: {name}\n{head}{headers}".rstrip("\n").replace("\n", "\r\n")
    return Frame(FrameKind.EVENT, name, raw.encode("utf-8", "surrogateescape"), offset, HEARD_AT)
