"""The directory as a file: what it says, what is wrong with it by line, and that it comes back as it went."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from callcenter.bootstrap.directory_file import COLUMNS, read_lines, write_lines
from callcenter.domain.agents.assignments import Assignment, Person
from callcenter.domain.errors import SourceUnreadable
from callcenter.domain.ids import AgentId, PbxId

HEAD = ",".join(COLUMNS)
SHANGHAI = ZoneInfo("Asia/Shanghai")
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
PBXS = {"pbx1", "pbx2"}


def read(*lines: str, head: str = HEAD) -> list[Assignment]:
    return [one.assignment for one in read_lines("\n".join((head, *lines)), "people.csv", SHANGHAI, PBXS)]


def problem_of(*lines: str, head: str = HEAD) -> str:
    with pytest.raises(SourceUnreadable) as raised:
        read(*lines, head=head)
    return raised.value.problem


def test_a_line_says_who_it_was() -> None:
    (one,) = read("chen,Chen Yu,pbx1,Local/1001@from-queue/n,,2026-11-23T09:00,2026-11-24T00:00:00Z")
    assert one == Assignment(
        person=AgentId("chen"),
        pbx=PbxId("pbx1"),
        interface="Local/1001@from-queue/n",
        since=datetime(2026, 11, 23, 1, tzinfo=UTC),
        until=datetime(2026, 11, 24, tzinfo=UTC),
    )


def test_columns_may_be_left_out_and_in_any_order() -> None:
    (one,) = read("pbx2,Ann,ann", head="\ufeffpbx,member,person")
    assert (one.person, one.name, one.since) == ("ann", "Ann", None)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("a,,pbx9,SIP/1,,,", "line 2: pbx: 'pbx9' is no PBX of this site (pbx1, pbx2)"),
        ("a,,pbx1,,,,", "line 2: interface: give either"),
        ("a,,pbx1,SIP/1,Ann,,", "line 2: interface: give either"),
        (",,pbx1,SIP/1,,,", "line 2: person: must be 1 to 200 printable"),
        ("a,,pbx1,SIP/1,,soon,", "line 2: from: 'soon' is no time"),
        ("a,,pbx1,SIP/1,,2026-11-24,2026-11-23", "line 2: until: must be later"),
        ("a,,pbx1", "line 2: line: does not have the columns"),
        ("a,,pbx1,SIP/1,,,,more", "line 2: line: does not have the columns"),
    ],
)
def test_a_mistake_is_told_with_its_line(line: str, told: str) -> None:
    assert told in problem_of(line)


def test_all_mistakes_are_told_at_once() -> None:
    problem = problem_of("a,,pbx1,SIP/1,,,", "b,,pbx9,SIP/1,,,", "c,,pbx1,SIP/1,,,")
    assert "line 3: pbx" in problem
    assert "line 4: person: says another thing than line 2" in problem
    assert problem.startswith("nothing was changed")


def test_a_file_without_its_columns() -> None:
    assert "line 1 must name the columns" in problem_of("SIP/1,Ann", head="interface,who")


def test_what_is_written_is_read_again() -> None:
    said = [
        Assignment(
            person=AgentId("=1+1"), pbx=PbxId("pbx1"), interface="PJSIP/1", since=datetime(2026, 3, 2, tzinfo=UTC)
        ),
        Assignment(person=AgentId('Ann, "A"'), pbx=PbxId("pbx2"), name="@x;=2", until=datetime(2026, 3, 2, tzinfo=UTC)),
    ]
    text = write_lines(said, [Person(AgentId("=1+1"), "+49")], SHANGHAI)
    assert "\r\n'=1+1,'+49," in text
    read_back = read_lines(text, "people.csv", SHANGHAI, PBXS)
    assert [one.assignment for one in read_back] == said
    assert read_back[0].name == "+49"
