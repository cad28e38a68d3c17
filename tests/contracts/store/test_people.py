"""What those who correct the directory, and those who show it, may rely on."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date

import pytest

from adapters.store import Store, open_store
from callcenter.domain.agents.assignments import Assignment, Person
from callcenter.domain.agents.events import DeviceState, MemberAdded, MemberSeen
from callcenter.domain.agents.spells import AgentState
from callcenter.domain.calls.visits import FoldedCall
from callcenter.domain.errors import NotFound
from callcenter.domain.ids import AgentId, LegId, MemberRef, PbxId
from callcenter.domain.periods import Period
from callcenter.ports import DirectoryChange, People, Roll, Said
from tests.support.agents import PBX, at
from tests.support.heard import batch, keep, record, told
from tests.support.people import ListPeople
from tests.support.visits import ring, visit

DESK = Assignment(person=AgentId("ann"), pbx=PBX, interface="PJSIP/1", since=at(0))
NAME = Assignment(person=AgentId("李雷"), pbx=PbxId("berlin"), name="O'Neil; =1", until=at(9.000001))

MONDAY = date(2026, 3, 2)


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def where(request: pytest.FixtureRequest) -> str | None:
    """The address of a new database; none for plain lists."""
    return None if request.param == "memory" else str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
async def people(where: str | None) -> AsyncIterator[People]:
    if where is None:
        yield ListPeople()
        return
    async with await open_store(where) as store:
        yield store.people


class TestDirectory:
    async def test_what_was_said_comes_back(self, people: People) -> None:
        assert await people.put([Said(DESK, "Ann"), Said(NAME)], by="file", at=at(1)) == 2
        assert await people.assignments() == [DESK, NAME]
        assert await people.people() == [Person(AgentId("ann"), "Ann"), Person(AgentId("李雷"), "李雷")]

    async def test_saying_it_again_changes_nothing(self, people: People) -> None:
        for _ in range(3):
            await people.put([Said(DESK, "Ann")], by="api", at=at(1))
        assert await people.put([Said(DESK)], by="api", at=at(2)) == 0
        assert len(await people.changes(10)) == 1
        assert await people.pending() == 1

    async def test_another_word_about_the_same_takes_its_place(self, people: People) -> None:
        bob = replace(DESK, person=AgentId("bob"), until=at(50))
        await people.put([Said(DESK, "Ann")], by="api", at=at(1))
        await people.put([Said(bob)], by="api", at=at(2))
        assert await people.assignments() == [bob]
        assert await people.people() == [Person(AgentId("bob"), "bob")]
        assert await people.pending() == 3

    async def test_another_name_to_show_touches_no_number(self, people: People) -> None:
        await people.put([Said(DESK, "Ann")], by="api", at=at(1))
        before = await people.pending()
        assert await people.put([Said(DESK, "Anna")], by="api", at=at(2)) == 1
        assert await people.people() == [Person(AgentId("ann"), "Anna")]
        assert await people.pending() == before

    async def test_every_change_is_kept_with_what_was_before(self, people: People) -> None:
        bob = replace(DESK, person=AgentId("bob"))
        await people.put([Said(DESK, "Ann")], by="file a.csv", at=at(1))
        await people.put([Said(bob, "Bob")], by="api", at=at(2))
        await people.remove([bob.assignment_id], by="api", at=at(3))
        assert await people.changes(10) == [
            DirectoryChange(at(3), "api", Said(bob, "Bob"), None),
            DirectoryChange(at(2), "api", Said(DESK, "Ann"), Said(bob, "Bob")),
            DirectoryChange(at(1), "file a.csv", None, Said(DESK, "Ann")),
        ]
        assert len(await people.changes(1)) == 1
        assert await people.people() == []

    async def test_nothing_is_taken_back_if_one_is_not_there(self, people: People) -> None:
        await people.put([Said(DESK, "Ann")], by="api", at=at(1))
        with pytest.raises(NotFound):
            await people.remove([DESK.assignment_id, NAME.assignment_id], by="api", at=at(2))
        assert await people.assignments() == [DESK]


class TestInTheLedger:
    async def test_corrections_wait_until_they_are_settled(self, store: Store) -> None:
        await store.people.put([Said(DESK), Said(NAME)], by="api", at=at(1))
        (waiting,) = await store.ledger.pending_corrections(PBX)
        assert waiting.assignment == DESK
        async with store.ledger.recording(PBX) as recording:
            assert await recording.assignments() == [DESK]
            await recording.settle_correction(waiting.number)
        assert await store.ledger.pending_corrections(PBX) == []
        assert await store.people.pending() == 1

    async def test_what_members_were_called(self, store: Store) -> None:
        refs = {MemberRef("PJSIP/1", "Ann"), MemberRef("PJSIP/1"), MemberRef(name="Ann")}
        async with store.ledger.recording(PBX) as recording:
            await recording.note_told(refs)
            await recording.note_told(refs)
        async with store.ledger.recording(PBX) as recording:
            assert await recording.told_members() == refs

    async def test_calls_of_a_time(self, store: Store) -> None:
        """By when the conversation began, whenever its caller came; rings by their own time."""
        waited = visit(100, wait=400, leg="a.1", agent="Ann")
        rang = replace(ring(1000, agent="Ann"), call=LegId("b.1"), leg=LegId("b.1"))
        await keep(store, {"a.1": FoldedCall(visits=(waited,)), "b.1": FoldedCall(rings=(rang,))})
        async with store.ledger.recording(PBX) as recording:
            assert await recording.calls_of(["Ann"], Period(at(500), at(501))) == {"a.1"}
            assert await recording.calls_of(["Ann"], Period(at(501), at(1000))) == set()
            assert await recording.calls_of(["Ann"], Period(at(1000), at(1001))) == {"b.1"}
            assert await recording.calls_of(["Ann"]) == {"a.1", "b.1"}


class TestRolls:
    async def test_who_worked_and_who_sat_at_two_phones(self, store: Store) -> None:
        seen = {"queue": "sales", "status": DeviceState.NOT_IN_USE, "membership": "static"}
        here, there = MemberRef("PJSIP/1", "Ann"), MemberRef("Local/7@agents/n", "Ann")
        moved = [MemberRef("PJSIP/2", "Bob"), MemberRef("PJSIP/3", "Bob")]
        events = [
            told(MemberSeen, 100, member=here, **seen),
            told(MemberSeen, 101, member=there, **seen),
            told(MemberSeen, 101, member=moved[0], **seen),
            told(MemberSeen, 200, member=moved[1], **seen),
            told(MemberAdded, 90, queue="sales", member=MemberRef("PJSIP/9")),
        ]
        await record(store, batch(events))
        async with store.ledger.recording(PBX) as recording:
            await recording.note_told({here, there, *moved, MemberRef("PJSIP/9")})
            await recording.replace_agent_days(
                AgentId("PJSIP/9"), date(2026, 3, 2), {date(2026, 3, 2): (AgentState(), [])}
            )
        await keep(store, {"a.1": FoldedCall(visits=(visit(100, leg="a.1", agent="Ann"),))})
        (roll,) = await store.people.rolls(at(0))
        told_of = frozenset({here, there, *moved, MemberRef("PJSIP/9")})
        together = {"Ann": ("Local/7@agents/n", "PJSIP/1")}
        assert roll == Roll(PBX, told_of, {AgentId("Ann"): 1, AgentId("PJSIP/9"): 0}, together)
