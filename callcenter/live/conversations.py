"""The queue calls that an agent is in, and what ends them.

An agent may be in two at once. A conversation ends with the queue's word (AgentComplete), or with the end of one of its
two legs, whichever comes first. A leg that Local optimization takes out does not end it: another goes on in its place.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from callcenter.domain.calls import events as e
from callcenter.domain.ids import LegId, QueueName

_ROUNDING = timedelta(seconds=2)
"""Asterisk states whole seconds of talk, and may say so a moment late."""


@dataclass(slots=True, eq=False)
class Conversation:
    """One queue call. ``leg`` is the caller's, by which the call is known; ``caller_leg`` and ``agent_leg`` are those
    on which it depends now, None where nobody knows."""

    queue: QueueName
    leg: LegId
    since: datetime
    caller_leg: LegId | None
    agent_leg: LegId | None
    held: bool = False
    first_agent_leg: LegId | None = None

    @classmethod
    def begun(cls, answer: e.CallAnswered) -> "Conversation":
        """The conversation that begins with an answer."""
        agent_leg = answer.agent_leg
        return cls(answer.queue, answer.leg, answer.occurred_at, answer.leg, agent_leg, first_agent_leg=agent_leg)

    @property
    def legs(self) -> tuple[LegId, ...]:
        """The legs on which it depends."""
        return tuple(leg for leg in (self.caller_leg, self.agent_leg) if leg is not None)

    def optimize(self, told: e.LegsOptimized) -> None:
        """Both halves of a Local channel go; ``source_leg`` takes their place, if it is known."""
        gone = (told.leg, told.other_leg)
        heir = None if told.source_leg in gone else told.source_leg
        if self.caller_leg in gone:
            self.caller_leg = heir
        if self.agent_leg in gone:
            self.agent_leg = heir


def ended_by(calls: Sequence[Conversation], end: e.ConversationEnded) -> Conversation | None:
    """Which of an agent's calls this is the end of: by the agent's leg where both know it, else by the talk that it
    states, else by the caller's leg. None if it is of none: told twice, or late."""
    here = [call for call in calls if call.queue == end.queue]
    if end.agent_leg is not None and (known := [call for call in here if call.first_agent_leg == end.agent_leg]):
        return known[0]
    open_to_doubt = [call for call in here if end.agent_leg is None or call.first_agent_leg is None]
    ranked = sorted(open_to_doubt, key=lambda call: (not _fits(call, end), call.leg != end.leg))
    return next((call for call in ranked if _fits(call, end) or call.leg == end.leg), None)


def _fits(call: Conversation, end: e.ConversationEnded) -> bool:
    if end.talk_seconds is None:
        return False
    return abs(end.occurred_at - timedelta(seconds=end.talk_seconds) - call.since) <= _ROUNDING
