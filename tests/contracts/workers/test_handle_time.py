"""The rows of agents follow from what they did, and grow while they do it."""

from callcenter.domain.agents.spells import SpellKind
from callcenter.domain.policies import AfterCallPolicy, AfterCallRule, QueuePolicy, SitePolicies
from callcenter.metrics.summaries import AgentSummary, Durations, ReasonSeconds
from tests.support.agents import ALICE, PBX, at
from tests.support.desk import Desk
from tests.support.visits import ring, spell, visit
from workers.handle_time import HandleTime

QUARTER = 900.0
SIGNED_IN, PAUSED = SpellKind.SIGNED_IN, SpellKind.PAUSED
FIXED = SitePolicies(default=QueuePolicy(after_call=AfterCallPolicy(rule=AfterCallRule.FIXED, fixed_seconds=30)))


def worker(desk: Desk, policies: SitePolicies | None = None, **more: float) -> HandleTime:
    return HandleTime(PBX, desk.ledger, policies or SitePolicies(), **more)


async def rest(handle_time: HandleTime) -> None:
    """Run until twice in a row nothing is left: at a standstill of the horizon the first run may only notice it."""
    idle = 0
    while idle < 2:
        idle = 0 if await handle_time.run_once() else idle + 1


async def row(desk: Desk, quarter: float, agent: str = ALICE) -> AgentSummary:
    return (await desk.agent_rows()).get((agent, at(quarter)), AgentSummary())


async def test_conversations_are_cut_at_the_quarter(desk: Desk) -> None:
    await desk.calls(visit(QUARTER - 20, wait=10, talk=50.0, transferred=True), ring(5))
    await rest(worker(desk))
    first, second = await row(desk, 0), await row(desk, QUARTER)
    assert (first.answered, first.transferred, first.talk_seconds, first.ring_no_answer) == (1, 1, 10, 1)
    assert (second.answered, second.talk, second.talk_seconds) == (0, Durations(), 40)


async def test_spells_are_cut_at_the_quarter(desk: Desk) -> None:
    await desk.spells(spell(SIGNED_IN, 100, 2000), spell(PAUSED, 800, 1000, "lunch"))
    await rest(worker(desk))
    rows = [await row(desk, quarter) for quarter in (0, QUARTER, 2 * QUARTER)]
    assert [one.signed_in_seconds for one in rows] == [800, 900, 200]
    assert [one.paused_by_reason for one in rows] == [
        ReasonSeconds({"lunch": 100}),
        ReasonSeconds({"lunch": 100}),
        ReasonSeconds(),
    ]


