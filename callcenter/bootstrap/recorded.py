"""A recorded folder: which PBX it is of, and its two sources."""

import re
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path

from adapters.ami.capture import open_capture
from adapters.ami.capture.blocks import blocks
from adapters.ami.intake import Intake
from adapters.queue_log.source import read_file
from callcenter.batching import RECORDED_EVENTS
from callcenter.bootstrap.imports import checked_name
from callcenter.domain.batches import Batch
from callcenter.domain.errors import SourceUnreadable
from callcenter.domain.ids import PbxId
from callcenter.ports import Clock

AMI, QUEUE_LOG, BOTH = "ami", "queue-log", "both"

_SYSTEM_NAME = re.compile(rb"\nSystemName: ([^\r\n]*)")
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST_NAME = 64


@dataclass(frozen=True, slots=True)
class RecordedFeed:
    """One source of one folder, as batches of its PBX."""

    pbx: PbxId
    adapter: str
    batches: Callable[[], AsyncGenerator[Batch]]


def recorded_feeds(folder: Path, source: str, pbx_name: str | None, clock: Clock) -> list[RecordedFeed]:
    """What a folder holds of the sources that are asked for. Raises SourceUnreadable if one of them is not there.

    Numbers begin at 1 and ids hang on the content, so that a replay that was killed can simply be run again.
    """
    if not folder.is_dir():
        raise SourceUnreadable(str(folder), "is no folder", "name a folder with ami.raw.gz and queue_log")
    pbx = checked_name(pbx_name) if pbx_name else _pbx_of(folder)
    feeds = []
    if source in (AMI, BOTH):
        feeds.append(RecordedFeed(pbx, f"ami:{folder.name}", partial(_ami, folder, pbx)))
    if source in (QUEUE_LOG, BOTH):
        feeds.append(RecordedFeed(pbx, f"queue_log:{folder.name}", partial(_queue_log, folder, pbx, clock)))
    return feeds


def _pbx_of(folder: Path) -> PbxId:
    """The SystemName that the PBX tells of itself, else the folder's name.

    Either may hold anything; what becomes of it is a name as the settings allow it, since folders will bear it.
    """
    raw = folder / "ami.raw.gz"
    beginning = next(blocks(raw), b"") if raw.is_file() else b""
    named = _SYSTEM_NAME.search(beginning)
    told = named[1].decode(errors="replace") if named else ""
    return checked_name(_as_name(told) or _as_name(folder.resolve().name) or "pbx")


def _as_name(text: str) -> str:
    """What of a text may stand in a PBX's name; nothing may be left."""
    return _NOT_IN_A_NAME.sub("-", text).lstrip("._-")[:_LONGEST_NAME]


async def _ami(folder: Path, pbx: PbxId) -> AsyncGenerator[Batch]:
    intake = Intake(
        pbx,
        open_capture(folder),
        adapter=f"ami:{folder.name}",
        next_seq=partial(next, count(1)),
        limit=RECORDED_EVENTS,
        eager=False,
    )
    async with aclosing(intake.batches()) as batches:
        async for batch in batches:
            yield batch


async def _queue_log(folder: Path, pbx: PbxId, clock: Clock) -> AsyncGenerator[Batch]:
    adapter = f"queue_log:{folder.name}"
    for batch in read_file(_log_in(folder), pbx=pbx, next_seq=partial(next, count(1)), clock=clock, adapter=adapter):
        yield batch


def _log_in(folder: Path) -> Path:
    for name in ("queue_log", "queue_log.gz"):
        if (folder / name).is_file():
            return folder / name
    raise SourceUnreadable(str(folder), "holds no queue_log", "put it there as queue_log or queue_log.gz")
