"""What agents are shown to do."""

from typing import Any

import pytest

from callcenter.domain.agents.events import (
    DeviceState,
    MemberAdded,
    MemberPaused,
    MemberPenaltySet,
    MemberRemoved,
    MemberSeen,
    MemberStatusChanged,
    MemberUnpaused,
)
from callcenter.domain.calls.events import (
    AgentDumped,
    CallAnswered,
    CallOffered,
    ConversationEnd,
    ConversationEnded,
    DeviceRung,
    LegEnded,
    LegHeld,
    LegResumed,
    LegsOptimized,
    LegsPaired,
    RingNotAnswered,
    RingStarted,
)
from callcenter.domain.event import Event
from callcenter.domain.feed import FeedRestored, LegsSeen, PbxStarted, QueueSeen, WaitingSeen
from callcenter.domain.ids import CallerRef, MemberRef
from callcenter.domain.policies import AfterCallPolicy, AfterCallRule, QueuePolicy, SitePolicies
from tests.support.calls import ALICE, BOB, at, heard
from tests.support.floor import Floor, after_call


def signs_in(seconds: float = 0, queue: str = "sales", **more: Any) -> Event:
    given = {"member": ALICE, "membership": "dynamic", "paused": False, **more}
    return heard(MemberAdded, seconds, queue=queue, **given)


def phone(seconds: float, status: DeviceState = DeviceState.NOT_IN_USE, queue: str = "sales", **more: Any) -> Event:
    return heard(MemberStatusChanged, seconds, queue=queue, status=status, **{"member": ALICE, **more})


def rings(seconds: float, leg: str = "2.1") -> Event:
    return heard(RingStarted, seconds, leg="1.1", queue="sales", member=ALICE, agent_leg=leg)


def answers(seconds: float, leg: str = "1.1", agent_leg: str | None = "2.1", queue: str = "sales") -> Event:
    return heard(
        CallAnswered, seconds, leg=leg, queue=queue, member=ALICE, agent_leg=agent_leg, wait_seconds=int(seconds)
    )


def completes(seconds: float, **more: Any) -> Event:
    given = {"leg": "1.1", "agent_leg": "2.1", "queue": "sales", "member": ALICE, **more}
    return heard(ConversationEnded, seconds, **{"end": ConversationEnd.CALLER, **given})


def pauses(seconds: float, queue: str = "sales", reason: str | None = None) -> Event:
    return heard(MemberPaused, seconds, queue=queue, member=ALICE, reason=reason)


def unpauses(seconds: float, queue: str = "sales") -> Event:
    return heard(MemberUnpaused, seconds, queue=queue, member=ALICE)


READY = (signs_in(), phone(1))


# --- calls ---


def test_a_call_from_ring_to_end() -> None:
    floor = Floor(*READY, heard(CallOffered, 2, leg="1.1", queue="sales", caller=CallerRef("13800138000")))
    assert floor.does() == "ready"
    floor.hear(rings(3))
    assert floor.does() == "ringing"
    assert floor.counts() == {"ringing": 1, "signed_in": 1}
    floor.hear(answers(5))
    assert floor.agent()["since"] == "2026-03-02T09:00:05.000000Z"
    assert floor.does() == "talking"
    assert floor.agent()["call"] == {
        "queue": "sales",
        "caller": "13••••000",
        "since": "2026-03-02T09:00:05.000000Z",
        "leg": "1.1",
    }
    floor.hear(completes(65))
    assert floor.does() == "ready"
    assert floor.agent()["call"] is None
    assert floor.agent()["since"] == "2026-03-02T09:01:05.000000Z"


@pytest.mark.parametrize(
    "missed",
    [
        heard(RingNotAnswered, 20, leg="1.1", queue="sales", member=ALICE, agent_leg="2.1"),
        heard(AgentDumped, 20, leg="1.1", queue="sales", member=ALICE, agent_leg="2.1"),
        heard(LegEnded, 20, leg="2.1"),
    ],
)
def test_a_phone_that_stops_ringing_is_ready_again(missed: Event) -> None:
    assert Floor(*READY, rings(3), missed).does() == "ready"


def test_a_phone_that_rings_for_two_callers_rings_until_both_are_gone() -> None:
    floor = Floor(*READY, rings(3, "2.1"), rings(4, "2.2"), heard(LegEnded, 5, leg="2.1"))
    assert floor.does() == "ringing"
    floor.hear(heard(LegEnded, 6, leg="2.2"))
    assert floor.does() == "ready"


