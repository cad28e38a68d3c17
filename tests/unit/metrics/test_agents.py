"""What an agent did in an interval, cut at its edges."""

from datetime import timedelta

import pytest

from callcenter.domain.agents.spells import SpellKind
from callcenter.domain.calls.visits import RingResult
from callcenter.domain.periods import Period
from callcenter.domain.policies import AfterCallPolicy, AfterCallRule, QueuePolicy, SitePolicies
from callcenter.metrics.agents import agent_summary
from callcenter.metrics.summaries import AgentSummary, Durations, ReasonSeconds
from tests.support.agents import at
from tests.support.visits import ring, spell, visit

SIGNED_IN, PAUSED = SpellKind.SIGNED_IN, SpellKind.PAUSED
NO_RULE = SitePolicies()
WRAP_UP = SitePolicies(
    default=QueuePolicy(
        after_call=AfterCallPolicy(rule=AfterCallRule.PAUSE_REASON, pause_reasons=("wrapup",), cap_seconds=60)
    )
)
FIXED = SitePolicies(default=QueuePolicy(after_call=AfterCallPolicy(rule=AfterCallRule.FIXED, fixed_seconds=30)))


def summary(
    start: float,
    end: float,
    visits: list = (),
    rings: list = (),
    spells: list = (),
    policies: SitePolicies = NO_RULE,
    horizon: float | None = 10_000,
) -> AgentSummary:
    until = None if horizon is None else at(horizon)
    return agent_summary(Period(at(start), at(end)), visits, rings, spells, policies, until)


class TestTalk:
    def test_is_cut_at_the_edge_and_counted_where_it_was_answered(self) -> None:
        visits = [visit(880, wait=10, talk=50.0, hold=10.0)]
        first, second = summary(0, 900, visits), summary(900, 1800, visits)
        assert (first.answered, first.talk, first.talk_seconds) == (1, Durations(1, 50, 50), 10)
        assert (second.answered, second.talk, second.talk_seconds) == (0, Durations(), 40)
        assert (first.hold_seconds, second.hold_seconds) == (2, 8)

    def test_stated_talk_is_complete_at_the_end_though_its_seconds_differ_by_one(self) -> None:
        longer = visit(880, talk=21.0, ended_at=at(900))
        shorter = visit(880, talk=19.0, ended_at=at(900.5))
        assert summary(0, 900, [longer]).talk_seconds + summary(900, 1800, [longer]).talk_seconds == 21
        assert summary(900, 1800, [longer]).talk_seconds == 0
        assert (summary(0, 900, [shorter]).talk_seconds, summary(900, 1800, [shorter]).talk_seconds) == (19, 0)

    def test_that_ends_as_it_begins_belongs_to_that_moment(self) -> None:
        blink = visit(900, talk=1.0, ended_at=at(900))
        assert summary(0, 900, [blink]).talk_seconds == 0
        assert summary(900, 1800, [blink]).talk_seconds == 1

    def test_lasts_until_the_horizon_while_it_goes_on(self) -> None:
        going_on = [visit(100, talk=None)]
        assert summary(0, 900, going_on, horizon=500).talk_seconds == 400
        assert summary(0, 900, going_on, horizon=500).talk == Durations()
        assert summary(0, 900, going_on, horizon=None).talk_seconds == 0
        assert summary(0, 900, going_on, horizon=50).talk_seconds == 0

    def test_of_unknown_length_is_answered_and_no_time(self) -> None:
        cut = summary(0, 900, [visit(100, talk=None, reason="cut_by_restart")])
        assert (cut.answered, cut.talk, cut.talk_seconds) == (1, Durations(), 0)