class TestGrowth:
    async def test_open_spells_last_until_the_horizon(self, desk: Desk) -> None:
        handle_time = worker(desk)
        await desk.read_until(at(400))
        await desk.spells(spell(SIGNED_IN, 100, None), spell(PAUSED, 300, None, "lunch"))
        await rest(handle_time)
        assert (await row(desk, 0)).signed_in_seconds == 300
        await desk.read_until(at(2000))
        await rest(handle_time)
        rows = [await row(desk, quarter) for quarter in (0, QUARTER, 2 * QUARTER)]
        assert [one.signed_in_seconds for one in rows] == [800, 900, 200]
        assert [one.paused_seconds for one in rows] == [600, 900, 200]
        assert await desk.stale() == 0

    async def test_open_conversations_too(self, desk: Desk) -> None:
        handle_time = worker(desk)
        await desk.read_until(at(400))
        await desk.calls(visit(100, talk=None))
        await rest(handle_time)
        await desk.read_until(at(1000))
        await rest(handle_time)
        assert [(await row(desk, quarter)).talk_seconds for quarter in (0, QUARTER)] == [800, 100]

    async def test_a_small_step_waits_until_the_horizon_stands_still(self, desk: Desk) -> None:
        handle_time = worker(desk, refresh_seconds=10)
        await desk.read_until(at(400))
        await desk.spells(spell(SIGNED_IN, 100, None))
        await rest(handle_time)
        await desk.read_until(at(405))
        assert await handle_time.run_once() == 0
        await desk.read_until(at(409))
        assert await handle_time.run_once() == 0
        assert (await row(desk, 0)).signed_in_seconds == 300
        assert await handle_time.run_once() > 0
        await rest(handle_time)
        assert (await row(desk, 0)).signed_in_seconds == 309

    async def test_a_large_step_does_not_wait(self, desk: Desk) -> None:
        handle_time = worker(desk, refresh_seconds=10)
        await desk.read_until(at(400))
        await desk.spells(spell(SIGNED_IN, 100, None))
        await rest(handle_time)
        await desk.read_until(at(410))
        assert await handle_time.run_once() > 0

    async def test_a_new_process_counts_open_spells_from_their_beginning(self, desk: Desk) -> None:
        await desk.read_until(at(400))
        await desk.spells(spell(SIGNED_IN, 100, None))
        await rest(worker(desk))
        await desk.read_until(at(5000))
        await rest(worker(desk))
        assert sum([one.signed_in_seconds for one in (await desk.agent_rows()).values()]) == 4900

    async def test_what_turns_out_to_have_ended_long_ago_is_taken_back(self, desk: Desk) -> None:
        handle_time = worker(desk)
        await desk.read_until(at(5000))
        await desk.spells(spell(PAUSED, 100, None, "lunch"))
        await desk.calls(visit(200, talk=None, leg="a"))
        await rest(handle_time)
        await desk.spells(spell(PAUSED, 100, 160, "lunch"))
        await desk.calls(visit(200, talk=30.0, leg="a"))
        await rest(handle_time)
        rows = (await desk.agent_rows()).values()
        assert sum(one.paused_seconds for one in rows) == 60
        assert sum(one.talk_seconds for one in rows) == 30

    async def test_a_new_process_takes_back_what_ended_long_ago_too(self, desk: Desk) -> None:
        await desk.read_until(at(5000))
        await desk.spells(spell(PAUSED, 100, None, "lunch"))
        await desk.calls(visit(200, talk=None, leg="a"))
        await rest(worker(desk))
        await desk.spells(spell(PAUSED, 100, 160, "lunch"))
        await desk.calls(visit(200, talk=30.0, leg="a"))
        await rest(worker(desk))
        rows = (await desk.agent_rows()).values()
        assert sum(one.paused_seconds for one in rows) == 60
        assert sum(one.talk_seconds for one in rows) == 30

    async def test_what_turns_out_to_have_begun_long_ago_is_filled_in(self, desk: Desk) -> None:
        handle_time = worker(desk)
        await desk.read_until(at(5000))
        await desk.spells(spell(SIGNED_IN, 4000, None))
        await rest(handle_time)
        await desk.spells(spell(SIGNED_IN, 100, None), spell(PAUSED, 200, None, "lunch"))
        await rest(handle_time)
        rows = (await desk.agent_rows()).values()
        assert sum(one.signed_in_seconds for one in rows) == 4900
        assert sum(one.paused_seconds for one in rows) == 4800

    async def test_of_several_agents(self, desk: Desk) -> None:
        handle_time = worker(desk)
        await desk.read_until(at(100))
        await desk.spells(spell(SIGNED_IN, 10, None))
        await desk.spells(spell(SIGNED_IN, 20, 50, agent="Bob"), agent="Bob")
        await rest(handle_time)
        await desk.read_until(at(200))
        await rest(handle_time)
        assert (await row(desk, 0)).signed_in_seconds == 190
        assert (await row(desk, 0, "Bob")).signed_in_seconds == 30

    async def test_nobody_waits_for_those_who_are_marked_again_and_again(self, desk: Desk) -> None:
        """The PBX's time moves on faster than all rows can be computed: each has its turn all the same."""
        agents = [f"Agent {number:02}" for number in range(30)]
        for name in agents:
            await desk.spells(spell(SIGNED_IN, 0, None, agent=name), agent=name)  # type: ignore[arg-type]
        handle_time = worker(desk, refresh_seconds=1, rows_at_once=5)
        for step in range(40):
            await desk.read_until(at(100 + 10 * step))
            await handle_time.run_once()
        rows = await desk.agent_rows()
        assert min(rows[name, at(0)].signed_in_seconds for name in agents) > 300  # type: ignore[index]

    async def test_before_anything_was_read_nothing_grows(self, desk: Desk) -> None:
        await desk.spells(spell(SIGNED_IN, 100, None))
        handle_time = worker(desk)
        await rest(handle_time)
        assert (await row(desk, 0)).signed_in_seconds == 0
        await desk.read_until(at(150))
        await rest(handle_time)
        assert (await row(desk, 0)).signed_in_seconds == 50


async def test_after_call_work_reaches_over_the_edge(desk: Desk) -> None:
    await desk.spells(spell(SIGNED_IN, 0, 1800))
    await desk.calls(visit(QUARTER - 50, talk=40.0))
    await rest(worker(desk, FIXED))
    first, second = await row(desk, 0), await row(desk, QUARTER)
    assert (first.acw_seconds, second.acw_seconds) == (10, 20)
    assert (second.occupied_seconds, second.idle_seconds) == (20, 880)
