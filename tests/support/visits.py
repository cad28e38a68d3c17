"""Visits, rings, refusals and spells, written shortly: seconds after a fixed morning."""

from itertools import count

from callcenter.domain.agents.spells import AgentSpell, SpellKind
from callcenter.domain.calls.events import ConversationEnd
from callcenter.domain.calls.visits import Outcome, QueueVisit, Refusal, RingAttempt, RingResult
from callcenter.domain.ids import AgentId, LegId, MemberRef, QueueName
from tests.support.agents import ALICE, PBX, at

_numbers = count(1)


def visit(
    entered: float,
    outcome: Outcome = Outcome.ANSWERED,
    *,
    wait: int = 0,
    talk: float | None = None,
    hold: float = 0,
    queue: str = "sales",
    agent: str = ALICE,
    transferred: bool = False,
    leg: str | None = None,
    **more: object,
) -> QueueVisit:
    """A visit that entered then and waited so many seconds; an answered one without ``talk`` is still talking."""
    leg_id = LegId(leg or f"leg-{next(_numbers)}")
    answered = outcome is Outcome.ANSWERED
    waiting = outcome is Outcome.STILL_WAITING
    given: dict[str, object] = {
        "pbx": PBX,
        "call": leg_id,
        "leg": leg_id,
        "queue": QueueName(queue),
        "ordinal": 1,
        "legs": (leg_id,),
        "caller": None,
        "entered_at": at(entered),
        "position": 1,
        "outcome": outcome,
        "wait_seconds": None if waiting else wait,
        "left_at": None if waiting else at(entered + wait),
        "member": MemberRef(name=agent) if answered else None,
        "ended_at": at(entered + wait + talk) if answered and talk is not None else None,
        "talk_seconds": talk if answered else None,
        "hold_seconds": hold,
        "transfer": ConversationEnd.BLIND_TRANSFER if transferred else None,
    }
    return QueueVisit(**{**given, **more})  # type: ignore[arg-type]


def ring(
    seconds: float, result: RingResult = RingResult.NOT_ANSWERED, *, queue: str = "sales", agent: str = ALICE
) -> RingAttempt:
    """One ringing of one phone."""
    leg = LegId(f"leg-{next(_numbers)}")
    return RingAttempt(
        pbx=PBX,
        call=leg,
        leg=leg,
        queue=QueueName(queue),
        member=MemberRef(name=agent),
        agent_leg=None,
        at=at(seconds),
        result=result,
        ring_seconds=5.0,
    )


def refusal(seconds: float, status: str = "FULL", *, queue: str = "sales") -> Refusal:
    """A caller who was not let in."""
    leg = LegId(f"leg-{next(_numbers)}")
    return Refusal(pbx=PBX, call=leg, leg=leg, queue=QueueName(queue), at=at(seconds), status=status)


def spell(
    kind: SpellKind, start: float, end: float | None, reason: str | None = None, *, agent: str = ALICE
) -> AgentSpell:
    """A stay in one state; open if ``end`` is None."""
    return AgentSpell(
        pbx=PBX,
        agent=AgentId(agent),
        kind=kind,
        started_at=at(start),
        ended_at=None if end is None else at(end),
        reason=reason,
    )
