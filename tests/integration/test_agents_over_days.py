"""Agents whose stays outlast days, starts of the PBX and our own restarts: on the real store."""

from itertools import permutations
from pathlib import Path

import pytest

from callcenter.domain.agents.events import (
    AgentLoggedIn,
    AgentLoggedOff,
    DeviceState,
    MemberAdded,
    MemberRemoved,
    MemberStatusChanged,
)
from callcenter.domain.event import Event
from callcenter.domain.feed import PbxStarted
from callcenter.domain.ids import MemberRef
from tests.support.agents import MEMBER, at
from tests.support.heard import told
from tests.support.recorder import recording_to, told_in_order

HOUR, DAY = 3600.0, 86400.0
POOL = MemberRef(name="1001")


def pbx_started(seconds: float) -> PbxStarted:
    return told(PbxStarted, seconds, started_at=at(seconds))


def logged_in(seconds: float) -> AgentLoggedIn:
    return told(AgentLoggedIn, seconds, member=POOL)


def logged_off(seconds: float) -> AgentLoggedOff:
    return told(AgentLoggedOff, seconds, member=POOL)


def phone(seconds: float) -> MemberStatusChanged:
    return told(
        MemberStatusChanged,
        seconds,
        queue="sales",
        member=MEMBER,
        membership="dynamic",
        status=DeviceState.IN_USE,
    )


async def test_a_night_shift_in_the_agent_pool_is_one_spell(tmp_path: Path) -> None:
    """The morning is 08:00 UTC: a log-in at 23:00 and a log-off at 04:00, days after the PBX began."""
    async with recording_to(tmp_path) as recorded:
        await recorded.hear(pbx_started(-5 * DAY), logged_in(15 * HOUR), logged_off(20 * HOUR))
        assert await recorded.signed_in("1001") == [(15 * HOUR, 20 * HOUR)]


@pytest.mark.parametrize("started", [HOUR, DAY + HOUR, 3 * DAY])
@pytest.mark.parametrize("restart", [False, True], ids=["running", "new process"])
async def test_a_start_of_the_pbx_logs_off_who_is_never_heard_of_again(
    tmp_path: Path, started: float, restart: bool
) -> None:
    async with recording_to(tmp_path) as recorded:
        await recorded.hear(logged_in(0))
        if restart:
            recorded.restart()
        await recorded.hear(pbx_started(started))
        assert await recorded.signed_in("1001") == [(0, started)]
        await recorded.rebuild()
        assert await recorded.signed_in("1001") == [(0, started)]


async def test_starts_and_stays_in_any_order_give_the_same(tmp_path: Path) -> None:
    events: list[Event] = [logged_in(0), pbx_started(HOUR), logged_in(DAY), logged_off(2 * DAY), pbx_started(3 * DAY)]
    found = [
        await told_in_order(tmp_path, str(number), order, ["1001"]) for number, order in enumerate(permutations(events))
    ]
    assert found == [[[(0, HOUR), (DAY, 2 * DAY)]]] * len(found)


async def test_one_start_told_at_every_log_in_is_one(tmp_path: Path) -> None:
    """Uptime is in whole seconds, so each log-in dates the start a little differently. The earliest date counts."""
    async with recording_to(tmp_path) as recorded:
        await recorded.hear(logged_in(0))
        for number in range(10):
            start = HOUR + 0.9 - number / 16
            await recorded.hear(told(PbxStarted, HOUR + 60 * number, started_at=at(start)))
        assert await recorded.signed_in("1001") == [(0, HOUR + 0.9 - 9 / 16)]


@pytest.mark.parametrize("restart", [False, True], ids=["running", "new process"])
async def test_what_was_last_attested_is_known_on_the_next_day(tmp_path: Path, restart: bool) -> None:
    """A leave that nobody heard is dated by the last fact before it, of the evening before, whoever restarted since."""
    async with recording_to(tmp_path) as recorded:
        await recorded.hear(
            told(MemberAdded, 0, queue="sales", member=MEMBER, membership="dynamic"), phone(60), phone(HOUR)
        )
        if restart:
            recorded.restart()
        again = told(MemberAdded, DAY, queue="sales", member=MEMBER, membership="dynamic")
        await recorded.hear(again, told(MemberRemoved, DAY + 60, queue="sales", member=MEMBER))
        assert await recorded.signed_in(MEMBER.agent) == [(0, HOUR), (DAY, DAY + 60)]
        await recorded.rebuild()
        assert await recorded.signed_in(MEMBER.agent) == [(0, HOUR), (DAY, DAY + 60)]
