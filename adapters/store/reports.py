"""What readers ask besides visits: intervals, settings, samples, spells, oddities."""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import BindParameter, Connection, Table, bindparam, select

from adapters.store.packing import read_agent_summary, read_queue_summary
from adapters.store.periods import bounds, spells_touching
from adapters.store.story import read_anomaly, read_disagreement
from adapters.store.tables import (
    agent_intervals,
    anomalies,
    disagreements,
    qa_draws,
    qa_samples,
    queue_intervals,
    queue_settings,
)
from adapters.store.turns import pbx_names
from callcenter.codec import from_microseconds
from callcenter.domain.agents.spells import AgentSpell
from callcenter.domain.calls.visits import Anomaly, Disagreement
from callcenter.domain.ids import AgentId, PbxId, QueueName
from callcenter.domain.periods import Period
from callcenter.ports import AgentRow, QueueRow, QueueSettings, SampleRow

Item = TypeVar("Item")


def queue_rows(connection: Connection, pbx: PbxId | None, period: Period | None) -> list[QueueRow]:
    """The stored summaries of queues whose quarter begins in a period."""
    return [
        QueueRow(name, QueueName(row.queue), from_microseconds(row.quarter), read_queue_summary(row.summary))
        for name, row in _quarters(connection, queue_intervals, pbx, period)
    ]


def agent_rows(connection: Connection, pbx: PbxId | None, period: Period | None) -> list[AgentRow]:
    """The stored summaries of agents whose quarter begins in a period."""
    return [
        AgentRow(name, AgentId(row.agent), from_microseconds(row.quarter), read_agent_summary(row.summary))
        for name, row in _quarters(connection, agent_intervals, pbx, period)
    ]


def settings_of_queues(connection: Connection, pbx: PbxId | None) -> list[QueueSettings]:
    """What PBXs say about their queues."""
    return [
        QueueSettings(name, QueueName(row.queue), row.service_level_seconds)
        for number, name in pbx_names(connection, pbx).items()
        for row in connection.execute(_SETTINGS, {"pbx": number})
    ]


def samples(connection: Connection, pbx: PbxId | None, day: date | None) -> list[SampleRow]:
    """Visits drawn for quality assessment, of a day or of all, newest day first."""
    question, asked = (_SAMPLES, {}) if day is None else (_SAMPLES_OF_DAY, {"day": day.isoformat()})
    return [
        SampleRow(
            pbx=name,
            day=date.fromisoformat(row.day),
            agent=AgentId(row.agent),
            visit_id=row.visit_id,
            seed=row.seed,
            population=row.population,
            position=row.position,
        )
        for number, name in pbx_names(connection, pbx).items()
        for row in connection.execute(question, asked | {"pbx": number})
    ]


def spells(connection: Connection, pbx: PbxId | None, period: Period) -> list[AgentSpell]:
    """Spells that touch a period, open ones included."""
    return [
        spell
        for number, name in pbx_names(connection, pbx).items()
        for spell in spells_touching(connection, number, name, period)
    ]


def newest_anomalies(connection: Connection, pbx: PbxId | None, limit: int) -> list[tuple[PbxId, Anomaly]]:
    """What no fold expected, newest first."""
    found = _newest(connection, anomalies, read_anomaly, pbx, limit)
    return sorted(found, key=lambda one: one[1].at, reverse=True)[:limit]


def newest_disagreements(connection: Connection, pbx: PbxId | None, limit: int) -> list[tuple[PbxId, Disagreement]]:
    """What two sources told differently, newest first."""
    found = _newest(connection, disagreements, read_disagreement, pbx, limit)
    return sorted(found, key=lambda one: one[1].at, reverse=True)[:limit]


def _quarters(
    connection: Connection, table: Table, pbx: PbxId | None, period: Period | None
) -> Iterable[tuple[PbxId, Any]]:
    question = select(table).where(table.c.pbx_id == _PBX)
    if period is not None:
        question = question.where(table.c.quarter >= bindparam("start"), table.c.quarter < bindparam("end"))
    for number, name in pbx_names(connection, pbx).items():
        asked = {"pbx": number} if period is None else bounds(number, period)
        for row in connection.execute(question.order_by(table.c.quarter, table.c[1]), asked):
            yield name, row


def _newest(
    connection: Connection, table: Table, read: Callable[[Any], Item], pbx: PbxId | None, limit: int
) -> Iterable[tuple[PbxId, Item]]:
    question = select(table).where(table.c.pbx_id == _PBX).order_by(table.c.at.desc()).limit(limit)
    for number, name in pbx_names(connection, pbx).items():
        for row in connection.execute(question, {"pbx": number}):
            yield name, read(row)


_PBX: BindParameter[int] = bindparam("pbx")
_SETTINGS = select(queue_settings).where(queue_settings.c.pbx_id == _PBX).order_by(queue_settings.c.queue)
_SAMPLES = (
    select(qa_samples, qa_draws.c.seed, qa_draws.c.population)
    .join(
        qa_draws,
        (qa_draws.c.pbx_id == qa_samples.c.pbx_id)
        & (qa_draws.c.day == qa_samples.c.day)
        & (qa_draws.c.agent == qa_samples.c.agent),
    )
    .where(qa_samples.c.pbx_id == _PBX)
    .order_by(qa_samples.c.day.desc(), qa_samples.c.agent, qa_samples.c.position)
)
_SAMPLES_OF_DAY = _SAMPLES.where(qa_samples.c.day == bindparam("day"))
