"""What each kind of queue_log row says, in the trade's words. The table of them is in `translate`.

Each is given a row with at least as many parameters as the table demands. A value without sense raises ValueError.
"""

from adapters.queue_log.rows import Row, bounded
from callcenter.domain.agents.events import (
    AgentLoggedIn,
    AgentLoggedOff,
    MemberAdded,
    MemberPaused,
    MemberPenaltySet,
    MemberRemoved,
    MemberUnpaused,
)
from callcenter.domain.calls.events import (
    AgentDumped,
    CallAnswered,
    CallExited,
    CallOffered,
    CallRefused,
    ConversationEnd,
    ConversationEnded,
    ExitReason,
    Noted,
    RingCanceled,
    RingNotAnswered,
)
from callcenter.domain.event import Event
from callcenter.domain.feed import PbxReloaded, PbxStarted
from callcenter.domain.ids import CallerRef, LegId, MemberRef


def offered(row: Row) -> Event:
    """ENTERQUEUE: URL, caller number, original position, and from 20.14 and 22.4 on perhaps the caller's name."""
    number, name = row.text(1), row.text(3)
    return CallOffered(
        **row.head,
        leg=row.leg,
        queue=row.queue,
        position=row.number(2),
        caller=CallerRef(number, name) if number or name else None,
    )


def answered(row: Row) -> Event:
    """CONNECT: wait, the agent's leg, ring."""
    return CallAnswered(
        **row.head,
        leg=row.leg,
        queue=row.queue,
        member=row.member,
        agent_leg=LegId(bounded(row.parameters[1])) if row.parameters[1] else None,
        wait_seconds=row.number(0),
        ring_seconds=row.number(2),
    )


def _conversation(row: Row, end: ConversationEnd, numbers_from: int, target: str | None = None) -> Event:
    """The closing rows: wait, talk and original position stand side by side, at different places."""
    return ConversationEnded(
        **row.head,
        leg=row.leg,
        queue=row.queue,
        member=row.member,
        wait_seconds=row.number(numbers_from),
        talk_seconds=row.number(numbers_from + 1),
        position=row.number(numbers_from + 2),
        end=end,
        target=target,
    )


def completed_by_agent(row: Row) -> Event:
    """COMPLETEAGENT: wait, talk, original position."""
    return _conversation(row, ConversationEnd.AGENT, 0)


def completed_by_caller(row: Row) -> Event:
    """COMPLETECALLER: wait, talk, original position. Also when an administrator ended the agent's leg."""
    return _conversation(row, ConversationEnd.CALLER, 0)


def transferred_blind(row: Row) -> Event:
    """BLINDTRANSFER: extension, context, then as COMPLETEAGENT. The extension is the target, as AMI tells it too."""
    return _conversation(row, ConversationEnd.BLIND_TRANSFER, 2, row.text(0))


def transferred_attended(row: Row) -> Event:
    """ATTENDEDTRANSFER: BRIDGE, bridge or APP, application or LINK, two channels; then as COMPLETEAGENT."""
    linked = row.parameters[0] == "LINK"
    if (linked and len(row.parameters) < 6) or row.parameters[0] not in ("BRIDGE", "APP", "LINK"):
        raise ValueError("no kind of attended transfer")
    target = "|".join(row.parameters[1:3]) if linked else row.parameters[1]
    return _conversation(row, ConversationEnd.ATTENDED_TRANSFER, 3 if linked else 2, target)


def _exited(row: Row, reason: ExitReason, numbers_from: int = 0, key: str | None = None) -> Event:
    """Position, original position, wait. The member is named when the caller left after an agent had picked up."""
    return CallExited(
        **row.head,
        leg=row.leg,
        queue=row.queue,
        reason=reason,
        position=row.number(numbers_from),
        original_position=row.number(numbers_from + 1),
        wait_seconds=row.number(numbers_from + 2),
        key=key,
        member=row.member_or_none,
    )


def abandoned(row: Row) -> Event:
    """ABANDON: position, original position, wait."""
    return _exited(row, ExitReason.ABANDONED)


def timed_out(row: Row) -> Event:
    """EXITWITHTIMEOUT: as ABANDON."""
    return _exited(row, ExitReason.TIMED_OUT)


def exited_by_key(row: Row) -> Event:
    """EXITWITHKEY: the key, then as ABANDON."""
    return _exited(row, ExitReason.EXITED_BY_KEY, 1, row.text(0))


