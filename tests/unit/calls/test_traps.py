"""The traps of real Asterisk, each as the smallest story that springs it."""

from callcenter.domain.calls import events as e
from callcenter.domain.calls.fold import fold_call
from callcenter.domain.calls.surroundings import Surroundings
from callcenter.domain.calls.visits import EndedBy, FoldedCall, Outcome, QueueVisit, RingResult
from callcenter.domain.event import Event
from callcenter.domain.ids import CallerRef, LegId, MemberRef, QueueName
from tests.support.calls import ALICE, BOB, PBX, at, heard, row

CUSTOMER, AGENT, CONSULT = LegId("1.1"), LegId("1.2"), LegId("1.3")
SALES, SUPPORT = QueueName("sales"), QueueName("support")


def fold(*events: Event, restarts: tuple[float, ...] = ()) -> FoldedCall:
    return fold_call(PBX, CUSTOMER, events, Surroundings(starts=[at(seconds) for seconds in restarts]))


def only(folded: FoldedCall) -> QueueVisit:
    assert len(folded.visits) == 1
    return folded.visits[0]


def join(seconds: float, leg: LegId = CUSTOMER, queue: QueueName = SALES, position: int = 1) -> e.CallOffered:
    return heard(e.CallOffered, seconds, leg=leg, queue=queue, position=position)


def connect(
    seconds: float, wait: int, leg: LegId = CUSTOMER, queue: QueueName = SALES, agent_leg: LegId = AGENT
) -> e.CallAnswered:
    return heard(
        e.CallAnswered,
        seconds,
        leg=leg,
        queue=queue,
        member=ALICE,
        agent_leg=agent_leg,
        wait_seconds=wait,
        ring_seconds=1,
    )


def leaves(seconds: float, leg: LegId, bridge: str = "b") -> e.LegLeftBridge:
    return heard(e.LegLeftBridge, seconds, leg=leg, bridge=bridge)


def abandon_frame(seconds: float, wait: int, leg: LegId = CUSTOMER) -> e.CallUnanswered:
    return heard(e.CallUnanswered, seconds, leg=leg, queue=SALES, wait_seconds=wait, original_position=1)


def test_abandon_frame_of_a_time_out_is_no_abandon() -> None:
    visit = only(
        fold(join(0.1), abandon_frame(30.1, 30), heard(e.QueueStatusSet, 30.2, leg=CUSTOMER, status="TIMEOUT"))
    )
    assert (visit.outcome, visit.wait_seconds) == (Outcome.TIMED_OUT, 30)


def test_status_of_a_later_queue_is_not_taken_for_this_one() -> None:
    visit = only(
        fold(
            join(0.1),
            heard(e.HangupRequested, 5.0, leg=CUSTOMER),
            abandon_frame(5.1, 5),
            heard(e.QueueAttempted, 6.0, leg=CUSTOMER, queue=SUPPORT),
            heard(e.QueueStatusSet, 7.0, leg=CUSTOMER, status="TIMEOUT"),
        )
    )
    assert visit.outcome is Outcome.ABANDONED


def test_abandon_frame_without_any_reason_is_unknown_and_says_so() -> None:
    visit = only(fold(join(0.1), abandon_frame(5.1, 5)))
    assert (visit.outcome, visit.reason) == (Outcome.UNKNOWN, "reason_not_told")


def test_leaving_without_abandon_or_answer_is_a_key() -> None:
    visit = only(fold(join(0.1), heard(e.CallLeftQueue, 4.2, leg=CUSTOMER, queue=SALES)))
    assert (visit.outcome, visit.wait_seconds) == (Outcome.EXITED_BY_KEY, 4)


def test_codecs_that_do_not_match_are_no_abandon() -> None:
    visit = only(
        fold(
            row(e.CallOffered, 0, leg=CUSTOMER, queue=SALES, position=1),
            row(e.CallExited, 3, leg=CUSTOMER, queue=SALES, reason=e.ExitReason.INCOMPATIBLE_CODECS, member=ALICE),
            row(
                e.CallExited,
                3,
                leg=CUSTOMER,
                queue=SALES,
                reason=e.ExitReason.ABANDONED,
                wait_seconds=3,
                original_position=1,
            ),
        )
    )
    assert (visit.outcome, visit.reason, visit.wait_seconds) == (Outcome.UNKNOWN, "incompatible_codecs", 3)


def test_conversation_ends_without_a_complete_frame() -> None:
    visit = only(fold(join(0.1), connect(2.5, 2), leaves(12.0, AGENT), leaves(12.1, CUSTOMER)))
    assert visit.talk_seconds == 9.5
    assert visit.stated_talk_seconds is None