@pytest.mark.parametrize("leg", ["1.1", "2.1"])
def test_the_end_of_either_leg_ends_the_talk_if_nothing_else_says_so(leg: str) -> None:
    assert Floor(*READY, answers(5), heard(LegEnded, 60, leg=leg)).does() == "ready"


def test_hold_is_what_the_agent_does_not_what_the_caller_does() -> None:
    floor = Floor(*READY, answers(5), heard(LegHeld, 10, leg="1.1"))
    assert floor.does() == "talking"
    floor.hear(heard(LegHeld, 11, leg="2.1"))
    assert floor.does() == "on_hold"
    assert floor.agent()["since"] == "2026-03-02T09:00:11.000000Z"
    floor.hear(heard(LegResumed, 20, leg="2.1"))
    assert floor.does() == "talking"
    floor.hear(heard(LegHeld, 21, leg="2.1"), completes(30), answers(40, "1.2", "2.2"))
    assert floor.does() == "talking"


def test_hold_by_a_phone_behind_local_channels() -> None:
    ways = [
        heard(LegsPaired, 1, leg="2.1", other_leg="3.1"),
        heard(DeviceRung, 2, leg="3.1", device_leg="4.1"),
        heard(LegsPaired, 2, leg="4.1", other_leg="5.1"),
        heard(DeviceRung, 3, leg="5.1", device_leg="6.1"),
    ]
    floor = Floor(*READY, *ways, answers(5), heard(LegHeld, 10, leg="6.1"))
    assert floor.does() == "on_hold"
    floor.hear(heard(LegResumed, 12, leg="6.1"))
    assert floor.does() == "talking"
    floor.hear(heard(LegEnded, 13, leg="6.1"), heard(LegHeld, 14, leg="6.1"))
    assert floor.does() == "talking"


def test_of_two_calls_the_latest_shows_and_then_the_other() -> None:
    floor = Floor(*READY, answers(5), answers(30, "1.2", "2.2"))
    assert floor.agent()["call"]["leg"] == "1.2"
    floor.hear(completes(50, leg="1.2", agent_leg="2.2"))
    assert floor.does() == "talking"
    assert floor.agent()["call"]["leg"] == "1.1"
    floor.hear(completes(60))
    assert floor.does() == "ready"


def test_the_end_of_the_first_of_two_calls_leaves_the_second() -> None:
    floor = Floor(*READY, answers(5), answers(30, "1.2", "2.2"), completes(50))
    assert floor.agent()["call"]["leg"] == "1.2"


def test_an_end_that_is_told_again_or_late_is_not_that_of_the_next_call() -> None:
    floor = Floor(*READY, answers(5), heard(LegEnded, 60, leg="2.1"), answers(61, "1.2", "2.2"), completes(62))
    assert floor.agent()["call"]["leg"] == "1.2"


def test_an_end_without_ids_is_that_of_the_talk_it_states() -> None:
    nobody = {"leg": None, "agent_leg": None}
    floor = Floor(*READY, answers(5), answers(30, "1.2", "2.2"), completes(50, talk_seconds=45, **nobody))
    assert floor.agent()["call"]["leg"] == "1.2"
    floor.hear(completes(60, talk_seconds=3, **nobody))
    assert floor.agent()["call"]["leg"] == "1.2"


def test_local_optimization_puts_another_leg_in_the_place_of_the_agents() -> None:
    optimized = heard(LegsOptimized, 6, leg="2.1", other_leg="2.2", source_leg="3.1")
    floor = Floor(*READY, answers(5), optimized, heard(LegEnded, 7, leg="2.1"), heard(LegEnded, 7, leg="2.2"))
    assert floor.does() == "talking"
    for end in (heard(LegEnded, 60, leg="3.1"), completes(60)):
        again = Floor(*READY, answers(5), optimized, heard(LegEnded, 7, leg="2.1"), end)
        assert again.does() == "ready", end


def test_a_call_outside_the_queues_shows_by_the_phone() -> None:
    floor = Floor(*READY, phone(5, DeviceState.IN_USE))
    assert floor.does() == "talking"
    assert floor.agent()["call"] is None


# --- pauses ---


