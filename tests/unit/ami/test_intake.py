"""From bytes and notices to batches: what is told of the hearing itself, what is counted, and when things happened."""

from collections.abc import AsyncGenerator, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from typing import Any

import pytest

from adapters.ami.errors import AmiDisconnected
from adapters.ami.handover import HandOver
from adapters.ami.intake import Intake
from adapters.ami.source import CLOSED_BY_US, ConnectionBegan, ConnectionEnded, Received, SourceItem
from callcenter.codec import unpack_raw
from callcenter.domain.agents.events import MemberSeen
from callcenter.domain.batches import Batch
from callcenter.domain.calls.events import CallOffered, CallSeenWaiting, LegEnded
from callcenter.domain.calls.fold import fold_call
from callcenter.domain.calls.surroundings import Surroundings
from callcenter.domain.calls.visits import Outcome
from callcenter.domain.event import Event
from callcenter.domain.feed import FeedLost, FeedRestored, LegsSeen, PbxStarted, QueueSeen, WaitingSeen
from callcenter.domain.ids import LegId, PbxId, Source

PBX = PbxId("hq")
NINE = datetime(2026, 11, 23, 9, tzinfo=UTC)
FIVE = NINE.timestamp()


def at(seconds: float) -> datetime:
    return NINE + timedelta(seconds=seconds)


def message(*lines: str) -> bytes:
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def event(name: str, *headers: str, stamp: float | None = None) -> bytes:
    """An event, with the PBX's time if it states one (seconds after nine)."""
    time = [f"Timestamp: {FIVE + stamp:.6f}"] if stamp is not None else []
    return message(f"Event: {name}", "Privilege: call,all", *time, *headers)


def hangup(leg: str, stamp: float | None = None) -> bytes:
    return event("Hangup", f"Uniqueid: {leg}", "Cause: 16", stamp=stamp)


def pong(stamp: float) -> bytes:
    return message("Response: Success", "ActionID: cc-1", "Ping: Pong", f"Timestamp: {FIVE + stamp:.6f}")


def params(queue: str, action: str = "cc-7") -> bytes:
    return message("Event: QueueParams", f"Queue: {queue}", "Calls: 1", "ServiceLevel: 20", f"ActionID: {action}")


def entry(queue: str, leg: str, action: str = "cc-7", wait: str = "5") -> bytes:
    return message(
        "Event: QueueEntry",
        f"Queue: {queue}",
        f"Uniqueid: {leg}",
        f"Wait: {wait}",
        "Position: 1",
        f"ActionID: {action}",
    )


def member(queue: str, interface: str, action: str = "cc-7") -> bytes:
    return message(
        "Event: QueueMember",
        f"Queue: {queue}",
        f"Location: {interface}",
        "Name: Alice",
        "Status: 1",
        "Paused: 0",
        f"ActionID: {action}",
    )


def complete(name: str, items: int | None, action: str = "cc-7") -> bytes:
    stated = [] if items is None else [f"ListItems: {items}"]
    return message(f"Event: {name}Complete", f"ActionID: {action}", "EventList: Complete", *stated)


def channel(leg: str, action: str = "cc-8") -> bytes:
    return message("Event: CoreShowChannel", f"Uniqueid: {leg}", f"ActionID: {action}")


class Script:
    """A source that gives what it was told to."""

    def __init__(self, items: Iterable[SourceItem]) -> None:
        self._items = items
        self.closed = False

    async def items(self) -> AsyncGenerator[SourceItem]:
        try:
            for item in self._items:
                yield item
        finally:
            self.closed = True


async def batches(items: Sequence[SourceItem], **options: Any) -> list[Batch]:
    intake = Intake(PBX, Script(items), adapter="ami", next_seq=partial(next, count(1)), **options)
    return [batch async for batch in intake.batches()]