def test_complete_frame_with_the_agents_leg_alone_finds_its_visit() -> None:
    end = heard(
        e.ConversationEnded,
        12.0,
        leg=None,
        queue=SALES,
        member=ALICE,
        agent_leg=AGENT,
        wait_seconds=2,
        talk_seconds=9,
        end=e.ConversationEnd.AGENT,
    )
    assert only(fold(join(0.1), connect(2.5, 2), end)).stated_talk_seconds == 9


def closing(
    seconds: int, talk: int, end: e.ConversationEnd, leg: LegId = CUSTOMER, **other: object
) -> e.ConversationEnded:
    values: dict[str, object] = {"queue": SALES, "member": MemberRef(name="Alice"), "wait_seconds": 2, "position": 1}
    return row(e.ConversationEnded, seconds, leg=leg, talk_seconds=talk, end=end, **{**values, **other})


def answered_rows() -> list[Event]:
    return [
        row(e.CallOffered, 0, leg=CUSTOMER, queue=SALES, position=1),
        row(
            e.CallAnswered,
            2,
            leg=CUSTOMER,
            queue=SALES,
            member=MemberRef(name="Alice"),
            agent_leg=AGENT,
            wait_seconds=2,
        ),
    ]


def test_of_two_closing_rows_the_transfer_wins_and_the_other_is_an_anomaly() -> None:
    folded = fold(
        *answered_rows(),
        closing(12, 10, e.ConversationEnd.CALLER),
        closing(12, 10, e.ConversationEnd.ATTENDED_TRANSFER),
    )
    assert only(folded).transfer is e.ConversationEnd.ATTENDED_TRANSFER
    assert [anomaly.kind for anomaly in folded.anomalies] == ["call.conversation_ended_when_closed"]


def test_forged_closing_row_makes_no_visit() -> None:
    folded = fold(closing(12, 10, e.ConversationEnd.AGENT))
    assert folded.visits == ()
    assert [anomaly.kind for anomaly in folded.anomalies] == ["closing_without_visit"]


def test_hangup_of_the_old_id_is_no_end_when_a_consultation_became_a_transfer() -> None:
    transfer = heard(
        e.CallTransferredAttended,
        12.0,
        transferer_leg=AGENT,
        second_leg=CONSULT,
        leg=CUSTOMER,
        destination="App",
        application="Queue",
    )
    folded = fold(
        join(0.1),
        connect(2.1, 2),
        join(5.0, leg=CONSULT, queue=SUPPORT, position=3),
        transfer,
        leaves(12.0, AGENT),
        heard(e.LegEnded, 12.1, leg=CONSULT, cause=16),
        heard(e.CallLeftQueue, 29.0, leg=CUSTOMER, queue=SUPPORT),
        connect(29.0, 24, queue=SUPPORT, agent_leg=LegId("1.9")),
    )
    second = folded.visits[1]
    assert (second.leg, second.legs, second.outcome) == (CONSULT, (CONSULT, CUSTOMER), Outcome.ANSWERED)
    assert (second.wait_seconds, second.entered_at) == (24, at(5.0))


def test_log_alone_finds_the_entry_of_a_changed_id_by_time_and_position() -> None:
    caller = CallerRef("1003", "Alice")
    folded = fold(
        *answered_rows(),
        row(e.CallOffered, 5, leg=CONSULT, queue=SUPPORT, position=3, caller=caller),
        row(e.CallOffered, 5, leg=LegId("1.7"), queue=SUPPORT, position=4),
        closing(12, 10, e.ConversationEnd.ATTENDED_TRANSFER, target="Queue"),
        row(
            e.CallExited,
            65,
            leg=CUSTOMER,
            queue=SUPPORT,
            reason=e.ExitReason.TIMED_OUT,
            wait_seconds=60,
            original_position=3,
        ),
    )
    outcomes = {visit.leg: visit.outcome for visit in folded.visits if visit.queue == SUPPORT}
    assert outcomes == {CONSULT: Outcome.TIMED_OUT, LegId("1.7"): Outcome.STILL_WAITING}


def test_answer_of_a_changed_id_is_not_put_on_an_older_visit_of_that_id() -> None:
    folded = fold(
        *answered_rows(),
        closing(8, 6, e.ConversationEnd.ATTENDED_TRANSFER),
        row(e.CallOffered, 5, leg=CONSULT, queue=SALES, position=2),
        row(
            e.CallAnswered,
            30,
            leg=CUSTOMER,
            queue=SALES,
            member=MemberRef(name="Bob"),
            agent_leg=LegId("1.9"),
            wait_seconds=25,
        ),
    )
    assert [(visit.leg, visit.wait_seconds) for visit in folded.visits] == [(CUSTOMER, 2), (CONSULT, 25)]


