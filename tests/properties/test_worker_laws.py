"""Whatever happens in whatever order, with crashes at commits: at rest, the stored rows are those of a fresh count."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.domain.agents.spells import SpellKind
from callcenter.domain.calendar import Calendar
from callcenter.domain.calls.visits import Outcome
from callcenter.domain.periods import QUARTER, Period
from callcenter.domain.policies import AfterCallPolicy, AfterCallRule, QueuePolicy, SitePolicies
from callcenter.metrics.after_call import after_call_work
from callcenter.metrics.agents import agent_summary
from callcenter.metrics.queues import queue_summary
from callcenter.metrics.summaries import AgentSummary, QueueSummary
from callcenter.metrics.timeline import seconds
from tests.support.agents import PBX, at
from tests.support.desk import MemoryDesk
from tests.support.visits import ring, spell, visit
from workers.handle_time import HandleTime
from workers.queue_metrics import QueueMetrics
from workers.recount import Recount

AGENTS = ("Alice Martin", "Bob")
QUEUES = ("sales", "vip")
HOURS = 2
LAST = HOURS * 3600

# Times near the edges of quarters, where mistakes would be, and anywhere.
times = st.one_of(
    st.integers(0, LAST),
    st.builds(lambda quarter, away: max(0, quarter * 900 + away), st.integers(0, HOURS * 4), st.integers(-70, 70)),
).map(float)
rules = st.sampled_from(
    [
        AfterCallPolicy(),
        AfterCallPolicy(rule=AfterCallRule.FIXED, fixed_seconds=60, cap_seconds=60),
        AfterCallPolicy(rule=AfterCallRule.PAUSE_REASON, cap_seconds=1000),
    ]
)
# Days begin in the middle of the story, so that a dated rule holds for the second half of it.
MID_STORY = Calendar(day_starts_at_hour=(at(0) + timedelta(hours=1)).hour)


def _later(rule: AfterCallPolicy | None) -> tuple[QueuePolicy, ...]:
    day = MID_STORY.day_of(at(3600))
    return () if rule is None else (QueuePolicy(after_call=replace(rule, valid_from=day), valid_from=day),)


policies = st.builds(
    lambda default, sales, default_later, sales_later: SitePolicies(
        calendar=MID_STORY,
        default=QueuePolicy(after_call=default),
        default_later=_later(default_later),
        queues={} if sales is None else {"sales": QueuePolicy(after_call=sales)},
        later={} if sales is None else {"sales": _later(sales_later)},
    ),
    rules,
    st.none() | rules,
    st.none() | rules,
    st.none() | rules,
)


@st.composite
def a_call(draw: st.DrawFn) -> tuple[str, tuple[Any, ...]]:
    leg = draw(st.sampled_from("abcdef"))
    answered = draw(st.booleans())
    talk = draw(st.none() | st.integers(0, 1500).map(float))
    one = visit(
        draw(times),
        Outcome.ANSWERED if answered else draw(st.sampled_from((Outcome.STILL_WAITING, Outcome.ABANDONED))),
        wait=draw(st.integers(0, 60)),
        talk=talk,
        queue=draw(st.sampled_from(QUEUES)),
        agent=draw(st.sampled_from(AGENTS)),
        leg=leg,
    )
    rang = [replace(ring(draw(times), agent=draw(st.sampled_from(AGENTS))), call=one.call, leg=one.leg)]
    return "calls", (one, *(rang if draw(st.booleans()) else ()))


@st.composite
def some_spells(draw: st.DrawFn) -> tuple[str, tuple[Any, ...]]:
    agent = draw(st.sampled_from(AGENTS))
    found = []
    for kind in SpellKind:
        edges = sorted(draw(st.sets(times, max_size=5)))
        reasons = st.sampled_from(("wrapup", "lunch")) if kind is SpellKind.PAUSED else st.none()
        for start, end in zip(edges[::2], [*edges[1::2], None], strict=False):
            found.append(spell(kind, start, end, draw(reasons), agent=agent))
    return "spells", (agent, *found)


steps = st.lists(
    st.one_of(
        a_call(),
        some_spells(),
        st.tuples(st.just("read"), st.tuples(times)),
        st.tuples(st.just("work"), st.tuples(st.integers(1, 3))),
        st.tuples(st.just("crash"), st.just(())),
        st.tuples(st.just("restart"), st.just(())),
        st.tuples(st.just("changed_rules"), st.tuples(policies)),
    ),
    min_size=1,
    max_size=14,
)


class Story:
    """Plays steps on a desk."""

    def __init__(self, rules_of_the_site: SitePolicies) -> None:
        self.desk = MemoryDesk()
        self.policies = rules_of_the_site
        self.horizon = 0.0
        self.start()

    def start(self) -> None:
        """New workers, which remember nothing."""
        self.agents = HandleTime(PBX, self.desk.ledger, self.policies, refresh_seconds=600)
        self.queues = QueueMetrics(PBX, self.desk.ledger, self.policies)
        self.recount = Recount(PBX, self.desk.ledger, self.policies)

    async def play(self, step: str, words: tuple[Any, ...]) -> None:
        await getattr(self, step)(*words)

    async def calls(self, *items: Any) -> None:
        await self.desk.calls(*items)

    async def spells(self, agent: str, *found: Any) -> None:
        await self.desk.spells(*found, agent=agent)  # type: ignore[arg-type]

    async def read(self, until: float) -> None:
        self.horizon = max(self.horizon, until)
        await self.desk.read_until(at(self.horizon))

    async def work(self, runs: int) -> None:
        for _ in range(runs):
            await self.recount.run_once()
            await self.agents.run_once()
            await self.queues.run_once()

    async def crash(self) -> None:
        """A commit comes to nothing; the process goes on."""
        self.desk.ledger.fail_at_commit = OSError("the disk is full")
        for worker in (self.recount, self.agents, self.queues):
            try:
                await worker.run_once()
            except OSError:
                continue
        self.desk.ledger.fail_at_commit = None

    async def restart(self) -> None:
        """What was counted is forgotten, at any moment."""
        self.start()

    async def changed_rules(self, rules_of_the_site: SitePolicies) -> None:
        """Somebody edited the settings, and started the service again."""
        self.policies = rules_of_the_site
        self.start()

    async def rest(self) -> None:
        idle = 0
        while idle < 3:
            done = await self.recount.run_once() + await self.agents.run_once() + await self.queues.run_once()
            idle = 0 if done else idle + 1


def check(rows: dict[Any, Any], fresh: Callable[[Any, Period], Any], subjects: tuple[str, ...], empty: Any) -> None:
    for subject in subjects:
        for number in range(HOURS * 4 + 6):
            period = Period(at(0) + number * QUARTER, at(0) + (number + 1) * QUARTER)
            assert rows.get((subject, period.start), empty) == fresh(subject, period), (subject, number)


@settings(deadline=None, max_examples=150)
@given(policies, steps)
def test_at_rest_the_rows_are_those_of_a_fresh_count(
    site: SitePolicies, told: list[tuple[str, tuple[Any, ...]]]
) -> None:
    asyncio.run(_play(site, told))


async def _play(site: SitePolicies, told: list[tuple[str, tuple[Any, ...]]]) -> None:
    story = Story(site)
    for step, words in told:
        await story.play(step, words)
    await story.rest()
    kept, site = story.desk.kept, story.policies

    def agent(name: str, period: Period) -> AgentSummary:
        visits = [v for v in kept.visits if v.member and v.member.agent == name]
        rings = [r for r in kept.rings if r.member.agent == name]
        spells = [s for s in kept.spells if s.agent == name]
        return agent_summary(period, visits, rings, spells, site, kept.horizon)

    def queue(name: str, period: Period) -> QueueSummary:
        visits = [v for v in kept.visits if v.queue == name and v.entered_at in period]
        work = {v.visit_id: _work(v) for v in visits if v.ended_at and _rule(v).rule is not AfterCallRule.NONE}
        rings = [r for r in kept.rings if r.queue == name and r.at in period]
        return queue_summary(visits, rings, (), work)

    def _rule(one: Any) -> AfterCallPolicy:
        return site.of(one.queue, one.entered_at).after_call

    def _work(one: Any) -> float:
        others = [v for v in kept.visits if v.member == one.member]
        closed = [s for s in kept.spells if s.agent == one.member.agent and s.ended_at is not None]
        return seconds(after_call_work(one, _rule(one), others, closed, at(LAST)))

    check(kept.agent_rows, agent, AGENTS, AgentSummary())
    check(kept.queue_rows, queue, QUEUES, QueueSummary())
    assert not kept.marks