def test_a_pause_shows_with_its_reason_and_ends() -> None:
    floor = Floor(*READY, pauses(10, reason="lunch"))
    assert floor.does() == "paused"
    assert floor.agent()["reason"] == "lunch"
    assert floor.counts() == {"paused": 1, "signed_in": 1}
    floor.hear(pauses(20, reason="training"))
    assert (floor.agent()["reason"], floor.agent()["since"]) == ("training", "2026-03-02T09:00:20.000000Z")
    floor.hear(unpauses(30))
    assert (floor.does(), floor.agent()["reason"]) == ("ready", None)


def test_a_pause_in_one_queue_only_counts_in_that_queue_only() -> None:
    floor = Floor(*READY, signs_in(2, "support"), pauses(10))
    assert floor.does() == "paused"
    assert floor.counts("sales") == {"paused": 1, "signed_in": 1}
    assert floor.counts("support") == {"ready": 1, "signed_in": 1}
    assert [seat["paused"] for seat in floor.agent()["queues"]] == [True, False]


def test_a_phone_that_is_gone_is_gone_in_queues_without_a_pause_too() -> None:
    floor = Floor(*READY, signs_in(2, "support"), pauses(10), phone(11, DeviceState.UNAVAILABLE, "support"))
    assert floor.counts("sales") == {"paused": 1, "signed_in": 1}
    assert floor.counts("support") == {"unavailable": 1}


def test_a_pause_during_a_call_shows_after_it() -> None:
    floor = Floor(*READY, answers(5), pauses(10, reason="lunch"))
    assert floor.does() == "talking"
    floor.hear(completes(30))
    assert (floor.does(), floor.agent()["reason"]) == ("paused", "lunch")


# --- after-call work ---


def test_wrap_up_by_a_fixed_rule_ends_with_its_time() -> None:
    floor = Floor(*READY, answers(5), completes(65), policies=after_call(AfterCallRule.FIXED, fixed_seconds=15))
    assert floor.does() == "wrap_up"
    floor.state.tick(at(79))
    assert floor.does() == "wrap_up"
    floor.state.tick(at(81))
    assert floor.does() == "ready"
    assert floor.agent()["since"] == "2026-03-02T09:01:20.000000Z"


def test_wrap_up_after_two_calls_begins_with_the_end_of_the_last() -> None:
    rule = after_call(AfterCallRule.FIXED, fixed_seconds=15)
    floor = Floor(*READY, answers(5), completes(60), answers(65, "1.2", "2.2"), policies=rule)
    floor.state.tick(at(76))
    assert floor.does() == "talking"
    floor.hear(completes(80, leg="1.2", agent_leg="2.2"))
    floor.state.tick(at(94))
    assert floor.does() == "wrap_up"


def test_wrap_up_by_pause_reason() -> None:
    rule = after_call(AfterCallRule.PAUSE_REASON, pause_reasons=("acw",))
    floor = Floor(*READY, answers(5), completes(65), policies=rule)
    assert floor.does() == "ready"
    floor.hear(pauses(66, reason="acw"))
    assert floor.does() == "wrap_up"
    assert floor.counts() == {"wrap_up": 1, "signed_in": 1}
    floor.hear(pauses(70, reason="lunch"))
    assert floor.does() == "paused"


def test_each_queue_has_its_own_rule() -> None:
    fixed = QueuePolicy(after_call=AfterCallPolicy(rule=AfterCallRule.FIXED, fixed_seconds=15))
    floor = Floor(*READY, answers(5), completes(65), policies=SitePolicies(queues={"support": fixed}))
    assert floor.does() == "ready"
    floor.hear(answers(70, "1.2", "2.2", "support"), completes(90, leg="1.2", agent_leg="2.2", queue="support"))
    assert floor.does() == "wrap_up"


# --- membership ---


def test_nobody_is_there_before_signing_in_or_after_signing_out() -> None:
    floor = Floor(*READY, signs_in(2, "support"), heard(MemberRemoved, 60, queue="sales", member=ALICE))
    assert floor.does() == "ready"
    assert floor.counts("sales") == {}
    floor.hear(heard(MemberRemoved, 61, queue="support", member=ALICE))
    assert (floor.does(), floor.agent()["queues"]) == ("signed_out", [])
    assert floor.counts("support") == {}


