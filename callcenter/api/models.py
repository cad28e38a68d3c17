"""What requests and answers are made of: the two base models and the types of parameters.

Everything that comes in is validated strictly and refuses names it does not know; ids and cursors are opaque text of
bounded length without control characters; instants must say their offset.
"""

import re
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, StringConstraints, WithJsonSchema

LONGEST_ID = 200
LONGEST_CURSOR = 4096
_PRINTABLE = r"^[^\u0000-\u001f\u007f]+$"
_INSTANT = re.compile(r"(20\d\d-\d\d-\d\d)[Tt ](\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?)([Zz]|[+\- ]\d\d:?\d\d)")
_DATE = re.compile(r"20\d\d-\d\d-\d\d")


class Asked(BaseModel):
    """Parameters or body of a request."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Shown(BaseModel):
    """An answer, or a part of one."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Nothing(Asked):
    """An operation without parameters."""


def _instant(value: Any) -> datetime:
    match = _INSTANT.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError("is no instant of this century with its offset, such as 2026-11-23T09:00:00Z")
    day, time, offset = match.groups()
    # A plus sign that was not percent-encoded arrives as a blank.
    return datetime.fromisoformat(f"{day}T{time}{offset.replace(' ', '+').upper()}")


def _date(value: Any) -> date:
    if not isinstance(value, str) or _DATE.fullmatch(value) is None:
        raise ValueError("is no date of this century, such as 2026-11-23")
    return date.fromisoformat(value)


Instant = Annotated[
    datetime,
    PlainValidator(_instant),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-11-23T09:00:00Z"]}),
]
"""An instant with its offset, as ISO 8601."""

Day = Annotated[
    date, PlainValidator(_date), WithJsonSchema({"type": "string", "format": "date", "examples": ["2026-11-23"]})
]
"""A day of the site's calendar."""

Id = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_ID, pattern=_PRINTABLE)]
"""An opaque name from outside: of a PBX, queue, agent, leg or visit."""

Names = Annotated[str, StringConstraints(min_length=1, max_length=2000, pattern=r"^[a-z0-9_]+(,[a-z0-9_]+)*$")]
"""Names of ours, with commas between."""

Cursor = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_CURSOR, pattern=r"^[\x21-\x7e]+$")]
"""Where the next page begins, exactly as the page before said it."""

Limit = Annotated[int, Field(ge=1, le=500)]
"""How many rows a page holds at most."""

Count = Annotated[int, Field(ge=0)]
Seconds = Annotated[float, Field(ge=0)]
