"""Who sat where, and when."""

from datetime import UTC, datetime, timedelta

from callcenter.domain.agents.directory import Directory
from callcenter.domain.ids import MemberRef

EIGHT = datetime(2026, 3, 2, 8, tzinfo=UTC)
NINE, TEN = EIGHT + timedelta(hours=1), EIGHT + timedelta(hours=2)
SEAT = MemberRef(interface="PJSIP/1001")


def test_a_name_stands_for_itself() -> None:
    directory = Directory([("PJSIP/1001", "Alice", EIGHT)])
    assert directory.agent_of(MemberRef("PJSIP/1001", "Bob"), NINE) == "Bob"


def test_an_interface_is_whoever_appeared_there_last() -> None:
    directory = Directory([("PJSIP/1001", "Bob", TEN), ("PJSIP/1001", "Alice", EIGHT)])
    assert directory.agent_of(SEAT, EIGHT) == "Alice"
    assert directory.agent_of(SEAT, TEN - timedelta(seconds=3)) == "Alice"
    assert directory.agent_of(SEAT, TEN) == "Bob"


def test_before_anybody_was_seen_it_is_the_first_to_come() -> None:
    directory = Directory([("PJSIP/1001", "Bob", TEN), ("PJSIP/1001", "Alice", NINE)])
    assert directory.agent_of(SEAT, EIGHT) == "Alice"


def test_an_interface_that_nobody_named_stands_for_itself() -> None:
    assert Directory([]).agent_of(SEAT, EIGHT) == "PJSIP/1001"


def test_whoever_comes_back_is_there_again() -> None:
    directory = Directory([("PJSIP/1001", "Alice", EIGHT), ("PJSIP/1001", "Bob", NINE), ("PJSIP/1001", "Alice", TEN)])
    found = [directory.agent_of(SEAT, at + timedelta(minutes=30)) for at in (EIGHT, NINE, TEN)]
    assert found == ["Alice", "Bob", "Alice"]


def test_a_row_cut_to_the_second_before_somebody_came_is_about_who_came() -> None:
    came, left = NINE + timedelta(seconds=0.4), EIGHT + timedelta(minutes=30)
    directory = Directory([("PJSIP/1001", "Alice", EIGHT), ("PJSIP/1001", "Alice", left), ("PJSIP/1001", "Bob", came)])
    assert directory.agent_of(SEAT, NINE) == "Bob"
    assert directory.agent_of(SEAT, NINE - timedelta(seconds=2)) == "Alice"


def test_between_two_who_changed_places_at_once_the_nearer_one_counts() -> None:
    left, came = NINE + timedelta(seconds=0.9), NINE + timedelta(seconds=1.4)
    directory = Directory([("PJSIP/1001", "Alice", EIGHT), ("PJSIP/1001", "Alice", left), ("PJSIP/1001", "Bob", came)])
    found = [directory.agent_of(SEAT, NINE + timedelta(seconds=seconds)) for seconds in (0, 1, 1.3)]
    assert found == ["Alice", "Alice", "Bob"]


def test_the_members_of_an_agent_are_its_name_and_its_seats() -> None:
    directory = Directory([("PJSIP/1001", "Alice", EIGHT), ("Local/7@agents", "Alice", NINE), ("PJSIP/2", "Bob", TEN)])
    assert directory.members_of("Alice") == {MemberRef(name="Alice"), SEAT, MemberRef(interface="Local/7@agents")}


def test_the_members_of_a_nameless_interface_include_itself() -> None:
    assert SEAT in Directory([]).members_of("PJSIP/1001")


def test_members_lead_back_to_the_agent() -> None:
    directory = Directory([("PJSIP/1001", "Alice", EIGHT), ("PJSIP/2", "Bob", NINE)])
    for agent in ("Alice", "Bob", "PJSIP/3"):
        assert {directory.agent_of(member, TEN) for member in directory.members_of(agent)} == {agent}