def test_crossed_row_closes_the_conversation_that_it_fits() -> None:
    """The row that ends the first visit bears the id of the second visit of the same agent."""
    folded = fold(
        *answered_rows(),
        row(e.CallOffered, 5, leg=CONSULT, queue=SUPPORT, position=1),
        closing(12, 10, e.ConversationEnd.ATTENDED_TRANSFER, leg=CONSULT),
    )
    first = folded.visits[0]
    assert (first.leg, first.talk_seconds, first.transfer) == (CUSTOMER, 10, e.ConversationEnd.ATTENDED_TRANSFER)


def test_local_optimization_of_the_agents_leg_does_not_end_the_talk() -> None:
    device, half = LegId("1.5"), LegId("1.6")
    folded = fold(
        join(0.1),
        connect(2.0, 2),
        heard(e.LegJoinedBridge, 2.01, leg=AGENT, bridge="b"),
        heard(e.LegJoinedBridge, 2.01, leg=device, bridge="inner"),
        heard(e.LegsOptimized, 2.02, leg=AGENT, other_leg=half, source_leg=device),
        heard(e.LegLeftBridge, 2.03, leg=device, bridge="inner"),
        heard(e.LegJoinedBridge, 2.03, leg=device, bridge="b", swapped_leg=AGENT),
        leaves(2.03, AGENT),
        heard(e.HangupRequested, 2.04, leg=AGENT, cause=None),
        heard(e.LegEnded, 2.04, leg=AGENT, cause=16),
        heard(e.LegHeld, 5.0, leg=device),
        heard(e.LegResumed, 8.0, leg=device),
        heard(e.HangupRequested, 19.9, leg=CUSTOMER, cause=16),
        leaves(20.0, device),
    )
    visit = only(folded)
    assert (visit.talk_seconds, visit.hold_seconds, visit.ended_by) == (18.0, 3.0, EndedBy.CALLER)


def test_hold_behind_a_local_channel_that_stays_is_heard_at_the_device() -> None:
    device, idle, half = LegId("1.5"), LegId("1.7"), LegId("1.6")
    folded = fold(
        join(0.1),
        heard(e.LegsPaired, 0.2, leg=AGENT, other_leg=half),
        heard(e.DeviceRung, 0.3, leg=half, device_leg=device),
        heard(e.DeviceRung, 0.3, leg=half, device_leg=idle),
        heard(e.LegJoinedBridge, 1.9, leg=device, bridge="far"),
        heard(e.LegJoinedBridge, 1.9, leg=half, bridge="far"),
        connect(2.0, 2),
        heard(e.LegJoinedBridge, 2.0, leg=AGENT, bridge="near"),
        heard(e.LegHeld, 4.0, leg=idle),
        heard(e.LegHeld, 5.0, leg=device),
        heard(e.LegResumed, 8.0, leg=device),
        heard(e.HangupRequested, 15.0, leg=CUSTOMER, cause=16),
        leaves(15.0, AGENT),
    )
    visit = only(folded)
    assert (visit.talk_seconds, visit.hold_seconds, visit.ended_by) == (13.0, 3.0, EndedBy.CALLER)


def test_agent_who_consults_and_comes_back_has_not_ended_the_talk() -> None:
    folded = fold(
        join(0.1),
        connect(2.0, 2),
        heard(e.LegJoinedBridge, 2.0, leg=AGENT, bridge="b"),
        leaves(5.0, AGENT),
        heard(e.LegJoinedBridge, 9.0, leg=AGENT, bridge="b"),
        leaves(15.0, AGENT),
    )
    assert only(folded).talk_seconds == 13.0


def test_redirect_of_the_caller_ends_the_talk_when_the_agent_leaves_and_the_log_disagrees() -> None:
    late = heard(
        e.ConversationEnded,
        30.0,
        leg=CUSTOMER,
        queue=SALES,
        member=ALICE,
        wait_seconds=2,
        talk_seconds=28,
        end=e.ConversationEnd.CALLER,
    )
    folded = fold(join(0.1), connect(2.0, 2), leaves(5.0, AGENT), late)
    assert (only(folded).talk_seconds, only(folded).stated_talk_seconds) == (3.0, 28)
    assert [row.field for row in folded.disagreements] == ["talk_seconds"]


