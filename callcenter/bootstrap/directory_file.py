"""The directory as a CSV file: one line for each interface or member name that was a person's for a time.

The columns are ``person`` (a lasting id), ``name`` (to show; may be empty), ``pbx``, ``interface`` or ``member`` (one
of the two), ``from`` and ``until`` (may be empty). Every line is looked at before anything is changed, and each mistake
is told with its line.
"""

import csv
import io
import re
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime, tzinfo

from callcenter.domain.agents.assignments import Assignment, Person, checked
from callcenter.domain.errors import BadRequest, SourceUnreadable
from callcenter.domain.ids import AgentId, PbxId
from callcenter.ports import Said
from callcenter.report.shown import cell

COLUMNS = ("person", "name", "pbx", "interface", "member", "from", "until")

_MOST_TOLD = 20
# What `cell` puts before text that a spreadsheet would compute.
_PROTECTED = re.compile(r"(^|[;,|\t\r\n])'(?=\s*[=+\-@＝＋－＠])")


def read_lines(text: str, file: str, zone: tzinfo, pbxs: Collection[str]) -> list[Said]:
    """What a file says. Times without an offset are in the site's zone. Raises SourceUnreadable."""
    rows = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    if rows.fieldnames is None or set(rows.fieldnames) - set(COLUMNS) or not {"person", "pbx"} <= set(rows.fieldnames):
        problem = f"line 1 must name the columns, and they are {', '.join(COLUMNS)}"
        raise SourceUnreadable(file, problem, f"begin it with {','.join(COLUMNS)}")
    said: list[Said] = []
    wrong: list[str] = []
    lines: dict[str, int] = {}
    for row in rows:
        try:
            one = _read(row, zone, pbxs)
            _refuse_twice(one, lines, rows.line_num)
        except BadRequest as error:
            wrong.append(f"line {rows.line_num}: {error.field}: {error.problem}. For example: {error.example}")
        else:
            said.append(one)
    if wrong:
        more = [f"and {len(wrong) - _MOST_TOLD} more"] if len(wrong) > _MOST_TOLD else []
        problem = "\n  ".join(["nothing was changed:", *wrong[:_MOST_TOLD], *more, ""])
        raise SourceUnreadable(file, problem.rstrip(), "mend these lines and import it again")
    return said


def write_lines(said: Iterable[Assignment], people: Iterable[Person], zone: tzinfo) -> str:
    """The file that says this; reading it says it again."""
    names = {person.person: person.name for person in people}
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for one in said:
        texts = (one.person, names.get(one.person), one.pbx, one.interface, one.name)
        writer.writerow([*map(cell, texts), *(_written(at, zone) for at in (one.since, one.until))])
    return written.getvalue()


def _read(row: Mapping[str | None, str | None], zone: tzinfo, pbxs: Collection[str]) -> Said:
    if None in row or None in row.values():
        raise BadRequest("line", f"does not have the columns of line 1: {', '.join(COLUMNS)}", "alice,,pbx1,SIP/1,,,")
    texts = {str(name): _PROTECTED.sub(r"\1", text or "").strip() for name, text in row.items()}
    if texts["pbx"] not in pbxs:
        known = ", ".join(sorted(pbxs)) or "none yet"
        raise BadRequest("pbx", f"{texts['pbx']!r} is no PBX of this site ({known})", "pbx1")
    assignment = Assignment(
        person=AgentId(texts["person"]),
        pbx=PbxId(texts["pbx"]),
        interface=texts.get("interface") or None,
        name=texts.get("member") or None,
        since=_instant("from", texts.get("from"), zone),
        until=_instant("until", texts.get("until"), zone),
    )
    return Said(checked(assignment), texts.get("name") or None)


def _refuse_twice(one: Said, lines: dict[str, int], line: int) -> None:
    """Of one subject and beginning only one thing can be said."""
    first = lines.setdefault(one.assignment.assignment_id, line)
    if first != line:
        problem = f"says another thing than line {first} of the same interface or member from the same time on"
        raise BadRequest("person", problem, "one line, or different times in column from")


def _instant(column: str, text: str | None, zone: tzinfo) -> datetime | None:
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadRequest(column, f"{text!r} is no time", "2026-11-24T09:00") from error
    return at.replace(tzinfo=at.tzinfo or zone).astimezone(UTC)


def _written(at: datetime | None, zone: tzinfo) -> str:
    return "" if at is None else at.astimezone(zone).isoformat()
