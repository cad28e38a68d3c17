"""By which rules rows were counted, and marking those stale that another rule touches.

All in the database: a year of a large site is many rows, and none of them has to travel.
"""

from datetime import timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, select, text

from adapters.store.bulk import replace
from adapters.store.marks import draw_token
from adapters.store.packing import to_json
from adapters.store.periods import AFTER_CALL, bounds
from adapters.store.tables import agent_intervals, counting_rules, queue_intervals, visits
from adapters.store.text import key
from callcenter.domain.ids import QueueName
from callcenter.domain.periods import QUARTER, Period
from callcenter.metrics.counting import CountedBy

_read = msgspec.json.Decoder(CountedBy).decode


def known_rules(connection: Connection, number: int) -> CountedBy | None:
    """The rules that rows were counted by; None if nobody has noted any."""
    stored = connection.execute(_RULES, {"pbx": number}).scalar()
    return None if stored is None else _read(stored)


def note_rules(connection: Connection, number: int, rules: CountedBy) -> None:
    """From now on rows are counted by these."""
    replace(connection, counting_rules, [(number, to_json(rules))])


def queues_entered(connection: Connection, number: int) -> list[QueueName]:
    """All queues that visits entered."""
    return [QueueName(queue) for queue in connection.execute(_QUEUES, {"pbx": number}).scalars()]


def mark_touched(connection: Connection, number: int, queue: QueueName, period: Period) -> None:
    """Mark a queue's rows of a period, and what agents did in the hour after conversations that entered in it."""
    asked = bounds(number, period) | {"queue": key(queue), "token": draw_token()}
    connection.execute(_MARK_QUEUE, asked)
    for statement in _MARK_AGENTS_OF_QUEUE:
        connection.execute(statement, asked)


def mark_all(connection: Connection, number: int) -> None:
    """Mark every row, and every quarter in which there may have to be one; nothing where nothing was counted yet."""
    asked = {"pbx": number, "token": draw_token()}
    if not any(connection.execute(statement, asked).first() for statement in _COUNTED):
        return
    for statement in (_MARK_ALL_QUEUES, _MARK_ALL_AGENTS, *_MARK_AGENTS):
        connection.execute(statement, asked)


def _marking(kind: str, subject: str, quarter: str, where: str) -> Any:
    chosen = f"SELECT DISTINCT pbx_id, '{kind}', {subject}, {quarter}, CAST(:token AS BIGINT) FROM {where}"  # noqa: S608 (our own words)
    return text(
        f"INSERT INTO stale_marks (pbx_id, kind, subject, quarter, token) {chosen}"
        " ON CONFLICT (pbx_id, kind, subject, quarter) DO UPDATE SET token = excluded.token"
    )


def _after_calls(where: str) -> list[Any]:
    """The quarters that the hour after a conversation touches."""
    quarter = QUARTER // timedelta(microseconds=1)
    ended = f"(ended_at / {quarter}) * {quarter}"
    conversations = f"visits WHERE {where} AND agent IS NOT NULL AND ended_at IS NOT NULL"
    return [
        _marking("agent", "agent", f"{ended} + {n * quarter}", conversations) for n in range(AFTER_CALL // QUARTER + 1)
    ]


_PBX = "pbx_id = :pbx"
_IN_QUEUE = f"{_PBX} AND queue = :queue"
_RULES = select(counting_rules.c.rules).where(counting_rules.c.pbx_id == bindparam("pbx"))
_QUEUES = select(visits.c.queue).where(visits.c.pbx_id == bindparam("pbx")).distinct().order_by(visits.c.queue)
_COUNTED = tuple(
    select(table.c.quarter).where(table.c.pbx_id == bindparam("pbx")).limit(1)
    for table in (queue_intervals, agent_intervals)
)
_MARK_QUEUE = _marking(
    "queue", "queue", "quarter", f"queue_intervals WHERE {_IN_QUEUE} AND quarter >= :start AND quarter < :end"
)
_MARK_AGENTS_OF_QUEUE = _after_calls(f"{_IN_QUEUE} AND entered_at >= :start AND entered_at < :end")
_MARK_AGENTS = _after_calls(_PBX)
_MARK_ALL_QUEUES = _marking("queue", "queue", "quarter", f"queue_intervals WHERE {_PBX}")
_MARK_ALL_AGENTS = _marking("agent", "agent", "quarter", f"agent_intervals WHERE {_PBX}")
