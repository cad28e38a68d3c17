"""Draws of a site day: made again while it is open, frozen afterwards."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from callcenter.domain.calendar import Calendar
from callcenter.domain.calls.visits import Outcome, QueueVisit
from callcenter.domain.ids import AgentId, MemberRef
from callcenter.domain.periods import quarter_of
from callcenter.domain.quality.sampling import Draw, draw, seed_of
from callcenter.metrics.marks import MarkKind, StaleMark
from tests.support.agents import ALICE, MORNING, PBX
from tests.support.desk import Desk
from tests.support.visits import visit
from workers.qa_sampling import DAYS_AT_ONCE, QaSampling

DAY = 86_400.0
MONDAY = date(2026, 3, 2)
"""The day of the fixed morning, 8:00 UTC."""


def worker(desk: Desk, zone: str = "UTC", per_agent: int = 2) -> QaSampling:
    return QaSampling(
        PBX, desk.ledger, calendar=Calendar(zone=ZoneInfo(zone)), seed="spring", per_agent_and_day=per_agent
    )


def some(number: int, start: float = 0, **more: object) -> list[QueueVisit]:
    return [visit(start + 10 * n, talk=5.0, **more) for n in range(number)]  # type: ignore[arg-type]


async def rest(sampling: QaSampling) -> None:
    while await sampling.run_once():
        pass


async def until(desk: Desk, seconds: float) -> None:
    await desk.read_until(MORNING + timedelta(seconds=seconds))


async def test_some_answered_visits_per_agent(desk: Desk) -> None:
    alices, bobs = some(9), some(1, agent="Bob")
    await desk.calls(*alices, *bobs, visit(50, Outcome.ABANDONED, wait=4))
    await until(desk, 1000)
    await rest(worker(desk))
    draws = await desk.draws()
    seed = seed_of("spring", PBX, MONDAY)
    assert set(draws) == {(MONDAY, ALICE), (MONDAY, "Bob")}
    assert draws[MONDAY, ALICE] == _stored(draw([v.visit_id for v in alices], seed, 2))
    assert draws[MONDAY, "Bob"] == (seed, 1, (bobs[0].visit_id,))


async def test_the_draw_can_be_proved_from_what_was_recorded(desk: Desk) -> None:
    visits = some(20)
    await desk.calls(*visits)
    await until(desk, 1000)
    await rest(worker(desk))
    recorded = Draw(*(await desk.draws())[MONDAY, ALICE])
    candidates = [v.visit_id for v in visits]
    assert recorded.repeats_with(candidates)
    assert not recorded.repeats_with(candidates[1:])


async def test_conversations_that_last_wait_for_their_end(desk: Desk) -> None:
    await desk.calls(visit(0, talk=None, leg="a"))
    await until(desk, 1000)
    sampling = worker(desk)
    await rest(sampling)
    assert await desk.draws() == {}
    await desk.calls(visit(0, talk=30.0, leg="a"))
    await rest(sampling)
    assert len(await desk.draws()) == 1


async def test_a_late_visit_has_the_same_chance_while_the_day_is_open(desk: Desk) -> None:
    early, late = some(5), some(20, 100)
    await desk.calls(*early)
    await until(desk, 1000)
    sampling = worker(desk)
    await rest(sampling)
    await desk.calls(*late)
    await until(desk, DAY + 1000)
    await rest(sampling)
    everybody = draw([v.visit_id for v in early + late], seed_of("spring", PBX, MONDAY), 2)
    assert (await desk.draws())[MONDAY, ALICE] == _stored(everybody)


async def test_afterwards_it_is_frozen(desk: Desk) -> None:
    await desk.calls(*some(5))
    sampling = worker(desk)
    for day in range(3):
        await until(desk, day * DAY + 1000)
        await rest(sampling)
    frozen = await desk.draws()
    await desk.calls(*some(20, 100))
    await until(desk, 2 * DAY + 2000)
    await rest(sampling)
    await rest(worker(desk))
    assert await desk.draws() == frozen


async def test_the_last_visits_of_a_day_are_drawn_though_nobody_looked_while_it_was_open(desk: Desk) -> None:
    early, late = some(5), some(20, 100)
    await desk.calls(*early)
    await until(desk, 1000)
    sampling = worker(desk)
    await rest(sampling)
    await desk.calls(*late)
    await until(desk, 9 * DAY)
    await rest(sampling)
    everybody = draw([v.visit_id for v in early + late], seed_of("spring", PBX, MONDAY), 2)
    assert (await desk.draws())[MONDAY, ALICE] == _stored(everybody)


async def test_days_that_were_missed_are_made_up_for(desk: Desk) -> None:
    days = 2 * DAYS_AT_ONCE
    await desk.calls(*(v for day in range(days) for v in some(3, day * DAY)))
    await until(desk, days * DAY)
    await rest(worker(desk))
    assert {day for day, _ in await desk.draws()} == {MONDAY + timedelta(days=n) for n in range(days)}


async def test_nothing_new_changes_nothing(desk: Desk) -> None:
    await desk.calls(*some(5))
    await until(desk, 1000)
    sampling = worker(desk)
    await rest(sampling)
    await desk.calls(*some(1, 500))
    assert await sampling.run_once() == 1
    assert await sampling.run_once() == 0


async def test_a_visit_that_turns_out_to_be_anothers_is_no_longer_drawn(desk: Desk) -> None:
    await desk.calls(visit(0, talk=5.0, leg="a"))
    await until(desk, 1000)
    sampling = worker(desk)
    await rest(sampling)
    await desk.calls(visit(0, talk=5.0, leg="a", agent="Bob"))
    await rest(sampling)
    assert set(await desk.draws()) == {(MONDAY, "Bob")}


async def test_the_day_is_that_of_the_site(desk: Desk) -> None:
    """20:00 to 22:00 UTC: the evening of Monday in Berlin, the morning of Tuesday in Shanghai."""
    evening = (datetime(2026, 3, 2, 20, tzinfo=UTC) - MORNING).total_seconds()
    await desk.calls(*some(3, evening))
    await until(desk, evening + 1000)
    await rest(worker(desk, "Asia/Shanghai"))
    assert {day for day, _ in await desk.draws()} == {MONDAY + timedelta(days=1)}


async def test_a_site_may_draw_none(desk: Desk) -> None:
    await desk.calls(*some(5))
    await until(desk, 1000)
    assert await worker(desk, per_agent=0).run_once() == 0
    assert await desk.draws() == {}


def _stored(drawn: Draw) -> tuple[str, int, tuple[str, ...]]:
    return drawn.seed, drawn.population, drawn.visit_ids


async def test_a_frozen_day_follows_a_correction_of_who_took_the_calls(desk: Desk) -> None:
    """Days after it was over; the agent whose calls were another's keeps no sample, and no other day is drawn again."""
    monday, tuesday = some(9), some(5, DAY)
    await desk.calls(*monday, *tuesday)
    await until(desk, 10 * DAY)
    sampling = worker(desk)
    await rest(sampling)
    before = await desk.draws()
    turned = [replace(one, member=MemberRef(None, "Carol")) for one in monday]
    await desk.calls(*turned)
    await rest(sampling)
    assert await desk.draws() == before
    async with desk.ledger.intervals(PBX) as work:
        await work.mark_stale([StaleMark(MarkKind.SAMPLE, "", quarter_of(MORNING))])
    await rest(sampling)
    after = await desk.draws()
    assert after[MONDAY, AgentId("Carol")][1:] == before[MONDAY, ALICE][1:]
    assert after.get((MONDAY, ALICE), ("", 0, ()))[2] == ()
    assert after[MONDAY + timedelta(days=1), ALICE] == before[MONDAY + timedelta(days=1), ALICE]
    async with desk.ledger.intervals(PBX) as work:
        assert (await work.take(MarkKind.SAMPLE, 9)).marks == ()
