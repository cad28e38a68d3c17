"""What a day keeps, and when it has to be made anew."""

from callcenter.domain.agents.day import KEPT, AgentDay
from callcenter.domain.agents.fold import fold_day
from callcenter.domain.agents.spells import AgentState
from callcenter.domain.ids import Source
from tests.support.agents import ALICE, PBX, Told, at

KEPT_SECONDS = KEPT.total_seconds()


def kept(day: AgentDay) -> int:
    return len(day._kept)


def test_a_day_of_phone_states_keeps_a_minute_of_them() -> None:
    ami = Told(Source.AMI)
    events = [ami.added(1, "sales"), *(ami.status(10.0 + n, "sales") for n in range(5000))]
    day = AgentDay(ALICE, PBX, AgentState())
    for event in events:
        assert day.take([event])
    assert kept(day) < KEPT_SECONDS + 10
    assert day.folded == fold_day(ALICE, PBX, AgentState(), events)


def test_a_log_row_of_some_seconds_ago_still_fits_in() -> None:
    ami, log = Told(Source.AMI), Told(Source.QUEUE_LOG)
    told = [ami.added(1, "sales"), *(ami.status(10.0 + n, "sales") for n in range(200))]
    day = AgentDay(ALICE, PBX, AgentState())
    assert day.take(told)
    row = log.removed(205, "sales")
    assert day.take([row])
    assert day.folded == fold_day(ALICE, PBX, AgentState(), [*told, row])
    assert day.folded[0].member_of != {"sales": at(1)}


def test_a_fact_of_long_ago_has_the_day_made_anew() -> None:
    ami, log = Told(Source.AMI), Told(Source.QUEUE_LOG)
    told = [ami.added(1, "sales"), *(ami.status(10.0 + n, "sales") for n in range(200))]
    day = AgentDay(ALICE, PBX, AgentState())
    assert day.take(told)
    before = day.folded
    assert not day.take([log.paused(50, "sales", "lunch")])
    assert day.folded == before


def test_hearing_it_again_changes_nothing() -> None:
    ami = Told(Source.AMI)
    told = [ami.added(1, "sales"), ami.status(10, "sales"), ami.removed(20, "sales")]
    day = AgentDay(ALICE, PBX, AgentState())
    assert day.take(told)
    once = day.folded
    assert day.take(told)
    assert day.folded == once


def test_a_start_of_the_pbx_folds_anew() -> None:
    ami = Told(Source.AMI)
    day = AgentDay(ALICE, PBX, AgentState())
    assert day.take([ami.logged_in(10)])
    assert day.take([], [at(100)])
    assert day.folded == fold_day(ALICE, PBX, AgentState(), [ami.logged_in(10)], [at(100)])
