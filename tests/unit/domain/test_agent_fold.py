"""What an agent's facts come to, case by case."""

from datetime import timedelta

import pytest

from callcenter.domain.agents.fold import fold_day
from callcenter.domain.agents.spells import AgentState
from callcenter.domain.feed import PbxStarted
from callcenter.domain.ids import EventId, Source
from tests.support.agents import ALICE, PBX, Told, at, paused, seconds_of, signed_in, spells_of


@pytest.fixture
def ami() -> Told:
    return Told(Source.AMI)


@pytest.fixture
def log() -> Told:
    return Told(Source.QUEUE_LOG)


class TestSignIn:
    def test_lasts_from_the_first_queue_to_the_last(self, ami: Told) -> None:
        spells = spells_of(
            [ami.added(10, "sales"), ami.added(20, "support"), ami.removed(30, "sales"), ami.removed(90, "support")]
        )
        assert signed_in(spells) == [(10, 90)]

    def test_static_membership_is_none(self, ami: Told) -> None:
        events = [ami.seen(10, "vip", membership="static", signed_in_at=at(0)), ami.removed(90, "vip")]
        assert signed_in(spells_of(events)) == []

    def test_static_membership_is_one_where_the_site_says_so(self, ami: Told) -> None:
        events = [ami.seen(10, "vip", membership="static", signed_in_at=at(0)), ami.removed(90, "vip")]
        assert signed_in(spells_of(events, static_signed_in=True)) == [(0, 90)]

    def test_realtime_members_are_like_static_ones(self, log: Told) -> None:
        events = [log.added(10, "vip", membership="realtime"), log.removed(90, "vip")]
        assert signed_in(spells_of(events)) == []
        assert signed_in(spells_of(events, static_signed_in=True)) == [(10, 90)]

    def test_the_agent_pool_counts(self, ami: Told) -> None:
        events = [ami.logged_in(10), ami.added(20, "sales"), ami.removed(30, "sales"), ami.logged_off(60)]
        assert signed_in(spells_of(events)) == [(10, 60)]

    def test_moving_on_within_one_second_of_the_log_does_not_interrupt(self, log: Told) -> None:
        events = [
            log.added(10, "sales"),
            log.removed(50, "sales"),
            log.added(50, "support"),
            log.removed(80, "support"),
        ]
        assert signed_in(spells_of(events)) == [(10, 80)]

    def test_out_and_in_again_within_one_second_of_the_log(self, log: Told) -> None:
        events = [log.added(10, "sales"), log.added(50, "sales"), log.removed(50, "sales"), log.removed(80, "sales")]
        assert signed_in(spells_of(events)) == [(10, 80)]

    def test_removal_of_an_unknown_member_gives_nothing(self, ami: Told) -> None:
        assert spells_of([ami.removed(10, "sales")]) == []

    def test_an_open_one_is_in_the_state(self, ami: Told) -> None:
        state, spells = fold_day(ALICE, PBX, AgentState(), [ami.added(10, "sales")])
        assert spells == []
        assert seconds_of(state.signed_in_since) == 10
        assert state.member_of == {"sales": at(10)}