def test_talk_cannot_be_longer_than_the_queue_says_when_the_leaving_leg_was_not_heard() -> None:
    """The agent's leaving fell into a gap; the caller went on elsewhere and left that bridge much later."""
    folded = fold(
        join(0.1),
        connect(2.0, 2),
        leaves(60.0, CUSTOMER, bridge="another"),
        *answered_rows(),
        closing(9, 7, e.ConversationEnd.AGENT),
    )
    assert (only(folded).talk_seconds, only(folded).ended_at) == (7, at(9.0))


def test_who_hung_up_is_told_by_the_order_of_requests_not_by_the_row() -> None:
    folded = fold(
        join(0.1),
        connect(2.0, 2),
        heard(e.HangupRequested, 9.0, leg=AGENT),
        leaves(9.1, AGENT),
        closing(9, 7, e.ConversationEnd.CALLER),
    )
    assert only(folded).ended_by is EndedBy.AGENT


def test_both_sources_tell_one_visit_with_the_instants_of_ami_and_the_seconds_of_the_log() -> None:
    folded = fold(join(0.6), connect(2.7, 2), leaves(12.9, AGENT), *answered_rows())
    visit = only(folded)
    assert (visit.entered_at, visit.left_at, visit.wait_seconds) == (at(0.6), at(2.7), 2)
    assert visit.sources == ("ami", "queue_log")
    assert folded.anomalies == folded.disagreements == ()


def test_restart_cuts_the_waiting_to_unknown_and_leaves_the_answered_answered() -> None:
    waiting = only(fold(join(0.1), restarts=(20,)))
    talking = only(fold(join(0.1), connect(2.0, 2), restarts=(20,)))
    assert (waiting.outcome, waiting.reason) == (Outcome.UNKNOWN, "cut_by_restart")
    assert (talking.outcome, talking.reason, talking.talk_seconds) == (Outcome.ANSWERED, "cut_by_restart", None)


def test_visit_seen_in_a_snapshot_alone_began_when_the_snapshot_implies() -> None:
    folded = fold(
        heard(e.CallSeenWaiting, 30.0, leg=CUSTOMER, queue=SALES, position=1, wait_seconds=25), connect(33.0, 28)
    )
    visit = only(folded)
    assert (visit.entered_at, visit.wait_seconds, visit.outcome) == (at(5.0), 28, Outcome.ANSWERED)
    assert "entry_not_told" in [anomaly.kind for anomaly in folded.anomalies]


def test_answer_that_was_not_heard_is_known_from_the_end_of_the_conversation() -> None:
    end = heard(
        e.ConversationEnded,
        30.0,
        leg=CUSTOMER,
        queue=SALES,
        member=ALICE,
        agent_leg=AGENT,
        wait_seconds=10,
        talk_seconds=20,
        end=e.ConversationEnd.CALLER,
    )
    visit = only(fold(join(0.1), end))
    assert (visit.outcome, visit.wait_seconds, visit.left_at) == (Outcome.ANSWERED, 10, at(10.0))


def test_frames_that_were_read_seconds_late_are_of_the_same_visit_as_their_rows() -> None:
    """Where the PBX states no time, a frame is dated when we read it."""
    folded = fold(*answered_rows(), join(3.4), connect(5.2, 2))
    visit = only(folded)
    assert (visit.outcome, visit.wait_seconds, visit.sources) == (Outcome.ANSWERED, 2, ("ami", "queue_log"))


def test_frame_that_was_late_by_itself_makes_no_second_visit() -> None:
    assert only(fold(join(0.1), connect(8.0, 2))).wait_seconds == 2


def test_snapshot_that_was_read_late_shows_the_visit_that_waits() -> None:
    seen = heard(e.CallSeenWaiting, 13.2, leg=CUSTOMER, queue=SALES, position=1, wait_seconds=9)
    assert only(fold(join(0.1), seen, connect(20.1, 20))).outcome is Outcome.ANSWERED


def test_queue_names_are_compared_without_case() -> None:
    shouted = QueueName("SALES")
    entry = row(e.CallOffered, 0, leg=CUSTOMER, queue=shouted, position=1)
    timed_out = row(e.CallExited, 30, leg=CUSTOMER, queue=shouted, reason=e.ExitReason.TIMED_OUT, wait_seconds=30)
    visit = only(fold(join(0.2), entry, timed_out))
    assert (visit.queue, visit.outcome) == (SALES, Outcome.TIMED_OUT)


