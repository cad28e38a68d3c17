"""Which stored intervals a fact touches: what must be computed again when it changes."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from callcenter.domain.periods import quarter_of, quarters_of


class MarkKind(StrEnum):
    """Whose rows a mark is about."""

    QUEUE = "queue"
    AGENT = "agent"
    SAMPLE = "sample"  # no subject: the draws of the day that holds the quarter


@dataclass(frozen=True, slots=True)
class StaleMark:
    """One (queue or agent, quarter hour) whose row no longer holds."""

    kind: MarkKind
    subject: str
    quarter: datetime


def visit_marks(
    queue: str, agent: str | None, entered_at: datetime, answered_at: datetime | None, ended_at: datetime | None
) -> Iterator[StaleMark]:
    """The quarter of entry for the queue; every quarter of the conversation for the agent."""
    yield StaleMark(MarkKind.QUEUE, queue, quarter_of(entered_at))
    if agent and answered_at:
        yield from agent_marks(agent, answered_at, ended_at or answered_at)


def ring_marks(queue: str, agent: str, at: datetime) -> Iterator[StaleMark]:
    """The quarter of a ring attempt, for the queue and for the agent."""
    yield StaleMark(MarkKind.QUEUE, queue, quarter_of(at))
    yield StaleMark(MarkKind.AGENT, agent, quarter_of(at))


def refusal_marks(queue: str, at: datetime) -> Iterator[StaleMark]:
    """The quarter of a refusal."""
    yield StaleMark(MarkKind.QUEUE, queue, quarter_of(at))


def agent_marks(agent: str, start: datetime, end: datetime) -> Iterator[StaleMark]:
    """Every quarter that a stretch of an agent touches."""
    for quarter in quarters_of(start, end):
        yield StaleMark(MarkKind.AGENT, agent, quarter)
