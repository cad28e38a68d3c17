"""The directory of people: who is behind which interface or member name, what is in doubt, and corrections.

A correction is stored at once and takes effect as soon as the worker comes to it: whatever it touches is counted anew.
"""

from datetime import UTC, datetime, timedelta

from pydantic import ConfigDict, Field

from callcenter.api.models import Asked, Count, Id, Instant, Limit, Nothing, Shown
from callcenter.api.ops import Op, Order, Permission
from callcenter.api.site import Site
from callcenter.domain.agents.assignments import Assignment, checked
from callcenter.domain.agents.unresolved import Doubt, Unresolved, unresolved
from callcenter.domain.errors import BadRequest
from callcenter.domain.ids import AgentId, PbxId
from callcenter.ports import Said

BY = "api"
OF_LATE = timedelta(days=31)
"""How far back agents are looked for whom nobody has named."""


class EntryShown(Shown):
    """What was a person's for a time: an interface or a member name of one PBX. ``id`` is its address."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True)

    id: str
    person: str
    pbx: str
    interface: str | None
    member: str | None
    since: datetime | None = Field(alias="from")
    until: datetime | None


class PersonShown(Shown):
    """A person by a lasting id, with the name to show."""

    person: str
    name: str
    entries: tuple[EntryShown, ...]


class DirectoryShown(Shown):
    """Everybody of whom something is said. ``pending`` corrections have not taken effect yet."""

    people: tuple[PersonShown, ...]
    pending: Count


class CorrectionAsked(Asked):
    """Who it was. Of one interface or member from one time on there is one word: the last one."""

    person: Id = Field(description="A lasting id: the same person has the same on every PBX")
    name: Id | None = Field(default=None, description="The name to show; left out, it stays as it is, at first the id")
    pbx: Id
    interface: Id | None = Field(default=None, description="Such as PJSIP/1001; a Local channel with or without /n")
    member: Id | None = Field(default=None, description="A member name, where there is no interface")
    since: Instant | None = Field(default=None, alias="from", description="From then on; left out: always")
    until: Instant | None = Field(default=None, description="Up to then; left out: to this day")


class EntryAsked(Asked):
    """One entry by its address."""

    entry: Id


class ChangesAsked(Asked):
    """How many changes to list."""

    limit: Limit = 100


class ChangeShown(Shown):
    """One change of the directory: what stood there before, and after it."""

    changed_at: datetime
    by: str
    name_before: str | None
    before: EntryShown | None
    name_after: str | None
    after: EntryShown | None


class ChangesShown(Shown):
    """Changes, newest first."""

    items: tuple[ChangeShown, ...]


class UnresolvedShown(Shown):
    """Somebody of whom nobody knows who it is. ``lines`` follow a person's id in a file for
    `callcenter directory import`."""

    pbx: str
    doubt: Doubt
    agent: str
    interfaces: tuple[str, ...]
    conversations: Count
    lines: tuple[str, ...]


class UnresolvedList(Shown):
    """Who is in doubt, by PBX and name."""

    items: tuple[UnresolvedShown, ...]


async def show_directory(site: Site, asked: Nothing) -> DirectoryShown:
    """All people with what is theirs."""
    said = await site.people.assignments()
    people = await site.people.people()
    return DirectoryShown(
        people=tuple(
            PersonShown(
                person=person.person,
                name=person.name,
                entries=tuple(show_entry(one) for one in said if one.person == person.person),
            )
            for person in people
        ),
        pending=await site.people.pending(),
    )


async def put_correction(site: Site, order: Order[Nothing, CorrectionAsked]) -> EntryShown:
    """Say who it was."""
    body = order.body
    known = await site.all_pbxs()
    if body.pbx not in known:
        raise BadRequest("pbx", f"is no PBX of this site ({', '.join(known) or 'none yet'})", "pbx1")
    assignment = Assignment(
        person=AgentId(body.person),
        pbx=PbxId(body.pbx),
        interface=body.interface,
        name=body.member,
        since=_utc(body.since),
        until=_utc(body.until),
    )
    await site.people.put([Said(checked(assignment), body.name)], by=BY, at=site.clock.now())
    return show_entry(assignment)


async def remove_correction(site: Site, asked: EntryAsked) -> DirectoryShown:
    """Take back what was said."""
    await site.people.remove([asked.entry], by=BY, at=site.clock.now())
    return await show_directory(site, Nothing())


async def list_changes(site: Site, asked: ChangesAsked) -> ChangesShown:
    """What was changed, and when."""
    return ChangesShown(
        items=tuple(
            ChangeShown(
                changed_at=change.changed_at,
                by=change.by,
                name_before=change.before.name if change.before else None,
                before=show_entry(change.before.assignment) if change.before else None,
                name_after=change.after.name if change.after else None,
                after=show_entry(change.after.assignment) if change.after else None,
            )
            for change in await site.people.changes(asked.limit)
        )
    )


async def list_unresolved(site: Site, asked: Nothing) -> UnresolvedList:
    """Who is in doubt."""
    said = await site.people.assignments()
    items: list[UnresolvedShown] = []
    for roll in await site.people.rolls(site.clock.now() - OF_LATE):
        its = [one for one in said if one.pbx == roll.pbx]
        found = unresolved(roll.pbx, roll.worked.keys(), roll.told, roll.together, its)
        items += (_show_doubt(one, roll.worked.get(one.agent, 0)) for one in found)
    return UnresolvedList(items=tuple(items))


def show_entry(one: Assignment) -> EntryShown:
    """An assignment as the API shows it."""
    return EntryShown(
        id=one.assignment_id,
        person=one.person,
        pbx=one.pbx,
        interface=one.interface,
        member=one.name,
        since=one.since,
        until=one.until,
    )


def _show_doubt(one: Unresolved, conversations: int) -> UnresolvedShown:
    return UnresolvedShown(
        pbx=one.pbx,
        doubt=one.doubt,
        agent=one.agent,
        interfaces=one.interfaces,
        conversations=conversations,
        lines=one.lines,
    )


def _utc(at: datetime | None) -> datetime | None:
    return None if at is None else at.astimezone(UTC)


_EXAMPLE_ENTRY = {
    "id": "5b1d0c6f1a2e4d77",
    "person": "chen.yu",
    "pbx": "pbx1",
    "interface": "Local/1001@from-queue/n",
    "member": None,
    "from": "2026-11-23T01:00:00Z",
    "until": None,
}

OPS: tuple[Op[Site], ...] = (
    Op(
        path="/api/v1/directory",
        name="getDirectory",
        summary="Who is behind which interface or member name",
        tag="directory",
        permission=Permission.DIRECTORY,
        returns=DirectoryShown,
        run=show_directory,
        example={"people": [{"person": "chen.yu", "name": "Chen Yu", "entries": [_EXAMPLE_ENTRY]}], "pending": 0},
    ),
    Op(
        path="/api/v1/directory",
        name="putCorrection",
        summary="Say who it was",
        tag="directory",
        permission=Permission.CORRECT_DIRECTORY,
        method="POST",
        body=CorrectionAsked,
        returns=EntryShown,
        run=put_correction,
        example=_EXAMPLE_ENTRY,
        description="Stored at once; whatever it touches is counted anew within moments. Saying it again changes "
        "nothing. What member names tell by themselves needs no entry.",
    ),
    Op(
        path="/api/v1/directory/entries/{entry}",
        name="removeCorrection",
        summary="Take back what was said",
        tag="directory",
        permission=Permission.CORRECT_DIRECTORY,
        method="DELETE",
        query=EntryAsked,
        returns=DirectoryShown,
        run=remove_correction,
        description="Gives back what the member names tell by themselves.",
    ),
    Op(
        path="/api/v1/directory/changes",
        name="listDirectoryChanges",
        summary="What was changed in the directory, and when",
        tag="directory",
        permission=Permission.DIRECTORY,
        query=ChangesAsked,
        returns=ChangesShown,
        run=list_changes,
    ),
    Op(
        path="/api/v1/directory/unresolved",
        name="listUnresolved",
        summary="Interfaces and names of which nobody knows whose they are",
        tag="directory",
        permission=Permission.DIRECTORY,
        returns=UnresolvedList,
        run=list_unresolved,
        description="Agents of the last 31 days who are merely an interface (`no_name`), because queue_log alone tells "
        "of them (`log_tells_interface`: set log_membername_as_agent in queues.conf), and names that sat at two phones "
        "at once (`two_phones`).",
    ),
)
