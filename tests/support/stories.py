"""The recorded stories, read through the real adapters and folded, as text that reads well in a diff."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from itertools import count
from pathlib import Path

from adapters.ami.intake import Intake
from adapters.ami.source import ConnectionBegan, ConnectionEnded, Received, SourceItem
from adapters.queue_log.source import read_file
from callcenter.domain.agents.directory import Directory
from callcenter.domain.agents.fold import fold_day
from callcenter.domain.agents.spells import AgentSpell, AgentState, open_spells
from callcenter.domain.agents.stays import sighted_in
from callcenter.domain.calls.fold import fold_call
from callcenter.domain.calls.grouping import LegSets, fitting_ends, group
from callcenter.domain.calls.surroundings import Surroundings
from callcenter.domain.calls.visits import FoldedCall, QueueVisit
from callcenter.domain.event import Event
from callcenter.domain.ids import MemberRef, PbxId

STORIES = Path(__file__).parents[1] / "golden" / "stories"
PBX = PbxId("pbx")
RECORDED_AT = datetime(2026, 11, 23, 9, tzinfo=UTC)
"""Stands for the time of receipt, which these captures do not hold; frames that matter bear a time of their own."""


class FixedClock:
    def now(self) -> datetime:
        return RECORDED_AT


class Bytes:
    """A frame source over bytes in hand, cut as one likes."""

    def __init__(self, chunks: Sequence[bytes]) -> None:
        self._chunks = chunks

    async def items(self) -> AsyncIterator[SourceItem]:
        name = sha256(b"".join(self._chunks)).hexdigest()[:16]
        yield ConnectionBegan(name, RECORDED_AT)
        for chunk in self._chunks:
            yield Received(chunk, RECORDED_AT)
        yield ConnectionEnded(name, RECORDED_AT, "logoff")


def ami_events(chunks: Sequence[bytes]) -> list[Event]:
    """The facts in AMI bytes."""
    sequence = count(1)
    intake = Intake(PBX, Bytes(chunks), adapter="story", next_seq=lambda: next(sequence), limit=1000, eager=False)

    async def read() -> list[Event]:
        return [event async for batch in intake.batches() for event in batch.events]

    return asyncio.run(read())


def log_events(path: Path) -> list[Event]:
    """The facts in a queue_log."""
    sequence = count(1)
    batches = read_file(path, pbx=PBX, next_seq=lambda: next(sequence), clock=FixedClock())
    return [event for batch in batches for event in batch.events]


def story_bytes(story: str, version: str) -> bytes:
    return gzip.decompress((STORIES / story / f"{version}.ami.gz").read_bytes())


def story_events(story: str, version: str) -> tuple[list[Event], list[Event]]:
    """What AMI and what queue_log told of a story."""
    return ami_events([story_bytes(story, version)]), log_events(STORIES / story / f"{version}.queue_log")


def folded(events: Iterable[Event]) -> list[FoldedCall]:
    """All calls in these events, halves of one visit joined."""
    told = list(events)
    around = Surroundings(told)
    calls = group(told)
    sets = LegSets()
    apart = {root: fold_call(PBX, root, of_call, around) for root, of_call in calls.items()}
    for pair in fitting_ends({root: call.loose_ends for root, call in apart.items()}):
        sets.tie(pair)
    joined: dict[str, list[Event]] = {}
    for root, of_call in calls.items():
        joined.setdefault(sets.find(root), []).extend(of_call)
    return [fold_call(PBX, sets.find(root), of_call, around) for root, of_call in joined.items()]  # type: ignore[arg-type]


def spells(events: Iterable[Event]) -> list[AgentSpell]:
    """Spells of all agents in these events, open ones included."""
    told = list(events)
    members = [(event, event.member) for event in told if isinstance(getattr(event, "member", None), MemberRef)]
    directory = Directory((m.interface, m.name, e.occurred_at) for e in told if (m := sighted_in(e)))  # type: ignore[misc]
    agents = {directory.agent_of(member, event.occurred_at) for event, member in members}
    found: list[AgentSpell] = []
    for agent in sorted(agents):
        own = [event for event, member in members if directory.agent_of(member, event.occurred_at) == agent]
        state, closed = fold_day(agent, PBX, AgentState(), own)
        found += [*closed, *open_spells(PBX, agent, state)]
    return found


def tell(events: Sequence[Event]) -> Iterator[str]:
    """What follows from these events, a line each."""
    calls = folded(events)
    visits = sorted((v for call in calls for v in call.visits), key=lambda visit: (visit.entered_at, visit.visit_id))
    yield from map(_visit, visits)
    for call in calls:
        for ring in call.rings:
            yield f"ring     {ring.queue:12} {ring.member.agent:12} {ring.result.value} {_seconds(ring.ring_seconds)}"
        for refusal in call.refusals:
            yield f"refused  {refusal.queue:12} {refusal.status}"
        for disagreement in call.disagreements:
            yield f"differs  {disagreement.field}: AMI {disagreement.ami}, queue_log {disagreement.queue_log}"
        for anomaly in call.anomalies:
            yield f"anomaly  {anomaly.kind} {anomaly.queue or ''}".rstrip()
    for spell in spells(events):
        length = (spell.ended_at - spell.started_at).total_seconds() if spell.ended_at else None
        yield f"spell    {spell.agent:12} {spell.kind.value} {spell.reason or '-'} {_seconds(length)}"


def _visit(visit: QueueVisit) -> str:
    parts = [f"visit    {visit.queue:12} {visit.outcome.value:13} wait {_seconds(visit.wait_seconds)}"]
    if visit.reason:
        parts.append(f"({visit.reason})")
    if visit.answered and visit.member:
        parts.append(
            f"{visit.member.agent} talk {_seconds(visit.talk_seconds)} (stated {_seconds(visit.stated_talk_seconds)})"
        )
        parts.append(f"hold {_seconds(visit.hold_seconds)} ended by {visit.ended_by.value if visit.ended_by else '-'}")
    if visit.transfer:
        parts.append(f"{visit.transfer.value} to {visit.transfer_target or '-'}")
    if visit.recordings:
        parts.append(f"recorded in {', '.join(Path(path).name for path in visit.recordings)}")
    return " ".join(parts)


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}" if isinstance(value, float) else str(value)
