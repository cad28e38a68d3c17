"""What the AMI events about queue members, agents and the PBX itself say. The table of them is in `translate`."""

from datetime import UTC, datetime, timedelta

from adapters.ami.report import Report
from callcenter.domain.agents.events import (
    AgentLoggedIn,
    AgentLoggedOff,
    DeviceState,
    MemberAdded,
    MemberPaused,
    MemberPenaltySet,
    MemberRemoved,
    MemberSeen,
    MemberStatusChanged,
    MemberUnpaused,
)
from callcenter.domain.event import Event
from callcenter.domain.feed import PbxReloaded, PbxStarted, QueueSeen
from callcenter.domain.ids import MemberRef

_BEFORE_ASTERISK = datetime(2000, 1, 1, tzinfo=UTC)
_ROUNDING = timedelta(seconds=2)

_STATES = {state.value: state for state in DeviceState}


def queue_member_added(report: Report) -> Event:
    """Also for members that are added paused."""
    return MemberAdded(
        **report.head,
        queue=report.queue(),
        member=report.member(),
        membership=report.text("Membership"),
        penalty=report.number_or_none("Penalty"),
        paused=report.flag("Paused"),
        reason=_reason(report),
    )


def queue_member_removed(report: Report) -> Event:
    """A paused member's pause ends too; nothing else says so."""
    return MemberRemoved(**report.head, queue=report.queue(), member=report.member())


def queue_member_pause(report: Report) -> Event:
    """One event for pause and unpause, told apart by Paused."""
    paused = report.number("Paused")
    if paused not in (0, 1):
        raise report.bad("Paused")
    kind = MemberPaused if paused else MemberUnpaused
    return kind(**report.head, queue=report.queue(), member=report.member(), reason=_reason(report))


def queue_member_penalty(report: Report) -> Event:
    """A penalty was set."""
    return MemberPenaltySet(
        **report.head, queue=report.queue(), member=report.member(), penalty=report.number("Penalty")
    )


def queue_member_status(report: Report) -> Event:
    """The phone of a member changed its state; one for each queue of the member."""
    return MemberStatusChanged(
        **report.head,
        queue=report.queue(),
        member=report.member(),
        status=_status(report),
        in_call=report.flag("InCall"),
        paused=report.flag("Paused"),
        reason=_reason(report),
        penalty=report.number_or_none("Penalty"),
        membership=report.text("Membership"),
    )


def queue_member(report: Report) -> Event:
    """A snapshot's member: here MemberName is called Name, and Interface Location.

    LastPause outlives the pause, so it says when the present one began only while there is one.
    """
    paused = report.flag("Paused")
    return MemberSeen(
        **report.head,
        queue=report.queue(),
        member=report.member(interface="Location", name="Name"),
        membership=report.text("Membership"),
        status=_status(report),
        in_call=report.flag("InCall"),
        paused=paused,
        reason=_reason(report),
        penalty=report.number_or_none("Penalty"),
        signed_in_at=_since(report, "LoginTime"),
        paused_at=_since(report, "LastPause") if paused else None,
    )


def queue_params(report: Report) -> Event:
    """A snapshot's queue. Max 0 sets no limit."""
    return QueueSeen(
        **report.head,
        queue=report.queue(),
        service_level_seconds=report.number_or_none("ServiceLevel"),
        waiting=report.number_or_none("Calls"),
        completed=report.number_or_none("Completed"),
        abandoned=report.number_or_none("Abandoned"),
        longest_queue=report.number_or_none("Max") or None,
        strategy=report.text("Strategy"),
    )


def agent_login(report: Report) -> Event:
    """Of the agent pool, not of a queue."""
    return AgentLoggedIn(**report.head, member=MemberRef(name=report.name("Agent")), leg=report.leg_or_none())


def agent_logoff(report: Report) -> Event:
    """Of the agent pool, not of a queue."""
    return AgentLoggedOff(**report.head, member=MemberRef(name=report.name("Agent")), leg=report.leg_or_none())


def fully_booted(report: Report) -> Event | None:
    """Comes after every login. Without Uptime (before Asterisk 14) it does not tell when the process began."""
    uptime = report.number_or_none("Uptime")
    if uptime is None:
        return None
    return PbxStarted(**report.head, started_at=report.head["occurred_at"] - timedelta(seconds=uptime))


def reload(report: Report) -> Event:
    """A module, or everything, was read again."""
    return PbxReloaded(**report.head, module=report.text("Module"))


def _reason(report: Report) -> str | None:
    """Before 13.8 it was called Reason; some versions send both."""
    return report.text("PausedReason") or report.text("Reason")


def _since(report: Report, header: str) -> datetime | None:
    """Since when something lasts; None if it is not said, or by a clock that was wrong then."""
    at = report.instant_or_none(header)
    if at is None or at < _BEFORE_ASTERISK or at > report.head["occurred_at"] + _ROUNDING:
        return None
    return at


def _status(report: Report) -> DeviceState:
    state = _STATES.get(report.number("Status"))
    if state is None:
        raise report.bad("Status")
    return state