class TestPause:
    def test_lasts_while_paused_in_any_queue(self, ami: Told) -> None:
        spells = spells_of(
            [
                ami.paused(10, "sales", "lunch"),
                ami.paused(20, "vip", "lunch"),
                ami.unpaused(30, "sales"),
                ami.unpaused(40, "vip"),
            ]
        )
        assert paused(spells) == [(10, 40, "lunch")]

    def test_counts_in_a_static_queue_without_sign_in(self, ami: Told) -> None:
        events = [
            ami.seen(0, "vip", membership="static"),
            ami.paused(10, "vip", "lunch"),
            ami.unpaused(30, "vip"),
        ]
        assert paused(spells_of(events)) == [(10, 30, "lunch")]
        assert signed_in(spells_of(events)) == []

    def test_of_a_static_member_goes_on_while_its_phone_tells_its_state(self, ami: Told) -> None:
        static = {"membership": "static", "paused": True, "reason": "lunch"}
        told = [ami.paused(10, "vip", "lunch"), ami.status(20, "vip", **static), ami.seen(40, "vip", **static)]
        assert paused(spells_of([*told, ami.unpaused(90, "vip")])) == [(10, 90, "lunch")]

    def test_another_reason_ends_the_first_and_begins_the_next(self, ami: Told) -> None:
        events = [ami.paused(10, "sales", "lunch"), ami.paused(20, "sales", "meeting"), ami.unpaused(30, "sales")]
        assert paused(spells_of(events)) == [(10, 20, "lunch"), (20, 30, "meeting")]

    def test_the_same_reason_again_changes_nothing(self, ami: Told) -> None:
        events = [ami.paused(10, "sales", "lunch"), ami.paused(20, "sales", "lunch"), ami.unpaused(30, "sales")]
        assert paused(spells_of(events)) == [(10, 30, "lunch")]

    def test_one_queue_may_interrupt_the_reason_of_another(self, ami: Told) -> None:
        events = [
            ami.paused(10, "sales", "lunch"),
            ami.paused(20, "billing", "Auto-Pause"),
            ami.unpaused(30, "billing"),
            ami.unpaused(40, "sales"),
        ]
        assert paused(spells_of(events)) == [(10, 20, "lunch"), (20, 30, "Auto-Pause"), (30, 40, "lunch")]

    def test_ending_all_queues_one_after_the_other_leaves_no_splinter(self, ami: Told) -> None:
        events = [
            ami.paused(10, "sales", "lunch"),
            ami.paused(20, "billing", "Auto-Pause"),
            ami.unpaused(30, "billing"),
            ami.unpaused(30.00002, "sales"),
        ]
        assert paused(spells_of(events)) == [(10, 20, "lunch"), (20, 30.00002, "Auto-Pause")]

    def test_removal_ends_the_pause_in_that_queue(self, ami: Told) -> None:
        events = [ami.added(0, "sales"), ami.paused(10, "sales", "lunch"), ami.removed(50, "sales")]
        assert paused(spells_of(events)) == [(10, 50, "lunch")]

    def test_an_agent_may_be_added_paused(self, ami: Told) -> None:
        events = [ami.added(10, "sales", paused=True, reason="training"), ami.unpaused(30, "sales")]
        assert paused(spells_of(events)) == [(10, 30, "training")]

    def test_within_one_second_of_the_log_the_row_that_changes_most_comes_first(self, log: Told) -> None:
        back_and_away = [
            log.paused(10, "sales", "lunch"),
            log.paused(50, "sales", "meeting"),
            log.unpaused(50, "sales"),
        ]
        state, spells = fold_day(ALICE, PBX, AgentState(), back_and_away)
        assert paused(spells) == [(10, 50, "lunch")]
        assert state.reason == "meeting"
        there_and_back = [log.paused(50, "sales", "meeting"), log.unpaused(50, "sales")]
        assert fold_day(ALICE, PBX, AgentState(), there_and_back)[0].paused_since is None


class TestTwoSources:
    def test_the_instant_of_ami_stays(self, ami: Told, log: Told) -> None:
        events = [
            ami.added(10.25, "sales"),
            log.added(10, "sales"),
            log.removed(90, "sales"),
            ami.removed(90.75, "sales"),
        ]
        assert signed_in(spells_of(events)) == [(10.25, 90.75)]

    def test_acts_that_follow_each_other_quickly_find_their_twins(self, ami: Told, log: Told) -> None:
        told = [ami.paused(10.1, "sales", "a"), ami.unpaused(10.9, "sales"), ami.paused(11.5, "sales", "b")]
        told += [log.paused(10, "sales", "a"), log.unpaused(10, "sales"), log.paused(11, "sales", "b")]
        told += [ami.unpaused(12.3, "sales"), log.unpaused(12, "sales")]
        assert paused(spells_of(told)) == [(10.1, 10.9, "a"), (11.5, 12.3, "b")]

    def test_what_one_missed_the_other_fills(self, ami: Told, log: Told) -> None:
        events = [
            ami.paused(10.4, "sales", "lunch"),
            log.paused(10, "sales", "lunch"),
            log.unpaused(30, "sales"),
            log.paused(40, "sales", "meeting"),
            ami.unpaused(60.5, "sales"),
            log.unpaused(60, "sales"),
        ]
        assert paused(spells_of(events)) == [(10.4, 30, "lunch"), (40, 60.5, "meeting")]

    def test_a_reason_that_only_the_log_has_is_kept(self, ami: Told, log: Told) -> None:
        events = [ami.paused(10.4, "sales"), log.paused(10, "sales", "lunch"), ami.unpaused(20, "sales")]
        assert paused(spells_of(events)) == [(10.4, 20, "lunch")]

    def test_two_true_rows_of_one_second_are_no_error(self, ami: Told, log: Told) -> None:
        events = [
            log.paused(10, "sales", "lunch"),
            log.unpaused(20, "sales"),
            log.unpaused(20, "sales"),
            ami.unpaused(20.1, "sales"),
            ami.unpaused(20.6, "sales"),
            ami.paused(10.3, "sales", "lunch"),
        ]
        assert paused(spells_of(events)) == [(10.3, 20.1, "lunch")]