class TestSpells:
    def test_are_cut_at_the_edges(self) -> None:
        spells = [spell(SIGNED_IN, 100, 1000), spell(PAUSED, 800, 950, "lunch"), spell(PAUSED, 950, 990)]
        first, second = summary(0, 900, spells=spells), summary(900, 1800, spells=spells)
        assert (first.signed_in_seconds, first.paused_seconds) == (800, 100)
        assert (second.signed_in_seconds, second.paused_seconds) == (100, 90)
        assert first.paused_by_reason == ReasonSeconds({"lunch": 100})
        assert second.paused_by_reason == ReasonSeconds({"lunch": 50, "": 40})

    def test_last_until_the_horizon_while_open(self) -> None:
        spells = [spell(SIGNED_IN, 100, None), spell(PAUSED, 300, None, "lunch")]
        now = summary(0, 900, spells=spells, horizon=500)
        assert (now.signed_in_seconds, now.paused_seconds) == (400, 200)
        assert summary(0, 900, spells=spells, horizon=None).signed_in_seconds == 0

    def test_rings_that_were_not_taken(self) -> None:
        rings = [ring(10), ring(899), ring(900), ring(20, RingResult.ANSWERED)]
        assert summary(0, 900, rings=rings).ring_no_answer == 2


class TestAfterCallWork:
    def test_none_unless_a_rule_says_so(self) -> None:
        spells = [spell(PAUSED, 110, 150, "wrapup")]
        assert summary(0, 900, [visit(0, talk=100)], spells=spells).acw_seconds == 0

    def test_fixed_time_ends_with_the_next_conversation(self) -> None:
        visits = [visit(0, talk=100), visit(110, talk=100)]
        assert summary(0, 900, visits, policies=FIXED).acw_seconds == 10 + 30

    def test_of_a_call_before_the_interval_reaches_into_it(self) -> None:
        assert summary(900, 1800, [visit(0, talk=890)], policies=FIXED).acw_seconds == 20

    def test_from_pauses_with_the_reason_up_to_the_cap(self) -> None:
        spells = [
            spell(PAUSED, 90, 110, "WrapUp"),
            spell(PAUSED, 110, 120, "lunch"),
            spell(PAUSED, 150, 300, "wrapup"),
        ]
        assert summary(0, 900, [visit(0, talk=100)], spells=spells, policies=WRAP_UP).acw_seconds == 10 + 10

    def test_of_an_open_pause_lasts_until_the_horizon(self) -> None:
        spells = [spell(PAUSED, 100, None, "wrapup")]
        assert summary(0, 900, [visit(0, talk=100)], spells=spells, policies=WRAP_UP, horizon=120).acw_seconds == 20

    def test_none_without_an_end_of_the_conversation(self) -> None:
        assert summary(0, 900, [visit(0, talk=None)], policies=FIXED).acw_seconds == 0

    def test_two_conversations_at_once_are_not_each_others_next(self) -> None:
        visits = [visit(0, talk=100, leg="a"), visit(0, talk=100, leg="b")]
        assert summary(0, 900, visits, policies=FIXED).acw_seconds == 30


class TestClock:
    def test_occupied_idle_and_paused_share_the_time_signed_in(self) -> None:
        spells = [spell(SIGNED_IN, 0, 800), spell(PAUSED, 500, 600, "lunch")]
        seen = summary(0, 900, [visit(100, talk=100), visit(150, talk=100)], spells=spells, policies=FIXED)
        assert seen.talk_seconds == 200
        assert seen.occupied_seconds == 150 + 30
        assert seen.idle_seconds == 800 - 100 - 180

    def test_outside_of_the_time_signed_in_there_is_neither(self) -> None:
        seen = summary(0, 900, [visit(100, talk=100)])
        assert (seen.talk_seconds, seen.occupied_seconds, seen.idle_seconds) == (100, 0, 0)

    def test_talk_in_a_pause_is_occupied(self) -> None:
        spells = [spell(SIGNED_IN, 0, 300), spell(PAUSED, 100, 200)]
        seen = summary(0, 900, [visit(150, talk=100)], spells=spells)
        assert (seen.occupied_seconds, seen.idle_seconds, seen.paused_seconds) == (100, 150, 100)


@pytest.mark.parametrize("edge", [0, 1, 899, 900, 901])
def test_an_answer_belongs_to_the_interval_that_holds_it(edge: int) -> None:
    answered = [visit(edge, talk=5.0)]
    counts = [summary(start, start + 900, answered).answered for start in (-900, 0, 900)]
    assert counts == [0, int(edge < 900), int(edge >= 900)]
    assert timedelta(seconds=sum(summary(s, s + 900, answered).talk_seconds for s in (-900, 0, 900))) == timedelta(
        seconds=5
    )
