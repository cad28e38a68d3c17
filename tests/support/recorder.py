"""A recorder on a real store, told facts piece by piece; and what it made of them."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

from adapters.store import Store, open_store
from callcenter.domain.agents.spells import AgentSpell
from callcenter.domain.event import Event
from callcenter.domain.ids import AgentId
from callcenter.domain.periods import Period
from tests.support.agents import PBX, at, signed_in
from tests.support.heard import batch
from workers.batches import BatchRecorder
from workers.rebuild import Rebuild

AGES = Period(at(-(10**8)), at(10**8))


class Recorded:
    """A store and its recorder, which may be started anew."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._seq = 0
        self.restart()

    def restart(self) -> None:
        """A new process: nothing is in memory."""
        self._recorder = BatchRecorder(PBX, self.store.ledger)

    async def hear(self, *events: Event) -> None:
        """Each in a batch of its own."""
        for event in events:
            await self.hear_together(event)

    async def hear_together(self, *events: Event) -> None:
        """All in one batch."""
        self._seq += 1
        await self._recorder.record([batch(events, self._seq)])

    async def rebuild(self) -> None:
        """Fold all that is stored again."""
        rebuild = Rebuild(PBX, self.store.ledger)
        while await rebuild.run_once():
            pass

    async def spells(self, agent: str) -> list[AgentSpell]:
        """All spells of an agent."""
        async with self.store.ledger.intervals(PBX) as work:
            return await work.spells(AgentId(agent), AGES)

    async def signed_in(self, agent: str) -> list[tuple[float | None, float | None]]:
        """Sign-ins of an agent as (from, to), in seconds of the morning."""
        return signed_in(await self.spells(agent))


@asynccontextmanager
async def recording_to(folder: Path, name: str = "recorded") -> AsyncIterator[Recorded]:
    """A recorder on a new database in a folder."""
    async with await open_store(f"sqlite:///{folder / name}.db") as store:
        yield Recorded(store)


async def told_in_order(folder: Path, name: str, events: Iterable[Event], agents: Iterable[str]) -> list[object]:
    """What a recorder makes of facts in this order: the sign-ins of these agents."""
    async with recording_to(folder, name) as recorded:
        await recorded.hear(*events)
        return [await recorded.signed_in(agent) for agent in agents]