class TestSightings:
    def test_on_complete_data_they_move_nothing(self, ami: Told) -> None:
        acts = [ami.added(10.7, "sales"), ami.paused(30.2, "sales", "lunch"), ami.unpaused(50.9, "sales")]
        acts.append(ami.removed(80.1, "sales"))
        sightings = [
            ami.status(11, "sales"),
            ami.seen(20, "sales", signed_in_at=at(10)),
            ami.seen(40, "sales", signed_in_at=at(10), paused=True, paused_at=at(30), reason="lunch"),
            ami.status(30.3, "sales"),
            ami.status(51.5, "sales", paused=True, reason="lunch"),
            ami.status(70, "sales"),
            ami.status(80.2, "sales"),
        ]
        assert spells_of(acts + sightings) == spells_of(acts)

    def test_who_was_there_before_we_listened(self, ami: Told) -> None:
        events = [
            ami.seen(500, "sales", signed_in_at=at(100), paused=True, paused_at=at(400), reason="lunch"),
            ami.unpaused(600, "sales"),
            ami.removed(900, "sales"),
        ]
        assert signed_in(spells_of(events)) == [(100, 900)]
        assert paused(spells_of(events)) == [(400, 600, "lunch")]

    def test_a_phone_state_alone_dates_nothing_back(self, ami: Told) -> None:
        events = [ami.status(500, "sales", paused=True, reason="lunch"), ami.removed(900, "sales")]
        assert signed_in(spells_of(events)) == [(500, 900)]
        assert paused(spells_of(events)) == [(500, 900, "lunch")]

    def test_a_lost_un_pause_ends_the_pause_where_it_was_last_attested(self, ami: Told) -> None:
        events = [
            ami.paused(100, "sales", "lunch"),
            ami.status(150, "sales", paused=True, reason="lunch"),
            ami.seen(400, "sales", paused_at=at(100)),
            ami.removed(900, "sales"),
        ]
        assert paused(spells_of(events)) == [(100, 150, "lunch")]

    def test_a_lost_pause_begins_when_the_pbx_says(self, ami: Told) -> None:
        events = [
            ami.added(10, "sales"),
            ami.unpaused(50.5, "sales"),
            ami.seen(400, "sales", paused=True, paused_at=at(300), reason="lunch"),
            ami.unpaused(500, "sales"),
        ]
        assert paused(spells_of(events)) == [(300, 500, "lunch")]

    def test_a_lost_change_of_reason(self, ami: Told) -> None:
        events = [
            ami.paused(100, "sales", "lunch"),
            ami.seen(400, "sales", paused=True, paused_at=at(300), reason="meeting"),
            ami.unpaused(500, "sales"),
        ]
        assert paused(spells_of(events)) == [(100, 300, "lunch"), (300, 500, "meeting")]

    def test_an_old_asterisk_that_does_not_repeat_the_reason_changes_none(self, ami: Told) -> None:
        events = [
            ami.paused(100, "sales", "lunch"),
            ami.seen(400, "sales", paused=True),
            ami.unpaused(500, "sales"),
        ]
        assert paused(spells_of(events)) == [(100, 500, "lunch")]

    def test_out_and_in_again_while_we_did_not_listen(self, ami: Told) -> None:
        events = [
            ami.added(10, "sales"),
            ami.status(100, "sales"),
            ami.seen(1010, "sales", signed_in_at=at(900)),
            ami.removed(1200, "sales"),
        ]
        assert signed_in(spells_of(events)) == [(10, 100), (900, 1200)]

    def test_a_late_snapshot_does_not_bring_back_who_has_left(self, ami: Told) -> None:
        events = [ami.added(10, "sales"), ami.removed(50, "sales"), ami.status(50.01, "sales")]
        events.append(ami.seen(51.9, "sales", signed_in_at=at(10)))
        state, spells = fold_day(ALICE, PBX, AgentState(), events)
        assert signed_in(spells) == [(10, 50)]
        assert state.signed_in_since is None