def reads(*data: bytes, every: float = 1.0, name: str = "c1") -> list[SourceItem]:
    """One connection that gives these bytes, a read each, from nine on."""
    received = [Received(some, at(number * every)) for number, some in enumerate(data, 1)]
    ended = ConnectionEnded(name, at((len(data) + 1) * every), CLOSED_BY_US)
    return [ConnectionBegan(name, at(0)), *received, ended]


async def facts(*data: bytes, **options: Any) -> list[Event]:
    """What these reads tell, without the note of the beginning."""
    return [fact for batch in await batches(reads(*data), **options) for fact in batch.events][1:]


# --- connections ---


async def test_a_connection_that_begins_is_a_fact() -> None:
    (batch,) = await batches(reads())
    (restored,) = batch.events
    assert isinstance(restored, FeedRestored)
    assert (restored.connection, restored.occurred_at, restored.source) == ("c1", at(0), Source.AMI)
    assert unpack_raw(batch.raw) == [b"(our own note) connection began"]


async def test_a_connection_that_was_lost_was_heard_up_to_its_last_byte() -> None:
    error = AmiDisconnected("hq", "no answer to a ping within 6 s")
    lost = [*reads(hangup("1.1", 1))[:-1], ConnectionEnded("c1", at(9), error.reason, error)]
    told = [fact for batch in await batches(lost) for fact in batch.events]
    (restored, _, loss) = told
    assert isinstance(loss, FeedLost)
    assert (loss.occurred_at, loss.reason, loss.connection) == (at(1), error.reason, "c1")
    assert loss.event_id != restored.event_id


async def test_an_end_that_was_meant_is_no_loss() -> None:
    assert [type(fact) for fact in await facts(hangup("1.1", 1))] == [LegEnded]


async def test_every_connection_is_told_of_by_itself() -> None:
    error = AmiDisconnected("hq", "reset")
    first = [*reads(hangup("1.1", 1))[:-1], ConnectionEnded("c1", at(5), "reset", error)]
    second = [*reads(hangup("1.2", 9), hangup("1.3", 9.5), name="c2")]
    made = await batches([*first, *second], eager=False)
    assert [type(fact) for batch in made for fact in batch.events] == [
        *(FeedRestored, LegEnded, FeedLost, FeedRestored, LegEnded, LegEnded)
    ]
    assert [(batch.progress.connection, batch.progress.frames) for batch in made] == [("c1", 1), ("c2", 2)]
    assert [batch.seq for batch in made] == [1, 2]


async def test_what_comes_outside_of_a_connection_is_no_one_s() -> None:
    assert await batches([Received(hangup("1.1", 1), at(1)), ConnectionEnded("c0", at(2), "reset")]) == []


async def test_the_same_recording_gives_the_same_ids_whenever_it_is_read() -> None:
    items = reads(hangup("1.1"), hangup("1.1"), hangup("1.2", 3))
    once, again = [[f.event_id for b in await batches(items) for f in b.events] for _ in range(2)]
    assert once == again
    assert len(set(once)) == 4


async def test_the_source_is_closed_with_the_intake() -> None:
    source = Script(reads(hangup("1.1", 1), hangup("1.2", 2)))
    intake = Intake(PBX, source, adapter="ami", next_seq=lambda: 1).batches()
    await anext(intake)
    await intake.aclose()
    assert source.closed


# --- batches and counts ---


async def test_what_was_heard_is_told_after_each_read() -> None:
    made = await batches(reads(hangup("1.1", 1) + hangup("1.2", 1), hangup("1.3", 2)))
    assert [len(batch.events) for batch in made] == [3, 1, 0]
    assert [batch.received_at for batch in made] == [at(1), at(2), at(3)]


async def test_what_has_been_read_already_comes_in_one_batch() -> None:
    began, *received, ended = reads(*(hangup(f"1.{n}", n) for n in range(1, 7)))
    waiting = [replace(one, more=number not in (1, 5)) for number, one in enumerate(received)]
    made = await batches([began, *waiting, ended])
    assert [len(batch.events) for batch in made] == [1 + 2, 4, 0]
    assert [batch.received_at for batch in made[:2]] == [received[1].at, received[5].at]


