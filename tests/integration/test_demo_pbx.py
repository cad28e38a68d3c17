"""The PBX of the demo on a real socket, heard by the real client: as a real one would be, again and again."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count, takewhile
from pathlib import Path
from typing import Any

from adapters.ami.account import AmiAccount
from adapters.ami.client import AmiClient
from adapters.ami.errors import AmiLoginRejected
from adapters.ami.intake import Intake
from adapters.ami.session import FIRST_SNAPSHOT, ActionState
from adapters.queue_log.source import read_file
from callcenter.demo.capture import Capture, packaged
from callcenter.demo.pbx import SECRET, USERNAME, LoopbackPbx
from callcenter.domain.agents.events import MemberAdded, MemberRemoved, MemberSeen
from callcenter.domain.batches import Batch
from callcenter.domain.calls.events import CallAnswered, CallOffered, LegEnded
from callcenter.domain.event import Event
from callcenter.domain.feed import FeedRestored, LegsSeen, PbxStarted, QueueSeen, WaitingSeen
from callcenter.domain.ids import PbxId
from tests.support.ami_client import CALM, WallClock, eventually
from tests.support.floor import Floor

NAME = PbxId("demo")
HEAD_START = 30
"""Seconds of a minute's capture that are told at once: half of it."""


def first_minute() -> Capture:
    """A capture that is told in no time."""
    whole = packaged()
    end = whole.starts_at + 60
    return Capture(
        opening=whole.opening,
        frames=list(takewhile(lambda told: told.at < end, whole.frames)),
        rows=list(takewhile(lambda told: told.at < end, whole.rows)),
    )


