"""Reports out of the store: to a file, or to the person who asked."""

import asyncio
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, cast

from rich.console import Console
from rich.table import Table as RichTable

from callcenter.bootstrap.backbone import opened_store
from callcenter.domain.agents.assignments import shared_people
from callcenter.domain.errors import BadRequest
from callcenter.domain.ids import PbxId
from callcenter.domain.periods import Interval, Period
from callcenter.ports import Archive
from callcenter.report import Report, ReportRequest, read_report, to_csv, to_json, to_table
from callcenter.settings import Settings

By = Literal["queue", "agent"]

_WIDE = 240
"""Columns of a table that goes to a file or a pipe: nothing is cut there."""


async def run_report(
    settings: Settings,
    *,
    by: str,
    interval: str,
    since: datetime | None,
    until: datetime | None,
    form: str,
    pbx: str | None,
    across: bool,
) -> None:
    """Print what is stored; with ``across`` PBXs are added up. Raises NotFound, BadRequest."""
    async with opened_store(settings) as store:
        request = ReportRequest(
            interval=Interval(interval),
            policies=settings.policies(),
            period=await _period(store.archive, settings, since, until),
            pbx=PbxId(pbx) if pbx else None,
            across=across,
            names={person.person: person.name for person in await store.people.people()},
            shared=shared_people(await store.people.assignments()),
        )
        report = await read_report(store.archive, request)
    if form == "json":
        sys.stdout.write(as_text(report))
    elif form == "csv":
        sys.stdout.write(to_csv(report, cast(By, by)))
    else:
        _print_table(report, cast(By, by))


async def write_report(archive: Archive, settings: Settings, file: Path | None, pbxs: list[PbxId]) -> None:
    """The whole period as JSON, to a file, else to standard output; one PBX, or all that are stored."""
    one = pbxs[0] if len(pbxs) == 1 else None
    report = await read_report(archive, ReportRequest(policies=settings.policies(), pbx=one))
    if file is None:
        sys.stdout.write(as_text(report))
    else:
        await asyncio.to_thread(file.write_text, as_text(report), encoding="utf-8")


def as_text(report: Report) -> str:
    """The JSON form, for people to read, too."""
    return json.dumps(to_json(report), ensure_ascii=False, indent=1) + "\n"


async def _period(
    archive: Archive, settings: Settings, since: datetime | None, until: datetime | None
) -> Period | None:
    """What was asked for; an end that was left open is where the sources begin or end."""
    if since is None and until is None:
        return None
    covered = await archive.covered(None)
    start, end = _instant(since, settings), _instant(until, settings)
    if covered is not None:
        start, end = start or covered.start, end or covered.end
    if start is None or end is None or start >= end:
        raise BadRequest("--from, --to", "they leave nothing in between", "--from 2026-03-02T09:00")
    return Period(start, end)


def _instant(at: datetime | None, settings: Settings) -> datetime | None:
    """What a person typed, in the site's zone unless it names another."""
    return at.replace(tzinfo=at.tzinfo or settings.zone).astimezone(UTC) if at else None


def _print_table(report: Report, by: By) -> None:
    shown = to_table(report, by)
    table = RichTable(*shown.columns, title=shown.title)
    for row in shown.rows:
        table.add_row(*row)
    console = Console()
    (console if console.is_terminal else Console(width=_WIDE)).print(table)