async def test_a_reader_that_is_behind_hears_that_there_is_more() -> None:
    queue = HandOver()
    for number in range(3):
        queue.put(Received(b"%d" % number, at(number)))
    queue.close()
    assert [(item.data, item.more) async for item in queue.items()] == [(b"0", True), (b"1", True), (b"2", False)]


async def test_recorded_traffic_comes_in_large_batches() -> None:
    data = b"".join(hangup(f"1.{n}", n) for n in range(25))
    made = await batches(reads(data, data), limit=20, eager=False)
    assert [len(batch.events) for batch in made] == [20, 20, 11]


async def test_silence_is_told_every_few_seconds() -> None:
    made = await batches(reads(*[pong(n) for n in range(12)]))
    assert [(batch.received_at, len(batch.events)) for batch in made] == [
        (at(1), 1),
        (at(6), 0),
        (at(11), 0),
        (at(13), 0),
    ]


async def test_frames_are_counted_whether_they_are_wanted_or_not() -> None:
    unwanted = event("RTCPSent", stamp=1) + event("Invented", stamp=1) + event("Invented", stamp=1)
    made = await batches(reads(hangup("1.1", 1), unwanted, hangup("1.2", 3)[:-2]))
    progress = made[-1].progress
    assert (progress.source, progress.connection) == (Source.AMI, "c1")
    assert progress.frames == 4
    assert progress.unknown == {"Invented": 2}
    assert progress.problems == {"unterminated": 1}
    assert progress.offset == len(hangup("1.1", 1) + unwanted + hangup("1.2", 3)[:-2])
    assert progress.read_until == at(1)


async def test_bad_frames_are_counted_by_what_is_wrong_and_the_rest_is_kept() -> None:
    bad = [
        event("Hangup", "Cause: 16", stamp=1),
        event("Hangup", "Uniqueid: 1.9", "Cause: many", stamp=1),
        message("Event: Hangup", "Privilege: call,all", "Timestamp: soon", "Uniqueid: 1.9"),
        message("no colon", "nor name"),
    ]
    made = await batches(reads(hangup("1.1", 1) + b"".join(bad) + hangup("1.2", 2)), eager=False)
    assert [fact.leg for fact in made[0].events[1:]] == ["1.1", "1.2"]  # type: ignore[attr-defined]
    assert made[-1].progress.problems == {
        "MissingHeader Hangup.Uniqueid": 1,
        "BadHeader Hangup.Cause": 1,
        "BadHeader Hangup.Timestamp": 1,
        "nameless": 1,
    }
    assert made[-1].progress.frames == 6


async def test_wordings_stand_beside_their_facts() -> None:
    (batch, *_) = await batches(reads(hangup("1.1", 1) + hangup("1.2", 2)))
    assert unpack_raw(batch.raw)[1:] == [hangup("1.1", 1).rstrip(), hangup("1.2", 2).rstrip()]


# --- snapshots ---


async def whole(*data: bytes) -> list[Event]:
    """Only what follows from whole lists."""
    return [fact for fact in await facts(*data) if isinstance(fact, WaitingSeen | LegsSeen)]


def waiting(told: Iterable[Event]) -> dict[str, tuple[str, ...]]:
    return {fact.queue: fact.legs for fact in told if isinstance(fact, WaitingSeen)}


async def test_a_whole_list_says_who_waits_and_so_who_does_not() -> None:
    rows = [params("sales"), member("sales", "PJSIP/1001"), entry("sales", "1.1"), entry("sales", "1.2"), params("vip")]
    told = await facts(b"".join(rows), complete("QueueStatus", 5))
    assert waiting(told) == {"sales": ("1.1", "1.2"), "vip": ()}
    assert [type(fact).__name__ for fact in told] == [
        *("QueueSeen", "MemberSeen", "CallSeenWaiting", "CallSeenWaiting", "QueueSeen", "WaitingSeen", "WaitingSeen")
    ]
    assert len({fact.event_id for fact in told}) == len(told)


