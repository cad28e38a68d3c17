"""Recorded files and the visits they belong to. Metadata only: hearing them needs log-in and an audit trail first."""

import re
from datetime import datetime

from callcenter.api.models import Asked, Cursor, Id, Limit, Seconds, Shown
from callcenter.api.ops import Op, Permission
from callcenter.api.site import Site
from callcenter.domain.ids import PbxId
from callcenter.domain.masking import mask_number
from callcenter.ports import RecordingLink

_DIGITS = re.compile(r"\+?\d{7,}")
_STAMP = re.compile(r"20\d{6}(\d{6})?")


class RecordingsAsked(Asked):
    """Which recordings to list."""

    pbx: Id | None = None
    cursor: Cursor | None = None
    limit: Limit = 50


class RecordingShown(Shown):
    """One recorded file. ``name`` is the file's own name without its folder, numbers of callers masked."""

    pbx: str
    visit_id: str
    name: str
    queue: str
    agent: str | None
    answered_at: datetime | None
    talk_seconds: Seconds | None


class RecordingsPage(Shown):
    """Recordings, newest first."""

    items: tuple[RecordingShown, ...]
    next_cursor: str | None


async def list_recordings(site: Site, asked: RecordingsAsked) -> RecordingsPage:
    """A page of recordings."""
    pbx = PbxId(asked.pbx) if asked.pbx else None
    page = await site.archive.recordings(pbx, cursor=asked.cursor, limit=asked.limit)
    return RecordingsPage(items=tuple(map(_show, page.items)), next_cursor=page.next_cursor)


def shown_name(path: str, visit_id: str) -> str:
    """A file's name with every long run of digits masked that is neither a date nor a part of the visit's own id.

    Dialplans like to put the caller's number into the name.

    >>> shown_name("/rec/sales-20261123-13800138000-1795424910.618.wav", "1795424910.618~sales~1")
    'sales-20261123-13••••000-1795424910.618.wav'
    """

    def mask(match: re.Match[str]) -> str:
        digits = match[0]
        return digits if digits in visit_id or _STAMP.fullmatch(digits) else mask_number(digits)

    return _DIGITS.sub(mask, path.replace("\\", "/").rpartition("/")[2])


def _show(link: RecordingLink) -> RecordingShown:
    return RecordingShown(
        pbx=link.pbx,
        visit_id=link.visit_id,
        name=shown_name(link.path, link.visit_id),
        queue=link.queue,
        agent=link.agent,
        answered_at=link.answered_at,
        talk_seconds=link.talk_seconds,
    )


OPS: tuple[Op[Site], ...] = (
    Op(
        path="/api/v1/recordings",
        name="listRecordings",
        summary="Recorded files and their visits",
        tag="recordings",
        permission=Permission.RECORDINGS,
        query=RecordingsAsked,
        returns=RecordingsPage,
        run=list_recordings,
        example={
            "items": [
                {
                    "pbx": "pbx1",
                    "visit_id": "1795424910.618~sales~1",
                    "name": "sales-20261123-13••••000-1795424910.618.wav",
                    "queue": "sales",
                    "agent": "Chen Yu",
                    "answered_at": "2026-11-23T09:08:46.204211Z",
                    "talk_seconds": 93.4,
                }
            ],
            "next_cursor": None,
        },
    ),
)