def test_same_queue_twice_within_two_seconds_keeps_both_outcomes() -> None:
    folded = fold(
        join(0.90),
        row(e.CallOffered, 0, leg=CUSTOMER, queue=SALES, position=1),
        row(e.CallExited, 1, leg=CUSTOMER, queue=SALES, reason=e.ExitReason.TIMED_OUT, wait_seconds=1),
        join(1.96),
        row(e.CallOffered, 1, leg=CUSTOMER, queue=SALES, position=1),
        row(e.CallAnswered, 4, leg=CUSTOMER, queue=SALES, member=ALICE, agent_leg=AGENT, wait_seconds=3),
        connect(4.1, 3),
    )
    assert [visit.outcome for visit in folded.visits] == [Outcome.TIMED_OUT, Outcome.ANSWERED]


def test_same_id_in_the_same_queue_again_is_a_second_visit() -> None:
    folded = fold(
        join(0.1),
        heard(e.CallLeftQueue, 5.0, leg=CUSTOMER, queue=SALES),
        join(5.1),
        heard(e.CallLeftQueue, 9.0, leg=CUSTOMER, queue=SALES),
    )
    assert [visit.ordinal for visit in folded.visits] == [1, 2]
    assert [visit.wait_seconds for visit in folded.visits] == [5, 4]


def test_refused_callers_are_no_visits_and_are_told_once() -> None:
    folded = fold(
        heard(e.QueueAttempted, 0.0, leg=CUSTOMER, queue=SALES),
        heard(e.QueueStatusSet, 0.1, leg=CUSTOMER, status="FULL"),
        heard(e.CallRefused, 0.2, leg=CUSTOMER, queue=SALES, status="FULL"),
    )
    assert folded.visits == ()
    assert [(refusal.queue, refusal.status) for refusal in folded.refusals] == [(SALES, "FULL")]


def test_row_of_a_snapshot_that_is_dated_late_is_nothing_strange_and_one_of_much_later_is() -> None:
    def anomalies(seen_at: float) -> list[str]:
        seen = heard(e.CallSeenWaiting, seen_at, leg=CUSTOMER, queue=SALES, position=1, wait_seconds=int(seen_at))
        folded = fold(join(0.1), connect(2.0, 2), leaves(9.0, AGENT), seen)
        return [anomaly.kind for anomaly in folded.anomalies]

    assert anomalies(3.0) == []
    assert anomalies(200.0) == ["call.seen_waiting_when_talking"]


def test_refusal_that_names_no_queue_is_an_anomaly_and_no_refusal() -> None:
    folded = fold(heard(e.QueueStatusSet, 0.1, leg=CUSTOMER, status="JOINEMPTY"))
    assert folded.refusals == ()
    assert [(anomaly.kind, anomaly.leg) for anomaly in folded.anomalies] == [("refusal_without_queue", CUSTOMER)]
    placed = fold(
        heard(e.QueueStatusSet, 0.1, leg=CUSTOMER, status="JOINEMPTY"),
        heard(e.CallRefused, 0.2, leg=CUSTOMER, queue=SALES, status="JOINEMPTY"),
    )
    assert (len(placed.refusals), placed.anomalies) == (1, ())


def test_ring_told_by_both_sources_is_one_and_one_that_the_caller_cut_is_canceled() -> None:
    folded = fold(
        join(0.1),
        heard(e.RingStarted, 1.0, leg=CUSTOMER, queue=SALES, member=BOB, agent_leg=LegId("1.4")),
        heard(e.RingNotAnswered, 5.0, leg=CUSTOMER, queue=SALES, member=BOB, agent_leg=LegId("1.4"), ring_seconds=4.0),
        row(e.RingNotAnswered, 5, leg=CUSTOMER, queue=SALES, member=MemberRef(name="Bob"), ring_seconds=4.0),
        heard(e.RingStarted, 6.0, leg=CUSTOMER, queue=SALES, member=ALICE, agent_leg=AGENT),
        row(e.RingCanceled, 8, leg=CUSTOMER, queue=SALES, member=MemberRef(name="Alice"), ring_seconds=2.0),
    )
    assert [ring.result for ring in folded.rings] == [RingResult.NOT_ANSWERED, RingResult.CANCELED]


def test_recording_goes_on_through_a_second_conversation() -> None:
    folded = fold(
        join(0.1),
        heard(e.RecordingNamed, 1.9, leg=CUSTOMER, path="/rec/a.wav"),
        connect(2.0, 2),
        leaves(9.0, AGENT),
        join(9.5, queue=SUPPORT),
        connect(12.0, 2, queue=SUPPORT, agent_leg=LegId("1.8")),
        leaves(20.0, CUSTOMER),
    )
    assert [visit.recordings for visit in folded.visits] == [("/rec/a.wav",), ("/rec/a.wav",)]