async def test_live_events_may_come_in_between() -> None:
    join = event("QueueCallerJoin", "Queue: sales", "Uniqueid: 1.5", "Position: 2", stamp=1)
    told = await facts(params("sales"), join, entry("sales", "1.1"), hangup("1.9", 2), complete("QueueStatus", 2))
    assert waiting(told) == {"sales": ("1.1",)}
    assert {type(fact) for fact in told} >= {CallOffered, LegEnded, QueueSeen}


async def test_two_lists_at_once_are_told_apart_by_their_actions() -> None:
    mixed = [
        params("sales", "cc-1"),
        params("sales", "cc-2"),
        entry("sales", "1.1", "cc-1"),
        entry("sales", "1.2", "cc-2"),
    ]
    ends = [complete("QueueStatus", 2, "cc-2"), complete("QueueStatus", 2, "cc-1")]
    told = [fact for fact in await whole(*mixed, *ends) if isinstance(fact, WaitingSeen)]
    assert [fact.legs for fact in told] == [("1.2",), ("1.1",)]


@pytest.mark.parametrize(
    ("rows", "end"),
    [
        ([params("sales"), entry("sales", "1.1")], complete("QueueStatus", 3)),
        ([params("sales"), entry("sales", "1.1", wait="long")], complete("QueueStatus", 2)),
        ([params("sales"), message("Event: QueueEntry", "Queue: sales", "ActionID: cc-7")], complete("QueueStatus", 2)),
        ([], complete("QueueStatus", 7)),
        ([channel("1.1")], complete("CoreShowChannels", 2, "cc-8")),
        ([params("sales"), entry("sales", "1.1")], complete("QueueStatus", 2, "cc-other")),
    ],
)
async def test_a_list_that_was_cut_or_cannot_be_read_says_nothing_of_those_it_lacks(
    rows: list[bytes], end: bytes
) -> None:
    made = await batches(reads(*rows, end))
    assert not [fact for batch in made for fact in batch.events if isinstance(fact, WaitingSeen | LegsSeen)]
    problems = made[-1].progress.problems
    assert any(kind.endswith("Complete.ListItems") for kind in problems), problems


async def test_a_list_that_does_not_state_its_length_is_believed() -> None:
    told = await whole(params("sales"), entry("sales", "1.1"), complete("QueueStatus", None))
    assert waiting(told) == {"sales": ("1.1",)}


async def test_a_list_without_end_says_nothing_and_many_of_them_do_not_pile_up() -> None:
    endless = b"".join(params("sales", f"cc-{n}") + channel("1.1", f"cc-{n}") for n in range(500))
    told = await whole(endless, channel("1.7", "cc-1000"), complete("CoreShowChannels", 1, "cc-1000"))
    assert [fact.legs for fact in told] == [("1.7",)]  # type: ignore[attr-defined]


async def test_a_list_does_not_go_on_in_the_next_connection() -> None:
    first = reads(params("sales"), entry("sales", "1.1"))
    second = reads(entry("sales", "1.2"), complete("QueueStatus", 3), name="c2")
    made = await batches([*first, *second])
    assert not [fact for batch in made for fact in batch.events if isinstance(fact, WaitingSeen)]


async def test_a_list_of_all_legs() -> None:
    (seen,) = await whole(channel("1.1"), channel("1.2"), complete("CoreShowChannels", 2, "cc-8"))
    assert isinstance(seen, LegsSeen)
    assert seen.legs == ("1.1", "1.2")
    (none,) = await whole(complete("CoreShowChannels", 0, "cc-8"))
    assert isinstance(none, LegsSeen)
    assert none.legs == ()