class Heard:
    """What the real client and intake make of the PBX."""

    def __init__(self, pbx: LoopbackPbx, secret: str = SECRET) -> None:
        account = AmiAccount(pbx=NAME, host="127.0.0.1", port=pbx.port, username=USERNAME, secret=secret)
        self.client = AmiClient(account, clock=WallClock(), timing=CALM)
        self.batches: list[Batch] = []

    @property
    def events(self) -> list[Event]:
        return [event for batch in self.batches for event in batch.events]

    def of(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    async def listen(self) -> None:
        intake = Intake(NAME, self.client, adapter="ami", next_seq=partial(next, count(1)))
        async with aclosing(intake.batches()) as batches:
            async for batch in batches:
                self.batches.append(batch)


@asynccontextmanager
async def heard(pbx: LoopbackPbx, secret: str = SECRET) -> AsyncIterator[Heard]:
    hearing = Heard(pbx, secret)
    task = asyncio.create_task(hearing.listen())
    try:
        yield hearing
    finally:
        await hearing.client.close()
        await task


@asynccontextmanager
async def demo_pbx(tmp_path: Path, speed: float = 1.0) -> AsyncIterator[LoopbackPbx]:
    async with LoopbackPbx(tmp_path / "log" / "queue_log", speed=speed, capture=first_minute()) as pbx:
        yield pbx


async def test_a_wrong_secret_is_refused_and_nothing_is_told(tmp_path: Path) -> None:
    async with demo_pbx(tmp_path) as pbx, heard(pbx, "wrong") as hearing:
        await eventually(lambda: hearing.client.status.problem is not None)
        assert isinstance(hearing.client.status.problem, AmiLoginRejected)
        assert hearing.batches == []


async def test_nothing_is_answered_without_a_login(tmp_path: Path) -> None:
    async with demo_pbx(tmp_path) as pbx:
        reader, writer = await asyncio.open_connection("127.0.0.1", pbx.port)
        assert (await reader.readline()).startswith(b"Asterisk Call Manager/")
        writer.write(b"Action: QueueStatus\r\nActionID: 1\r\n\r\n")
        answer = await reader.readuntil(b"\r\n\r\n")
        assert b"Response: Error" in answer
        assert b"Permission denied" in answer
        writer.close()


async def test_every_snapshot_that_the_client_asks_for_is_answered(tmp_path: Path) -> None:
    async with demo_pbx(tmp_path) as pbx, heard(pbx) as hearing:
        await eventually(lambda: hearing.client.status.connected_at)
        for action in (*FIRST_SNAPSHOT, "Ping"):
            assert (await hearing.client.act(action, {})).state is ActionState.DONE, action
        await eventually(lambda: hearing.of(WaitingSeen))
        queues = {event.queue for event in hearing.of(QueueSeen)}
        assert queues == {"billing", "overflow", "retention", "sales", "support", "vip"}
        assert {event.queue for event in hearing.of(WaitingSeen)} == queues
        assert {event.membership for event in hearing.of(MemberSeen)} <= {"static", "dynamic"}
        assert hearing.of(MemberSeen)
        assert hearing.batches[-1].progress.problems == {}


async def test_channels_are_those_that_are_up(tmp_path: Path) -> None:
    async with demo_pbx(tmp_path) as pbx, heard(pbx) as hearing:
        await eventually(lambda: len(hearing.of(CallAnswered)) > 3)
        assert (await hearing.client.act("CoreShowChannels", {})).state is ActionState.DONE
        await eventually(lambda: len(hearing.of(LegsSeen)) > 1)
        listed = hearing.of(LegsSeen)[-1].legs
        before = hearing.events[: hearing.events.index(hearing.of(LegsSeen)[-1])]
        up = {event.leg for event in before if isinstance(event, CallOffered)}
        up -= {event.leg for event in before if isinstance(event, LegEnded)}
        assert up
        assert up <= set(listed)
        assert len(set(listed)) == len(listed)


async def test_events_flow_as_of_now(tmp_path: Path) -> None:
    began = time.time()
    async with demo_pbx(tmp_path) as pbx, heard(pbx) as hearing:
        await eventually(lambda: len(hearing.of(CallOffered)) > 3)
        assert abs(pbx.now() - time.time()) < 1
        assert isinstance(hearing.events[0], FeedRestored)
        (started,) = hearing.of(PbxStarted)
        first = datetime.fromtimestamp(began - HEAD_START - 5, UTC)
        # What is overdue when somebody logs in makes the clock look late until a ping is answered.
        assert first - timedelta(seconds=HEAD_START) <= started.started_at <= first + timedelta(seconds=HEAD_START)
        latest = datetime.now(UTC) + timedelta(seconds=1)
        assert all(first <= event.occurred_at <= latest for event in hearing.events)
        assert hearing.batches[-1].progress.unknown == {}


async def test_a_snapshot_in_the_middle_shows_what_the_events_led_to(tmp_path: Path) -> None:
    """Whoever comes late sees the same floor as who was there from the beginning."""
    async with demo_pbx(tmp_path) as pbx, heard(pbx) as early:
        await eventually(lambda: len(early.of(CallOffered)) > 3)
        async with heard(pbx) as late:
            await eventually(lambda: late.of(WaitingSeen))
        early_floor, late_floor = (floor_of(hearing) for hearing in (early, late))
        assert waiting(early_floor) == waiting(late_floor)
        assert members(early_floor) == members(late_floor)


async def test_the_second_round_begins_with_everybody_signed_out_and_repeats_no_id(tmp_path: Path) -> None:
    async with demo_pbx(tmp_path, speed=100) as pbx, heard(pbx) as hearing:
        await eventually(lambda: second_round_of(hearing.events))
        events = hearing.events
        begun = second_round_of(events)
        assert begun is not None
        signed_out = floor_of(hearing, events[:begun])
        assert {member for member, static in members(signed_out) if not static} == set()
        assert any(isinstance(event, MemberAdded) for event in events[:begun])
        ids = [event.event_id for event in events]
        assert len(set(ids)) == len(ids)
        first, second = (legs_in(part) for part in (events[:begun], events[begun:]))
        assert first
        assert not first & second


async def test_the_queue_log_grows_in_step(tmp_path: Path) -> None:
    log = tmp_path / "log" / "queue_log"
    async with demo_pbx(tmp_path) as pbx, heard(pbx) as hearing:
        assert log.read_text().count("\n") == 1
        assert "|QUEUESTART|" in log.read_text()
        await eventually(lambda: len(hearing.of(CallOffered)) > 3)
        now = pbx.now()
        rows = [event for batch in rows_of(log) for event in batch.events]
        settled = datetime.fromtimestamp(now - 3, UTC)
        by_ami = {event.leg for event in hearing.of(CallOffered) if event.occurred_at < settled}
        by_log = {event.leg for event in rows if isinstance(event, CallOffered)}
        assert by_ami
        assert by_ami <= by_log
        assert by_log <= {event.leg for event in hearing.of(CallOffered)}
        assert max(event.occurred_at for event in rows) <= datetime.fromtimestamp(now, UTC)
        assert rows_of(log)[-1].progress.problems == {}


# --- what was heard ---


def floor_of(hearing: Heard, events: list[Event] | None = None) -> Floor:
    return Floor(*(hearing.events if events is None else events))


def waiting(floor: Floor) -> dict[str, list[str]]:
    return {queue: floor.waiting(queue) for queue in floor.picture["queues"]}


def members(floor: Floor) -> set[tuple[str, bool]]:
    """Who sits where, and whether the seat is static."""
    agents = floor.picture["agents"].items()
    return {(f"{agent} in {seat['queue']}", seat["static"]) for agent, shown in agents for seat in shown["queues"]}


def second_round_of(events: list[Event]) -> int | None:
    """The place of the first caller who enters after many members were removed in one go, if the round is told."""
    removals = [place for place, event in enumerate(events) if isinstance(event, MemberRemoved)]
    if not removals:
        return None
    after = [place for place, event in enumerate(events) if isinstance(event, MemberAdded) and place > removals[0]]
    ended = [place for place, event in enumerate(events) if isinstance(event, LegEnded) and after and place > after[0]]
    return after[0] if ended else None


def legs_in(events: list[Event]) -> set[str]:
    return {event.leg for event in events if isinstance(event, CallOffered)}


def rows_of(log: Path) -> list[Batch]:
    return list(read_file(log, pbx=NAME, next_seq=partial(next, count(1)), clock=WallClock()))
