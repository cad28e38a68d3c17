"""The store as readers see it."""

from datetime import date

from adapters.store import health, listing, reports
from adapters.store.sequence import recorded_seq
from adapters.store.story import visit_story
from adapters.store.transactions import Database
from adapters.store.turns import pbx_names
from callcenter.domain.agents.spells import AgentSpell
from callcenter.domain.calls.visits import Anomaly, Disagreement, QueueVisit
from callcenter.domain.ids import PbxId
from callcenter.domain.periods import Period
from callcenter.ports import (
    AgentRow,
    FeedReport,
    Page,
    QueueRow,
    QueueSettings,
    RecordingLink,
    SampleRow,
    VisitFilter,
    VisitStory,
)


class SqlArchive:
    """`ports.Archive` over a database. Each question is one reading transaction: what it shows fits together.

    Somebody waits for the answer: one that takes longer than the limit is ended. Raises StoreTooSlow then.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def pbxs(self) -> list[PbxId]:
        async with self._database.answering() as transaction:
            return list((await transaction.run(pbx_names)).values())

    async def visits(self, chosen: VisitFilter, *, cursor: str | None, limit: int) -> Page[QueueVisit]:
        async with self._database.answering() as transaction:
            return await transaction.run(listing.visits_page, chosen, cursor, limit)

    async def story(self, pbx: PbxId, visit_id: str) -> VisitStory:
        async with self._database.answering() as transaction:
            return await transaction.run(visit_story, pbx, visit_id)

    async def queue_rows(self, pbx: PbxId | None, period: Period | None) -> list[QueueRow]:
        async with self._database.answering() as transaction:
            return await transaction.run(reports.queue_rows, pbx, period)

    async def agent_rows(self, pbx: PbxId | None, period: Period | None) -> list[AgentRow]:
        async with self._database.answering() as transaction:
            return await transaction.run(reports.agent_rows, pbx, period)

    async def queue_settings(self, pbx: PbxId | None) -> list[QueueSettings]:
        async with self._database.answering() as transaction:
            return await transaction.run(reports.settings_of_queues, pbx)

    async def recordings(self, pbx: PbxId | None, *, cursor: str | None, limit: int) -> Page[RecordingLink]:
        async with self._database.answering() as transaction:
            return await transaction.run(listing.recordings_page, pbx, cursor, limit)

    async def samples(self, pbx: PbxId | None, day: date | None) -> list[SampleRow]:
        async with self._database.answering() as transaction:
            return await transaction.run(reports.samples, pbx, day)

    async def feed(self, pbx: PbxId) -> FeedReport:
        async with self._database.answering() as transaction:
            return await transaction.run(health.feed_report, pbx)

    async def recorded_seq(self, pbx: PbxId, adapter: str) -> int:
        async with self._database.answering() as transaction:
            return await transaction.run(recorded_seq, pbx, adapter)

    async def anomalies(self, pbx: PbxId | None, *, limit: int) -> list[tuple[PbxId, Anomaly]]:
        async with self._database.answering() as transaction:
            return await transaction.run(reports.newest_anomalies, pbx, limit)

    async def disagreements(self, pbx: PbxId | None, *, limit: int) -> list[tuple[PbxId, Disagreement]]:
        async with self._database.answering() as transaction:
            return await transaction.run(reports.newest_disagreements, pbx, limit)

    async def spells(self, pbx: PbxId | None, period: Period) -> list[AgentSpell]:
        async with self._database.answering() as transaction:
            return await transaction.run(reports.spells, pbx, period)

    async def covered(self, pbx: PbxId | None) -> Period | None:
        async with self._database.answering() as transaction:
            return await transaction.run(health.covered, pbx)