async def test_a_queue_s_list_speaks_of_the_instant_at_which_that_queue_was_listed() -> None:
    """Queues that are read from a database come slowly; whoever joins the first one meanwhile does wait."""
    join = event("QueueCallerJoin", "Queue: sales", "Uniqueid: 1.5", "Position: 1", stamp=1.5)
    slow = [event("RTCPSent")] * 4
    told = await facts(pong(0), params("sales"), join, *slow, params("vip"), complete("QueueStatus", 2))
    seen = {fact.queue: fact.occurred_at for fact in told if isinstance(fact, WaitingSeen)}
    assert seen == {"sales": at(1), "vip": at(7)}
    calls = [fact for fact in told if isinstance(fact, CallOffered)]
    (visit,) = fold_call(PBX, LegId("1.5"), calls, Surroundings(told)).visits
    assert visit.outcome is Outcome.STILL_WAITING


def opened(action: str = "cc-8") -> bytes:
    return message("Response: Success", f"ActionID: {action}", "EventList: start", "Message: Channels will follow")


async def test_a_list_of_all_legs_speaks_of_its_beginning() -> None:
    (seen,) = await whole(opened(), channel("1.1"), channel("1.2"), complete("CoreShowChannels", 2, "cc-8"))
    assert seen.occurred_at == at(1)
    (seen,) = await whole(opened(), pong(2), complete("CoreShowChannels", 0, "cc-8"))
    assert seen.occurred_at == at(1)
    (seen,) = await whole(pong(1), channel("1.1"), channel("1.2"), complete("CoreShowChannels", 2, "cc-8"))
    assert seen.occurred_at == at(2)


# --- time ---


async def times(*data: bytes) -> list[float]:
    """When the facts of these reads happened, in seconds after nine."""
    return [(fact.occurred_at - NINE).total_seconds() for fact in await facts(*data)]


async def test_frames_without_a_time_keep_their_order_within_one_read() -> None:
    told = await facts(b"".join(hangup(f"1.{n}") for n in range(5)), hangup("1.9"))
    assert [fact.leg for fact in sorted(told, key=lambda fact: fact.occurred_at)] == [  # type: ignore[attr-defined]
        *("1.0", "1.1", "1.2", "1.3", "1.4", "1.9")
    ]
    assert await times(hangup("1.1") + hangup("1.2"), hangup("1.3")) == [1.0, 1.000001, 2.0]


async def test_frames_without_a_time_are_dated_by_the_clock_of_the_pbx_as_pings_tell_it() -> None:
    assert await times(hangup("1.1"), pong(92), hangup("1.2"), hangup("1.3")) == [91.0, 93.0, 94.0]


async def test_a_clock_that_is_set_back_is_followed() -> None:
    assert await times(pong(91), hangup("1.1"), pong(33), hangup("1.2"), hangup("1.3")) == [92.0, 34.0, 35.0]


async def test_the_answer_to_a_ping_counts_more_than_events_that_come_late() -> None:
    assert await times(pong(91), hangup("1.1", 80), hangup("1.2")) == [80.0, 93.0]


async def test_a_pbx_that_is_behind_is_behind() -> None:
    assert await times(pong(-89), hangup("1.1"), hangup("1.2")) == [-88.0, -87.0]


async def test_what_states_a_time_tells_the_clock_too() -> None:
    assert await times(hangup("1.1", 31), hangup("1.2"), hangup("1.3", 33), hangup("1.4")) == [31.0, 32.0, 33.0, 34.0]


@pytest.mark.parametrize("stated", ["", "soon", "-5.000000", "1e9", "12345678901.000000"])
async def test_a_clock_that_cannot_be_read_changes_nothing(stated: str) -> None:
    answer = message("Response: Success", "ActionID: cc-1", "Ping: Pong", f"Timestamp: {stated}")
    assert await times(answer, hangup("1.1")) == [2.0]


def stalled(*late: bytes) -> list[SourceItem]:
    """Reads each second, in which the PBX was heard at once; then, at 100, what had waited since 20."""
    timely = reads(pong(1), *(hangup(f"1.{n}", n) for n in range(2, 12)))[:-1]
    return [*timely, *(Received(data, at(100)) for data in late), ConnectionEnded("c1", at(101), CLOSED_BY_US)]


