"""The transaction of the QA sampling worker: which visits were drawn for which agent and day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import BindParameter, Connection, bindparam, delete, select

from adapters.store import periods
from adapters.store.bulk import insert, replace
from adapters.store.tables import qa_draws, qa_samples
from adapters.store.text import key, storable
from adapters.store.transactions import Transaction
from callcenter.domain.calls.visits import QueueVisit
from callcenter.domain.ids import AgentId, PbxId
from callcenter.domain.periods import Period


@dataclass(frozen=True, slots=True)
class _Draw:
    seed: str
    population: int
    visit_ids: tuple[str, ...]


class SqlSamples:
    """`ports.SampleWriting` over a reading transaction; `write` does the rest in a writing one."""

    def __init__(self, transaction: Transaction, number: int, pbx: PbxId) -> None:
        self._run = transaction.run
        self._number = number
        self._pbx = pbx
        self._draws: dict[tuple[str, str], _Draw] = {}

    async def answered_visits(self, period: Period) -> list[QueueVisit]:
        return await self._run(periods.visits_ended, self._number, self._pbx, period)

    async def drawn(self, day: date) -> set[str]:
        return await self._run(_drawn, self._number, day)

    async def drawn_for(self, day: date) -> set[AgentId]:
        return await self._run(_drawn_for, self._number, day)

    async def put_draw(self, day: date, agent: AgentId, seed: str, population: int, visit_ids: Sequence[str]) -> None:
        self._draws[day.isoformat(), key(agent)] = _Draw(storable(seed), population, tuple(map(storable, visit_ids)))

    @property
    def changed(self) -> bool:
        """Whether there is anything to write."""
        return bool(self._draws)

    def write(self, connection: Connection, number: int) -> None:
        """Store everything, in the turn of the PBX."""
        draws = self._draws.items()
        replace(
            connection, qa_draws, [(number, day, agent, draw.seed, draw.population) for (day, agent), draw in draws]
        )
        connection.execute(_FORGET, [{"pbx": number, "day": day, "agent": agent} for day, agent in self._draws])
        rows = [
            (number, day, agent, position, visit_id)
            for (day, agent), draw in draws
            for position, visit_id in enumerate(draw.visit_ids, start=1)
        ]
        insert(connection, qa_samples, rows)


def _drawn(connection: Connection, number: int, day: date) -> set[str]:
    return set(connection.execute(_DRAWN, {"pbx": number, "day": day.isoformat()}).scalars())


def _drawn_for(connection: Connection, number: int, day: date) -> set[AgentId]:
    found = connection.execute(_DRAWN_FOR, {"pbx": number, "day": day.isoformat()}).scalars()
    return set(map(AgentId, found))


_PBX: BindParameter[int] = bindparam("pbx")
_ON_DAY = qa_samples.c.pbx_id == _PBX, qa_samples.c.day == bindparam("day")
_DRAWN = select(qa_samples.c.visit_id).where(*_ON_DAY)
_DRAWN_FOR = select(qa_draws.c.agent).where(qa_draws.c.pbx_id == _PBX, qa_draws.c.day == bindparam("day"))
_FORGET = delete(qa_samples).where(*_ON_DAY, qa_samples.c.agent == bindparam("agent"))
