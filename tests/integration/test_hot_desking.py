"""Several people at one interface, whose rows in queue_log tell the interface alone: on the real store."""

from pathlib import Path
from random import Random

import pytest

from callcenter.domain.agents.events import DeviceState, MemberAdded, MemberRemoved, MemberSeen
from callcenter.domain.event import Event
from callcenter.domain.ids import AgentId, MemberRef, Source
from tests.support.agents import PBX
from tests.support.heard import told
from tests.support.recorder import recording_to, told_in_order

SEAT = MemberRef(interface="PJSIP/1001")
PEOPLE = ("Alice", "Bob", "PJSIP/1001")


def stay(name: str, start: float, end: float) -> list[Event]:
    """A sign-in, told by AMI with the name and by queue_log without it."""
    person = MemberRef("PJSIP/1001", name)
    log = {"queue": "sales", "source": Source.QUEUE_LOG, "member": SEAT}
    return [
        told(MemberAdded, start + 0.4, queue="sales", member=person, membership="dynamic", paused=False),
        told(MemberAdded, start, membership="dynamic", **log),
        told(MemberRemoved, end + 0.4, queue="sales", member=person),
        told(MemberRemoved, end, **log),
    ]


SHIFTS = [*stay("Alice", 0, 3600), *stay("Bob", 4000, 8000), *stay("Alice", 9000, 12000)]
TRUTH = [[(0.4, 3600.4), (9000.4, 12000.4)], [(4000.4, 8000.4)], []]


@pytest.mark.parametrize("seed", range(8))
async def test_everybody_has_their_own_hours_in_any_order(tmp_path: Path, seed: int) -> None:
    events = list(SHIFTS)
    Random(seed).shuffle(events)
    assert await told_in_order(tmp_path, "shuffled", events, PEOPLE) == TRUTH


async def test_new_processes_know_who_sat_where(tmp_path: Path) -> None:
    async with recording_to(tmp_path) as recorded:
        for event in SHIFTS:
            await recorded.hear(event)
            recorded.restart()
        assert [await recorded.signed_in(agent) for agent in PEOPLE] == TRUTH


async def test_rows_alone_are_the_interface_until_a_name_is_told(tmp_path: Path) -> None:
    rows = [event for event in stay("Alice", 0, 3600) if event.source is Source.QUEUE_LOG]
    async with recording_to(tmp_path) as recorded:
        await recorded.hear(*rows)
        assert await recorded.signed_in("PJSIP/1001") == [(0, 3600)]
        await recorded.hear(*stay("Alice", 90000, 90060))
        assert await recorded.signed_in("PJSIP/1001") == []
        assert await recorded.signed_in("Alice") == [(0, 3600), (90000.4, 90060.4)]


async def test_who_turns_out_to_have_been_somebody_else_loses_the_hours(tmp_path: Path) -> None:
    """Rows are first taken for those of who sat there last; a sighting told later shows that another one had come."""
    bob = MemberRef("PJSIP/1001", "Bob")
    row = {"queue": "sales", "source": Source.QUEUE_LOG, "member": SEAT}
    seen = told(MemberSeen, 999, queue="support", member=bob, membership="static", status=DeviceState.NOT_IN_USE)
    async with recording_to(tmp_path) as recorded:
        await recorded.hear(*stay("Alice", 0, 100))
        await recorded.hear(told(MemberAdded, 1000, membership="dynamic", **row), told(MemberRemoved, 2000, **row))
        assert await recorded.signed_in("Alice") == [(0.4, 100.4), (1000, 2000)]
        await recorded.hear(seen)
        assert [await recorded.signed_in(agent) for agent in ("Alice", "Bob")] == [[(0.4, 100.4)], [(1000, 2000)]]


async def test_a_new_face_leaves_days_alone_of_which_every_fact_told_a_name(tmp_path: Path) -> None:
    """Nothing of the past is read again: days that somebody changed by hand stay as they are."""
    named = [event for event in stay("Alice", 0, 3600) if event.source is Source.AMI]
    async with recording_to(tmp_path) as recorded:
        await recorded.hear(*named)
        async with recorded.store.ledger.recording(PBX) as recording:
            await recording.replace_agent_days(AgentId("Alice"), named[0].occurred_at.date(), {})
        await recorded.hear(told(MemberAdded, 4000, queue="sales", member=MemberRef("PJSIP/1001", "Bob")))
        assert await recorded.signed_in("Alice") == []