async def test_rows_of_a_snapshot_that_was_read_late_are_dated_by_the_events_around_them() -> None:
    """Or a caller would seem to have come later, a second time."""
    said = b"".join(hangup(f"2.{n}", 20 + n / 10) for n in range(10))
    told = await batches(stalled(said + entry("sales", "3.1", wait="5") + complete("QueueStatus", 1)))
    (seen,) = [fact for batch in told for fact in batch.events if isinstance(fact, CallSeenWaiting)]
    assert abs((seen.occurred_at - at(20.9)).total_seconds()) <= 1


async def test_one_event_that_comes_late_makes_nothing_else_late() -> None:
    told = await batches(stalled(hangup("2.1", 20), entry("sales", "3.1") + complete("QueueStatus", 1)))
    (seen,) = [fact for batch in told for fact in batch.events if isinstance(fact, CallSeenWaiting)]
    assert abs((seen.occurred_at - at(100)).total_seconds()) <= 1


async def test_a_ping_whose_answer_was_read_late_does_not_set_the_clock_back_for_long() -> None:
    told = await times(pong(-70), hangup("1.1", 2), hangup("1.2"))
    assert told == [2.0, 3.0]


async def test_rows_of_snapshots_are_dated_by_the_clock_of_the_pbx() -> None:
    told = await facts(pong(92), params("sales") + member("sales", "PJSIP/1001") + complete("QueueStatus", 2))
    assert [type(fact) for fact in told] == [QueueSeen, MemberSeen, WaitingSeen]
    assert [(fact.occurred_at - NINE).total_seconds() for fact in told] == [93.0, 93.000001, 93.0]


BOOTED = message("Event: FullyBooted", "Privilege: system,all", "Uptime: 600", "Status: Fully Booted")


async def test_since_when_the_pbx_is_up() -> None:
    (started,) = await facts(BOOTED)
    assert isinstance(started, PbxStarted)
    assert started.started_at == at(1 - 600)


@pytest.mark.parametrize("ahead", [-180, 180])
async def test_what_begins_a_connection_waits_for_the_clock_of_the_pbx(ahead: int) -> None:
    """Told too late, the start would cut the calls that began after it."""
    made = await batches(reads(BOOTED, hangup("1.1"), pong(3 + ahead), hangup("1.2"), every=1))
    told = [fact for batch in made for fact in batch.events]
    assert [type(fact) for fact in told] == [FeedRestored, PbxStarted, LegEnded, LegEnded]
    assert [fact.occurred_at for fact in told] == [at(seconds + ahead) for seconds in (0, 1, 2, 4)]
    assert [fact.started_at for fact in told if isinstance(fact, PbxStarted)] == [at(1 + ahead - 600)]
    assert [(batch.received_at, len(batch.events)) for batch in made[:2]] == [(at(3), 3), (at(4), 1)]


async def test_an_event_that_states_its_time_ends_the_wait_too() -> None:
    assert await times(BOOTED, hangup("1.1", 92), hangup("1.2")) == [91.0, 92.0, 93.0]


async def test_the_wait_for_the_clock_is_short() -> None:
    made = await batches(reads(*[hangup(f"1.{n}") for n in range(9)]))
    assert [(batch.received_at, len(batch.events)) for batch in made][:2] == [(at(5), 6), (at(6), 1)]
    assert [fact.occurred_at for batch in made for fact in batch.events] == [at(seconds) for seconds in range(10)]


async def test_not_much_waits_for_the_clock() -> None:
    many = b"".join(hangup(f"1.{n}") for n in range(1500))
    made = await batches(reads(many), limit=400)
    assert [len(batch.events) for batch in made] == [400, 400, 400, 301, 0]


