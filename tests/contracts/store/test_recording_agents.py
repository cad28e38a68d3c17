"""What a recorder may rely on when it keeps the days of agents."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from adapters.store import Store
from callcenter.domain.agents.events import DeviceState, MemberPaused, MemberStatusChanged
from callcenter.domain.agents.spells import AgentSpell, AgentState, SpellKind
from callcenter.domain.agents.stays import Stay
from callcenter.domain.ids import AgentId, MemberRef, QueueName
from callcenter.domain.periods import Period
from tests.support.agents import ALICE, PBX, at
from tests.support.heard import batch, record, told
from tests.support.visits import spell

MONDAY, TUESDAY, WEDNESDAY = date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 4)
FULL = AgentState(
    member_of={QueueName("支持|a"): at(1)},
    paused_in={QueueName("sales"): at(2.000001)},
    pause_reasons={QueueName("sales"): "午休"},
    seen_at={QueueName("sales"): at(3)},
    pool_since=at(4),
    signed_in_since=at(1),
    signed_in_until=at(0.5),
    paused_since=at(2.000001),
    paused_until=at(-5),
    reason="午休",
    restarted_at=at(-100),
)


def open_in(state: AgentState) -> list[AgentSpell]:
    """What `FULL` leaves open."""
    assert state is FULL
    return [spell(SpellKind.SIGNED_IN, 1, None), spell(SpellKind.PAUSED, 2.000001, None, "午休")]


async def spells(store: Store, start: float = -(10**7), end: float = 10**7) -> list[AgentSpell]:
    return await store.archive.spells(PBX, Period(at(start), at(end)))


class TestStays:
    async def test_stays_come_back_in_order(self, store: Store) -> None:
        first, second, third = Stay("Ann", at(1), at(2)), Stay("李雷", at(2), at(3)), Stay("Ann", at(9.000001), None)
        async with store.ledger.recording(PBX) as recording:
            await recording.replace_stays("PJSIP/1", [], [third, first])
            await recording.replace_stays("PJSIP/2", [], [third])
            await recording.replace_stays("PJSIP/1", [first], [replace(first, ended_at=at(1.5)), second])
            await recording.replace_stays("PJSIP/2", [third], [])
        async with store.ledger.recording(PBX) as recording:
            assert await recording.stays() == {"PJSIP/1": [replace(first, ended_at=at(1.5)), second, third]}

    async def test_the_sightings_around_an_instant(self, store: Store) -> None:
        ann, bob = MemberRef("PJSIP/1", "Ann"), MemberRef("PJSIP/1", "Bob")
        paused = [told(MemberPaused, n, queue="sales", member=ann) for n in (1, 3, 5)]
        ring = told(MemberStatusChanged, 4, queue="sales", member=ann, status=DeviceState.RINGING)
        await record(store, batch([*paused, ring, told(MemberPaused, 4.5, queue="sales", member=bob)]))
        async with store.ledger.recording(PBX) as recording:
            assert await recording.sighted_around("PJSIP/1", "Ann", at(4.9), is_before=True) == (at(3), at(5))
            assert await recording.sighted_around("PJSIP/1", "Ann", at(3), is_before=True) == (at(3), at(5))
            assert await recording.sighted_around("PJSIP/1", "Ann", at(3), is_before=False) == (at(1), at(3))
            assert await recording.sighted_around("PJSIP/1", "Ann", at(0), is_before=True) == (None, at(1))
            assert await recording.sighted_around("PJSIP/1", "Bob", at(9), is_before=True) == (at(4.5), None)
            assert await recording.sighted_around("PJSIP/2", "Ann", at(4), is_before=True) == (None, None)

    async def test_until_when_no_name_was_told(self, store: Store) -> None:
        for until in (at(5), at(9), at(7)):
            async with store.ledger.recording(PBX) as recording:
                await recording.note_unnamed({"PJSIP/1": until, "PJSIP/2": at(1)})
        async with store.ledger.recording(PBX) as recording:
            assert await recording.unnamed() == {"PJSIP/1": at(9), "PJSIP/2": at(1)}


class TestDays:
    async def test_an_agent_nobody_folded(self, store: Store) -> None:
        async with store.ledger.recording(PBX) as recording:
            assert await recording.agent_state(ALICE, MONDAY) == AgentState()
            assert await recording.agent_days(ALICE, date.min) == {}

    async def test_days_come_back_as_they_were_folded(self, store: Store) -> None:
        closed = [spell(SpellKind.PAUSED, -20, -10, "a"), spell(SpellKind.SIGNED_IN, -90, 0.5)]
        async with store.ledger.recording(PBX) as recording:
            await recording.replace_agent_days(ALICE, MONDAY, {MONDAY: (FULL, closed), TUESDAY: (AgentState(), [])})
            assert await recording.agent_days(ALICE, date.min) == {
                MONDAY: (FULL, closed),
                TUESDAY: (AgentState(), []),
            }
            assert await recording.agent_days(ALICE, TUESDAY) == {TUESDAY: (AgentState(), [])}
            assert await recording.agent_state(ALICE, TUESDAY) == FULL
            assert await recording.agent_state(ALICE, MONDAY) == AgentState()
            assert await recording.agent_state(ALICE, date.max) == AgentState()
            assert await recording.agent_days(AgentId("Bob"), date.min) == {}

    async def test_only_the_last_day_leaves_spells_open(self, store: Store) -> None:
        closed = [spell(SpellKind.PAUSED, 5, 6)]
        async with store.ledger.recording(PBX) as recording:
            await recording.replace_agent_days(ALICE, MONDAY, {MONDAY: (FULL, closed)})
        assert await spells(store) == [*open_in(FULL), *closed]
        async with store.ledger.recording(PBX) as recording:
            await recording.replace_agent_days(ALICE, TUESDAY, {TUESDAY: (AgentState(), [])})
        assert await spells(store) == closed

    async def test_taking_the_last_day_back_opens_what_the_day_before_left(self, store: Store) -> None:
        async with store.ledger.recording(PBX) as recording:
            await recording.replace_agent_days(ALICE, MONDAY, {MONDAY: (FULL, [])})
            await recording.replace_agent_days(ALICE, TUESDAY, {WEDNESDAY: (AgentState(), [])})
        assert await spells(store) == []
        async with store.ledger.recording(PBX) as recording:
            await recording.replace_agent_days(ALICE, TUESDAY, {})
            assert await recording.agent_days(ALICE, date.min) == {MONDAY: (FULL, [])}
        assert await spells(store) == open_in(FULL)

    async def test_who_has_a_day_or_an_open_spell(self, store: Store) -> None:
        bob, carol = AgentId("Bob"), AgentId("Carol")
        async with store.ledger.recording(PBX) as recording:
            await recording.replace_agent_days(ALICE, MONDAY, {MONDAY: (FULL, [])})
            await recording.replace_agent_days(bob, MONDAY, {MONDAY: (AgentState(), []), WEDNESDAY: (AgentState(), [])})
            await recording.replace_agent_days(carol, MONDAY, {MONDAY: (AgentState(), [])})
            assert await recording.agents_since(MONDAY) == [ALICE, bob, carol]
            assert await recording.agents_since(TUESDAY) == [ALICE, bob]
            assert await recording.last_agent_day(bob, WEDNESDAY) == MONDAY
            assert await recording.last_agent_day(bob, date.max) == WEDNESDAY
            assert await recording.last_agent_day(bob, MONDAY) is None

    async def test_other_agents_are_left_alone(self, store: Store) -> None:
        bob = spell(SpellKind.PAUSED, 1, 2, agent="Bob")
        async with store.ledger.recording(PBX) as recording:
            await recording.replace_agent_days(AgentId("Bob"), MONDAY, {MONDAY: (AgentState(), [bob])})
            await recording.replace_agent_days(ALICE, date.min, {MONDAY: (FULL, [])})
            await recording.replace_agent_days(ALICE, date.min, {})
        assert await spells(store) == [bob]


class TestTouching:
    """Spells of any length, asked for by a period that they touch, begin or end at."""

    @pytest.mark.parametrize(
        ("start", "end", "touches"),
        [
            (0, 100, True),
            (100, 200, True),
            (199, 300, True),
            (200, 300, False),
            (0, 99, False),
            (-(10**6), 100.000001, True),
            (-(10**6), 10**6, True),
            (-(10**6), None, True),
            (200, None, False),
        ],
    )
    async def test_of_one_length(self, store: Store, start: float, end: float | None, touches: bool) -> None:
        """The period is from 100 to 200 s, but for one case that ends where it begins."""
        state = AgentState() if end is not None else AgentState(paused_since=at(start))
        closed = [] if end is None else [spell(SpellKind.PAUSED, start, end)]
        async with store.ledger.recording(PBX) as recording:
            await recording.replace_agent_days(ALICE, MONDAY, {MONDAY: (state, closed)})
        period = Period(at(100), at(200))
        touches = touches and (end is None or end > 100)
        async with store.ledger.intervals(PBX) as work:
            assert bool(await work.spells(ALICE, period)) is touches
            assert await work.spells(AgentId("Bob"), period) == []
        assert bool(await store.archive.spells(None, period)) is touches

    async def test_days_apart(self, store: Store) -> None:
        morning = datetime(2026, 1, 1, 8, tzinfo=UTC)
        days = {
            (morning + timedelta(days=n)).date(): (
                AgentState(),
                [
                    AgentSpell(
                        pbx=PBX,
                        agent=ALICE,
                        kind=SpellKind.SIGNED_IN,
                        started_at=morning + timedelta(days=n),
                        ended_at=morning + timedelta(days=n, hours=9 + n),
                    )
                ],
            )
            for n in range(30)
        }
        async with store.ledger.recording(PBX) as recording:
            await recording.replace_agent_days(ALICE, date.min, days)
        for n in range(60):
            period = Period(morning + timedelta(hours=12 * n), morning + timedelta(hours=12 * n + 1))
            wanted = [
                one
                for _, its in days.values()
                for one in its
                if one.ended_at is not None and one.started_at < period.end and one.ended_at > period.start
            ]
            assert await store.archive.spells(PBX, period) == wanted
