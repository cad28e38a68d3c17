"""Agent rows after a spell turned out to have ended long ago, with workers that remember nothing: on the real store."""

from pathlib import Path

from callcenter.domain.agents.events import DeviceState, MemberAdded, MemberRemoved, MemberStatusChanged
from callcenter.domain.event import Event
from callcenter.domain.ids import Source
from callcenter.domain.policies import SitePolicies
from tests.support.agents import ALICE, MEMBER, PBX
from tests.support.heard import told
from tests.support.recorder import Recorded, recording_to
from workers.handle_time import HandleTime


async def counted(recorded: Recorded) -> float:
    """The seconds that a new process counts as signed in, all rows together."""
    handle_time = HandleTime(PBX, recorded.store.ledger, SitePolicies())
    while await handle_time.run_once():
        pass
    rows = await recorded.store.archive.agent_rows(PBX, None)
    return sum(row.summary.signed_in_seconds for row in rows if row.agent == ALICE)


def phone(seconds: float) -> Event:
    return told(MemberStatusChanged, seconds, queue="vip", member=MEMBER, status=DeviceState.IN_USE)


async def test_rows_counted_up_to_the_horizon_are_taken_back(tmp_path: Path) -> None:
    """A row of queue_log that comes late tells that the agent left hours ago."""
    async with recording_to(tmp_path) as recorded:
        await recorded.hear(told(MemberAdded, 0, queue="sales", member=MEMBER, membership="dynamic"), phone(7200))
        assert await counted(recorded) == 7200
        await recorded.hear(told(MemberRemoved, 60, queue="sales", member=MEMBER, source=Source.QUEUE_LOG))
        assert await counted(recorded) == 60