def test_a_removed_member_is_told_of_as_gone_from_the_queue() -> None:
    floor = Floor(*READY)
    assert floor.picture["queues"]["sales"]["agents"]["ready"] == 1
    floor.hear(heard(MemberRemoved, 60, queue="sales", member=ALICE))
    delta = floor.state.delta(at(61))
    assert delta is not None
    assert delta["queues"]["sales"]["agents"]["ready"] == 0
    assert delta["agents"]["Alice"]["state"] == "signed_out"


def test_who_signs_out_during_a_call_talks_to_its_end() -> None:
    floor = Floor(*READY, answers(5), heard(MemberRemoved, 10, queue="sales", member=ALICE))
    assert floor.does() == "talking"
    floor.hear(completes(60))
    assert floor.does() == "signed_out"


def test_static_and_dynamic_members_and_penalties() -> None:
    floor = Floor(
        heard(MemberSeen, 0, queue="sales", member=BOB, membership="static", status=DeviceState.NOT_IN_USE, penalty=3),
        *READY,
        heard(MemberPenaltySet, 5, queue="sales", member=ALICE, penalty=7),
    )
    assert floor.agent("Bob")["queues"] == [{"queue": "sales", "penalty": 3, "paused": False, "static": True}]
    assert floor.agent("Alice")["queues"] == [{"queue": "sales", "penalty": 7, "paused": False, "static": False}]
    assert floor.counts() == {"ready": 2, "signed_in": 2}


def test_a_phone_without_registration_is_unavailable_and_counts_as_absent() -> None:
    for status in (DeviceState.UNAVAILABLE, DeviceState.INVALID):
        floor = Floor(signs_in(), phone(1, status))
        assert floor.does() == "unavailable"
        assert floor.counts() == {"unavailable": 1}


def test_a_member_without_a_name_is_called_by_the_interface() -> None:
    nameless = MemberRef("PJSIP/1001")
    floor = Floor(signs_in(member=nameless))
    assert floor.agent("PJSIP/1001")["interface"] == "PJSIP/1001"
    known = Floor(*READY, phone(5, DeviceState.RINGING, member=nameless), pauses(6))
    assert list(known.picture["agents"]) == ["Alice"]


# --- what was missed ---


def test_a_complete_list_shows_who_left_while_nobody_listened() -> None:
    seen = heard(MemberSeen, 60, queue="sales", member=BOB, membership="static", status=DeviceState.NOT_IN_USE)
    floor = Floor(*READY, heard(QueueSeen, 60, queue="sales"), seen)
    assert floor.counts() == {"ready": 2, "signed_in": 2}
    floor.hear(heard(WaitingSeen, 60, queue="sales"))
    assert floor.counts() == {"ready": 1, "signed_in": 1}
    assert floor.does() == "signed_out"


def test_who_signs_in_while_a_list_is_told_stays() -> None:
    floor = Floor(heard(QueueSeen, 60, queue="sales"), signs_in(60.5), heard(WaitingSeen, 61, queue="sales"))
    assert floor.does() == "ready"


def test_calls_that_ended_while_nobody_listened_are_over() -> None:
    floor = Floor(*READY, answers(5), heard(FeedRestored, 60, connection="c2"), rings(61, "2.9"))
    floor.hear(heard(LegsSeen, 62, legs=("1.7",)))
    assert floor.does() == "ringing"
    still = Floor(*READY, answers(5), heard(FeedRestored, 60, connection="c2"))
    still.hear(heard(LegsSeen, 62, legs=("1.1", "2.1")))
    assert still.does() == "talking"


def test_calls_that_began_since_need_not_be_in_the_list() -> None:
    floor = Floor(*READY, heard(FeedRestored, 60, connection="c2"), answers(61), heard(LegsSeen, 62, legs=()))
    assert floor.does() == "talking"


def test_a_call_whose_end_was_not_heard_is_over_with_the_second_list_that_lacks_it() -> None:
    """One list alone may have been made before the call began, and told after."""
    floor = Floor(*READY, heard(LegsSeen, 4, legs=()), answers(5), heard(LegsSeen, 60, legs=("1.1", "2.1")))
    assert floor.does() == "talking"
    floor.hear(heard(LegsSeen, 120, legs=()))
    assert floor.does() == "ready"


def test_no_call_outlives_the_pbx() -> None:
    floor = Floor(*READY, answers(5), heard(PbxStarted, 60, started_at=at(55)))
    assert (floor.does(), floor.agent()["call"]) == ("ready", None)
