"""Who it was, as people say it, over what member names tell."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from callcenter.domain.agents.assignments import Assignment, Assignments
from callcenter.domain.agents.directory import Directory
from callcenter.domain.agents.unresolved import Doubt, unresolved
from callcenter.domain.ids import AgentId, MemberRef, PbxId

PBX = PbxId("pbx1")
EIGHT = datetime(2026, 3, 2, 8, tzinfo=UTC)
NINE, TEN = EIGHT + timedelta(hours=1), EIGHT + timedelta(hours=2)
DESK = "Local/1001@from-queue/n"


def said(person: str, **about: Any) -> Assignment:
    return Assignment(person=AgentId(person), pbx=PBX, **about)


def directory(*lines: Assignment, sightings: Any = ()) -> Directory:
    return Directory(sightings, Assignments(lines))


@pytest.mark.parametrize(
    "member",
    [
        MemberRef(DESK, "1001"),
        MemberRef(DESK),
        MemberRef("Local/1001@from-queue", DESK),
        MemberRef(name=DESK),
        MemberRef(name="1001"),
    ],
)
def test_one_entry_covers_all_that_a_phone_is_called(member: MemberRef) -> None:
    """Without /n, by interface alone, by its name alone, and where the name is merely the interface."""
    who = directory(said("chen", interface=DESK), sightings=[(DESK, "1001", EIGHT)])
    assert who.agent_of(member, NINE) == "chen"
    assert {MemberRef(interface=member.interface), MemberRef(name=member.name)} & who.members_of(AgentId("chen"))


def test_the_agent_pool_tells_numbers() -> None:
    assert directory(said("chen", interface="Agent/1001")).agent_of(MemberRef(name="1001"), NINE) == "chen"


def test_another_person_at_the_same_phone_from_an_instant_on() -> None:
    who = directory(said("ann", interface=DESK), said("bob", interface=DESK, since=NINE))
    assert [who.agent_of(MemberRef(DESK), at) for at in (EIGHT, NINE, TEN)] == ["ann", "bob", "bob"]


def test_who_sat_in_for_a_time_leaves_the_desk_to_whom_it_was() -> None:
    who = directory(said("bob", interface=DESK, since=NINE, until=TEN), said("ann", interface=DESK))
    assert [who.agent_of(MemberRef(DESK), at) for at in (EIGHT, NINE, TEN)] == ["ann", "bob", "ann"]


def test_a_renamed_person_is_one_person() -> None:
    who = directory(said("mia", name="Mia Kurz"), said("mia", name="Mia Lang"))
    assert {who.agent_of(MemberRef(DESK, name), NINE) for name in ("Mia Kurz", "Mia Lang")} == {"mia"}


def test_two_people_of_one_name_are_told_apart_by_their_phones() -> None:
    sightings = [("PJSIP/1", "Li Na", EIGHT), ("PJSIP/2", "Li Na", EIGHT)]
    who = directory(said("li.1", interface="PJSIP/1"), said("li.2", interface="PJSIP/2"), sightings=sightings)
    assert who.agent_of(MemberRef("PJSIP/1", "Li Na"), NINE) == "li.1"
    assert who.agent_of(MemberRef("PJSIP/2", "Li Na"), NINE) == "li.2"
    assert who.agent_of(MemberRef(name="Li Na"), NINE) == "Li Na"  # nobody knows which


def test_one_person_at_two_phones_is_known_by_name_alone() -> None:
    sightings = [("PJSIP/1", "Li Na", EIGHT), (DESK, "Li Na", EIGHT)]
    who = directory(said("li", interface="PJSIP/1"), said("li", interface=DESK), sightings=sightings)
    assert who.agent_of(MemberRef(name="Li Na"), NINE) == "li"


def test_without_a_word_all_is_as_it_was() -> None:
    who = directory(said("ann", interface="PJSIP/7"), sightings=[(DESK, "Bob", EIGHT)])
    for member, agent in ((MemberRef(DESK), "Bob"), (MemberRef(DESK, "Eve"), "Eve"), (MemberRef("SIP/3"), "SIP/3")):
        assert who.agent_of(member, NINE) == agent


def test_the_next_change() -> None:
    both = Assignments([said("ann", interface=DESK, until=TEN), said("bob", name="Bob", since=NINE)])
    assert [both.next_change(at) for at in (EIGHT, NINE, TEN)] == [NINE, TEN, None]


def test_an_address_is_of_a_subject_and_a_beginning() -> None:
    one = said("ann", interface=DESK)
    assert one.assignment_id == said("bob", interface="Local/1001@from-queue", until=NINE).assignment_id
    others = [said("ann", interface=DESK, since=NINE), said("ann", name=DESK), said("ann", interface="SIP/1")]
    assert len({one.assignment_id, *(other.assignment_id for other in others)}) == 4


class TestDoubt:
    TOLD = (MemberRef("SIP/1"), MemberRef("SIP/2", "SIP/2"), MemberRef("SIP/3", "Ann"), MemberRef(name="Local/4@x/n"))
    WORKED = tuple(map(AgentId, ("SIP/1", "SIP/2", "Ann", "Local/4@x/n", "Ann / Bob")))

    def test_who_is_merely_an_interface(self) -> None:
        found = unresolved(PBX, self.WORKED, self.TOLD, {}, [])
        assert [(one.agent, one.doubt) for one in found] == [
            ("Local/4@x/n", Doubt.NO_NAME),
            ("SIP/1", Doubt.LOG_TELLS_INTERFACE),
            ("SIP/2", Doubt.NO_NAME),
        ]
        assert found[1].lines == (",,pbx1,SIP/1,,,",)

    def test_whoever_is_named_is_in_no_doubt(self) -> None:
        lines = [said("a", interface="SIP/1"), said("b", name="SIP/2"), said("c", interface="Local/4@x")]
        assert unresolved(PBX, self.WORKED, self.TOLD, {}, lines) == []

    def test_a_name_at_two_phones_at_once(self) -> None:
        together = {"Ann": ("SIP/3", "SIP/4"), "Bob": ("Local/5@x", "Local/5@x/n")}
        (found,) = unresolved(PBX, (), (), together, [])
        assert (found.agent, found.doubt, found.interfaces) == ("Ann", Doubt.TWO_PHONES, ("SIP/3", "SIP/4"))
        assert unresolved(PBX, (), (), together, [said("a", interface="SIP/3")]) == []