async def test_the_clock_of_the_pbx_is_known_in_the_next_connection() -> None:
    error = AmiDisconnected("hq", "reset")
    first = [*reads(pong(91))[:-1], ConnectionEnded("c1", at(2), "reset", error)]
    told = [fact for batch in await batches([*first, *reads(BOOTED, name="c2")]) for fact in batch.events]
    assert [(type(fact), fact.occurred_at) for fact in told] == [
        (FeedRestored, at(90)),
        (FeedLost, at(91)),
        (FeedRestored, at(90)),
        (PbxStarted, at(91)),
    ]


async def test_waiting_for_the_clock_changes_no_id() -> None:
    data = [BOOTED, hangup("1.1"), hangup("1.2")]
    plain = await batches(reads(*data))
    held = await batches(reads(*data, pong(92)))
    assert [f.event_id for b in held for f in b.events] == [f.event_id for b in plain for f in b.events]


# --- times that cannot be ---

YEARS = 3 * 365 * 86400


async def test_a_time_that_cannot_be_is_counted_and_the_fact_is_dated_by_its_receipt() -> None:
    made = await batches(reads(pong(61), hangup("1.1", YEARS), hangup("1.2", 63), hangup("1.3", -YEARS)))
    told = [fact for batch in made for fact in batch.events][1:]
    assert [(fact.leg, fact.occurred_at) for fact in told if isinstance(fact, LegEnded)] == [
        ("1.1", at(62)),
        ("1.2", at(63)),
        ("1.3", at(64)),
    ]
    assert made[-1].progress.problems == {"implausible_time": 2}
    assert made[-1].progress.read_until == at(64)
    assert unpack_raw(made[1].raw) == [hangup("1.1", YEARS).rstrip()]


async def test_what_was_reckoned_from_a_time_that_cannot_be_moves_with_it() -> None:
    booted = event("FullyBooted", "Uptime: 600", stamp=YEARS)
    (started,) = await facts(pong(1), booted)
    assert isinstance(started, PbxStarted)
    assert (started.occurred_at, started.started_at) == (at(2), at(2 - 600))


async def test_a_time_that_cannot_be_does_not_tell_the_clock_before_the_first_ping() -> None:
    made = await batches(reads(hangup("1.1", YEARS), hangup("1.2"), pong(3), hangup("1.3")))
    told = [fact for batch in made for fact in batch.events]
    assert [fact.occurred_at for fact in told] == [at(0), at(1), at(2), at(4)]
    assert made[-1].progress.read_until == at(4)


async def test_a_recording_without_pings_is_believed_whatever_the_time_of_its_receipt() -> None:
    assert await times(hangup("1.0"), hangup("1.1", YEARS), hangup("1.2", YEARS + 1)) == [YEARS - 1, YEARS, YEARS + 1]


async def test_a_clock_that_was_wrong_and_is_set_right_is_followed() -> None:
    """By years, there and back: neither facts nor what was read up to stay in the future."""
    made = await batches(reads(pong(YEARS), hangup("1.1", YEARS + 1), hangup("1.2", 3), pong(4), hangup("1.3", 5)))
    told = [fact for batch in made for fact in batch.events][1:]
    assert [fact.occurred_at for fact in told] == [at(YEARS + 1), at(3), at(5)]
    assert made[1].progress.read_until == at(YEARS + 1)
    assert made[-1].progress.read_until == at(5)
    assert made[-1].progress.problems == {}


@pytest.mark.parametrize(
    ("since", "known"), [(-500, True), (-700, False), (-FIVE, False), (60, False), (-FIVE + 86400, False)]
)
async def test_since_when_a_member_is_there_is_known_only_if_it_can_be(since: float, known: bool) -> None:
    row = message(
        *("Event: QueueMember", "Queue: sales", "Location: PJSIP/1001", "Name: Alice", "Status: 1", "Paused: 1"),
        *(f"LoginTime: {FIVE + since:.0f}", f"LastPause: {FIVE + since:.0f}", "ActionID: cc-7"),
    )
    (_, seen) = await facts(BOOTED + pong(1), row)
    assert isinstance(seen, MemberSeen)
    assert (seen.signed_in_at, seen.paused_at) == ((at(since), at(since)) if known else (None, None))
