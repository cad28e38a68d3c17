"""The directory of people from the command line: read from a file, written to one, shown with what is in doubt."""

import asyncio
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from rich.console import Console
from rich.table import Table

from adapters.store import Store
from callcenter.bootstrap.backbone import SystemClock, opened_store
from callcenter.bootstrap.directory_file import read_lines, write_lines
from callcenter.bootstrap.settle import settle
from callcenter.domain.agents.assignments import Assignment
from callcenter.domain.agents.unresolved import Doubt, Unresolved, unresolved
from callcenter.domain.errors import SourceUnreadable
from callcenter.domain.ids import AgentId, PbxId
from callcenter.settings import Settings

OF_LATE = timedelta(days=31)
"""How far back people look for agents whom nobody has named."""

REMEDIES = {
    Doubt.NO_NAME: "name the member in queues.conf (member => {interface},0,NAME), or say who it is",
    Doubt.LOG_TELLS_INTERFACE: "log_membername_as_agent = yes below [general] of queues.conf, or say who it is",
    Doubt.TWO_PHONES: "give two people two names; if it is one person, say so for both",
}


async def run_directory_import(settings: Settings, file: Path, *, replace: bool) -> None:
    """Say what a file says, and count everything that it touches anew. With ``replace`` all else is taken back.

    Raises SourceUnreadable, and changes nothing, if any line is wrong."""
    text = await asyncio.to_thread(_read, file)
    async with opened_store(settings) as store:
        known = {*(pbx.name for pbx in settings.pbx), *await store.archive.pbxs()}
        said = read_lines(text, str(file), settings.zone, known)
        kept = {one.assignment.assignment_id for one in said}
        gone = [one.assignment_id for one in await store.people.assignments() if one.assignment_id not in kept]
        now, by = SystemClock().now(), f"file {file.name}"
        new = await store.people.put(said, by=by, at=now)
        if replace:
            await store.people.remove(gone, by=by, at=now)
        for pbx in await store.archive.pbxs():
            await settle(pbx, store.ledger, settings)
    taken_back = f", {len(gone)} taken back" if replace else ""
    Console(stderr=True).print(f"{file}: {len(said)} lines, {new} of them new{taken_back}")


async def run_directory_export(settings: Settings) -> None:
    """Everything that is said, as a file that can be imported."""
    async with opened_store(settings) as store:
        text = write_lines(await store.people.assignments(), await store.people.people(), settings.zone)
    sys.stdout.write(text)


async def run_directory_show(settings: Settings) -> None:
    """People with what is theirs, and who is still in doubt."""
    async with opened_store(settings) as store:
        said, names = await store.people.assignments(), {p.person: p.name for p in await store.people.people()}
        doubts = await doubts_of(store)
        waiting = await store.people.pending()
    console = Console(width=None if sys.stdout.isatty() else 160)
    console.print(_people(said, names, settings))
    if waiting:
        console.print(f"{waiting} corrections have not taken effect yet: `callcenter up` counts them in")
    if doubts:
        console.print(_doubts(doubts))


async def doubts_of(store: Store) -> list[Unresolved]:
    """Who is in doubt, on every PBX."""
    said = await store.people.assignments()
    rolls = await store.people.rolls(SystemClock().now() - OF_LATE)
    return [
        one
        for roll in rolls
        for one in unresolved(roll.pbx, roll.worked.keys(), roll.told, roll.together, _of(roll.pbx, said))
    ]


def remedy(one: Unresolved) -> str:
    """What to do about it, with the lines to paste into a file for `callcenter directory import`."""
    lines = " and ".join(f"PERSON{line}" for line in one.lines)
    return f"{REMEDIES[one.doubt].format(interface=one.agent)}: {lines}"


def _of(pbx: PbxId, said: Sequence[Assignment]) -> list[Assignment]:
    return [one for one in said if one.pbx == pbx]


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        problem = error.strerror if isinstance(error, OSError) else "is not UTF-8"
        raise SourceUnreadable(str(file), str(problem), "name a CSV file such as `directory export` writes") from error


def _people(said: Sequence[Assignment], names: dict[AgentId, str], settings: Settings) -> Table:
    table = Table("person", "name", "PBX", "interface or member", "from", "until")
    for one in said:
        times = ("" if at is None else at.astimezone(settings.zone).isoformat(" ") for at in (one.since, one.until))
        table.add_row(one.person, names.get(one.person, ""), one.pbx, one.interface or one.name, *times)
    return table


def _doubts(doubts: Sequence[Unresolved]) -> Table:
    table = Table("PBX", "in doubt", "at", "what to do")
    for one in doubts:
        table.add_row(one.pbx, one.agent, ", ".join(one.interfaces), remedy(one))
    return table