class TestRestart:
    def test_persistent_members_go_on(self, ami: Told) -> None:
        events = [
            ami.added(10, "sales"),
            ami.paused(40, "sales", "lunch"),
            ami.seen(130, "sales", signed_in_at=at(105), paused=True, reason="lunch"),
            ami.unpaused(150, "sales"),
            ami.removed(200, "sales"),
        ]
        spells = spells_of(events, restarts=[at(100)])
        assert signed_in(spells) == [(10, 200)]
        assert paused(spells) == [(40, 150, "lunch")]

    def test_who_is_added_afterwards_had_not_come_back(self, log: Told) -> None:
        events = [log.added(10, "sales"), log.added(500, "sales"), log.removed(600, "sales")]
        assert signed_in(spells_of(events, restarts=[at(100)])) == [(10, 100), (500, 600)]

    def test_a_pause_that_did_not_come_back_ended_at_the_start(self, ami: Told) -> None:
        events = [ami.paused(10, "vip", "lunch"), ami.seen(160, "vip", membership="static")]
        assert paused(spells_of(events, restarts=[at(100)])) == [(10, 100, "lunch")]

    def test_the_agent_pool_is_empty_after_it(self, ami: Told) -> None:
        assert signed_in(spells_of([ami.logged_in(10)], restarts=[at(100)])) == [(10, 100)]

    def test_the_event_says_the_same_as_the_list(self, ami: Told) -> None:
        started = PbxStarted(
            event_id=EventId(b"start"), occurred_at=at(130), pbx=PBX, source=Source.AMI, started_at=at(100)
        )
        events = [ami.logged_in(10), ami.added(20, "sales"), ami.added(500, "sales")]
        state = AgentState()
        assert fold_day(ALICE, PBX, state, [*events, started]) == fold_day(ALICE, PBX, state, events, [at(100)])

    def test_added_twice_without_a_restart_lasted_as_long_as_it_was_attested(self, ami: Told) -> None:
        events = [ami.added(10, "sales"), ami.status(90, "sales"), ami.added(500, "sales"), ami.removed(600, "sales")]
        assert signed_in(spells_of(events)) == [(10, 90), (500, 600)]


class TestDays:
    def test_a_spell_belongs_to_the_day_in_which_it_ends(self, ami: Told) -> None:
        state, first = fold_day(ALICE, PBX, AgentState(), [ami.added(10, "sales"), ami.paused(20, "sales", "lunch")])
        day = timedelta(days=1).total_seconds()
        state, second = fold_day(ALICE, PBX, state, [ami.unpaused(day, "sales"), ami.removed(day + 5, "sales")])
        assert first == []
        assert signed_in(second) == [(10, day + 5)]
        assert paused(second) == [(20, day, "lunch")]
        assert state == AgentState(signed_in_until=at(day + 5), paused_until=at(day))

    def test_an_open_spell_begins_where_it_began_though_its_first_queue_is_left(self, ami: Told) -> None:
        events = [ami.added(10, "sales"), ami.added(20, "support"), ami.removed(30, "sales")]
        state, _ = fold_day(ALICE, PBX, AgentState(), events)
        assert seconds_of(state.signed_in_since) == 10
        _, spells = fold_day(ALICE, PBX, state, [ami.removed(500, "support")])
        assert signed_in(spells) == [(10, 500)]

    def test_what_a_later_day_learns_does_not_overlap_what_an_earlier_one_told(self, ami: Told) -> None:
        state, _ = fold_day(ALICE, PBX, AgentState(), [ami.added(10, "sales"), ami.removed(100, "sales")])
        events = [ami.seen(5000, "support", signed_in_at=at(50)), ami.removed(6000, "support")]
        assert signed_in(fold_day(ALICE, PBX, state, events)[1]) == [(100, 6000)]
