"""The one place where bytes for Asterisk are made.

A line break in a value becomes a header of its own, two become another action, and an account can do harm even without
any permission. So only known actions with known headers leave this service, and a value that could be more than a
value is refused. Nothing is repaired in silence: a repaired pause reason would be somebody else's words.
"""

import re
from collections.abc import Mapping

from callcenter.domain.errors import BadRequest

_MEMBER = frozenset({"Queue", "Interface"})

ALLOWED: Mapping[str, frozenset[str]] = {
    "Login": frozenset({"Username", "Secret", "Events"}),
    "Logoff": frozenset(),
    "Ping": frozenset(),
    "CoreSettings": frozenset(),
    "CoreStatus": frozenset(),
    "QueueStatus": frozenset(),
    "CoreShowChannels": frozenset(),
    "BridgeList": frozenset(),
    "DeviceStateList": frozenset(),
    "Agents": frozenset(),
    "QueueAdd": _MEMBER | {"MemberName", "StateInterface", "Penalty", "Paused"},
    "QueueRemove": _MEMBER,
    "QueuePause": _MEMBER | {"Paused", "Reason"},
    "QueuePenalty": _MEMBER | {"Penalty"},
}
"""Every action that may be sent, with its headers (Action and ActionID apart)."""

MAX_LINE_BYTES = 1000
"""Asterisk answers "line too long" from 1024 on."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def compose(action: str, headers: Mapping[str, str], action_id: str) -> bytes:
    """One action as it goes over the line. Raises BadRequest if it is not allowed or would not stay one action."""
    allowed = ALLOWED.get(action)
    if allowed is None:
        raise BadRequest("Action", f"{action!r} is none of the actions that this service sends", "QueueStatus")
    for header in headers.keys() - allowed:
        raise BadRequest(header, f"{action} takes no such header", ", ".join(sorted(allowed)) or "none")
    lines = [_line("Action", action), _line("ActionID", action_id)]
    lines += [_line(header, value) for header, value in headers.items()]
    return b"\r\n".join(lines) + b"\r\n\r\n"


def _line(header: str, value: str) -> bytes:
    if _CONTROL.search(value):
        raise BadRequest(header, "holds a line break or another control character", "one line of plain text")
    try:
        line = f"{header}: {value}".encode()
    except UnicodeEncodeError as error:
        raise BadRequest(header, "holds half a character, which is no text", "one line of plain text") from error
    if len(line) > MAX_LINE_BYTES:
        raise BadRequest(header, f"is too long: {len(line)} bytes with its name", f"at most {MAX_LINE_BYTES} bytes")
    return line