def exited_empty(row: Row) -> Event:
    """EXITEMPTY: as ABANDON."""
    return _exited(row, ExitReason.EXITED_EMPTY)


def withdrawn(row: Row) -> Event:
    """WITHDRAW: as ABANDON, then what the one who withdrew the call wrote."""
    return _exited(row, ExitReason.WITHDRAWN)


def incompatible(row: Row) -> Event:
    """SYSCOMPAT: no parameters. An ABANDON of the same call follows."""
    return CallExited(
        **row.head,
        leg=row.leg,
        queue=row.queue,
        reason=ExitReason.INCOMPATIBLE_CODECS,
        member=row.member_or_none,
    )


def not_answered(row: Row) -> Event:
    """RINGNOANSWER: ring in milliseconds. Busy and rejected too."""
    return RingNotAnswered(
        **row.head, leg=row.leg, queue=row.queue, member=row.member, ring_seconds=row.number(0) / 1000
    )


def ring_canceled(row: Row) -> Event:
    """RINGCANCELED: ring in milliseconds."""
    return RingCanceled(**row.head, leg=row.leg, queue=row.queue, member=row.member, ring_seconds=row.number(0) / 1000)


def dumped(row: Row) -> Event:
    """AGENTDUMP: no parameters. The caller stays in the queue."""
    return AgentDumped(**row.head, leg=row.leg, queue=row.queue, member=row.member)


def refused(row: Row) -> Event:
    """QueueRefused: QUEUESTATUS."""
    return CallRefused(**row.head, leg=row.leg, queue=row.queue, status=row.parameters[0])


SURVEY = "Survey"
"""What AMI and queue_log call the answer that our dialplan fragment asks for."""


def surveyed(row: Row) -> Event:
    """QueueSurvey: the key that the caller pressed."""
    details = (("Answer", row.parameters[0]),)
    return Noted(**row.head, leg=row.leg, queue=row.queue, name=SURVEY, details=details)


def paused(row: Row) -> Event:
    """PAUSE: reason."""
    return MemberPaused(**row.head, queue=row.queue, member=row.member, reason=_reason(row))


def unpaused(row: Row) -> Event:
    """UNPAUSE: reason, on new versions."""
    return MemberUnpaused(**row.head, queue=row.queue, member=row.member, reason=_reason(row))


def _reason(row: Row) -> str | None:
    """Whoever pauses may write anything, pipes included."""
    return "|".join(row.parameters) or None


def added(row: Row) -> Event:
    """ADDMEMBER: PAUSED or nothing. Static members get no row.

    The agent column bears the interface, or the member name with ``log_membername_as_agent``.
    """
    return MemberAdded(
        **row.head,
        queue=row.queue,
        member=row.member,
        membership="realtime" if row.callid == "REALTIME" else "dynamic",
        paused=True if row.text(0) == "PAUSED" else None,
    )


def removed(row: Row) -> Event:
    """REMOVEMEMBER: no parameters; the agent column as in ADDMEMBER."""
    return MemberRemoved(**row.head, queue=row.queue, member=row.member)


def penalty_set(row: Row) -> Event:
    """PENALTY: the value. The agent column is the interface, never the name, whatever it looks like."""
    member = MemberRef(interface=row.member.agent)
    return MemberPenaltySet(**row.head, queue=row.queue, member=member, penalty=row.number(0))


def logged_in(row: Row) -> Event:
    """AGENTLOGIN: channel."""
    return AgentLoggedIn(**row.head, member=row.member, leg=row.leg_or_none)


def logged_off(row: Row) -> Event:
    """AGENTLOGOFF: channel, seconds logged in."""
    return AgentLoggedOff(**row.head, member=row.member, leg=row.leg_or_none)


def started(row: Row) -> Event:
    """QUEUESTART: no parameters. The process began."""
    return PbxStarted(**row.head, started_at=row.head["occurred_at"])


def reloaded(row: Row) -> Event:
    """CONFIGRELOAD: no parameters."""
    return PbxReloaded(**row.head)


def noted(row: Row) -> Event:
    """A row of any other name, its parameters numbered from 1."""
    return Noted(
        **row.head,
        leg=row.leg_or_none,
        queue=row.queue_or_none,
        member=row.member_or_none,
        name=row.name,
        details=tuple((str(number), value) for number, value in enumerate(row.parameters, 1)),
    )
