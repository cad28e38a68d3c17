"""What the AMI events about calls say, in the trade's words. The table of them is in `translate`.

A function gives None for a frame that, looked at closely, tells nothing.
"""

from adapters.ami.report import Report, caller
from callcenter.domain.calls.events import (
    AgentDumped,
    CallAnswered,
    CallLeftQueue,
    CallOffered,
    CallRefused,
    CallSeenWaiting,
    CallTransferredAttended,
    CallTransferredBlind,
    CallUnanswered,
    ConversationEnd,
    ConversationEnded,
    DeviceRung,
    HangupRequested,
    LegEnded,
    LegHeld,
    LegJoinedBridge,
    LegLeftBridge,
    LegResumed,
    LegsOptimized,
    LegsPaired,
    Noted,
    QueueAttempted,
    QueueStatusSet,
    RecordingMuted,
    RecordingNamed,
    RecordingStarted,
    RecordingStopped,
    RingNotAnswered,
    RingStarted,
)
from callcenter.domain.event import Event
from callcenter.domain.ids import QueueName

_ENDS = {
    "caller": ConversationEnd.CALLER,
    "agent": ConversationEnd.AGENT,
    "transfer": ConversationEnd.TRANSFER,
}
_SUCCESS = (None, "Success")

LOCAL = "Local/"
"""How the names of Local channels begin."""


def queue_caller_join(report: Report) -> Event:
    """A caller is in the queue."""
    return CallOffered(
        **report.head,
        leg=report.leg(),
        queue=report.queue(),
        position=report.number_or_none("Position"),
        caller=caller(report.text("CallerIDNum"), report.unescaped("CallerIDName")),
        linked_leg=report.leg_or_none("Linkedid"),
    )


def queue_entry(report: Report) -> Event:
    """A snapshot's waiting caller. Here the unknown is called ``unknown``, and names are not escaped."""
    number, name = report.text("CallerIDNum"), report.text("CallerIDName")
    return CallSeenWaiting(
        **report.head,
        leg=report.leg(),
        queue=report.queue(),
        position=report.number_or_none("Position"),
        wait_seconds=report.number("Wait"),
        caller=caller(None if number == "unknown" else number, None if name == "unknown" else name),
    )


def queue_caller_leave(report: Report) -> Event:
    """A caller left the queue: just before AgentConnect, or at any other exit."""
    return CallLeftQueue(**report.head, leg=report.leg(), queue=report.queue())


def queue_caller_abandon(report: Report) -> Event:
    """A wait ended without an answer: hang-up, but also time-out, empty queue, withdrawal, no common codec."""
    return CallUnanswered(
        **report.head,
        leg=report.leg(),
        queue=report.queue(),
        wait_seconds=report.number_or_none("HoldTime"),
        position=report.number_or_none("Position"),
        original_position=report.number_or_none("OriginalPosition"),
    )


def agent_called(report: Report) -> Event:
    """A member is being rung."""
    return RingStarted(
        **report.head,
        leg=report.leg(),
        queue=report.queue(),
        member=report.member(),
        agent_leg=report.leg_or_none("DestUniqueid"),
    )


def agent_connect(report: Report) -> Event:
    """Answered. RingTime is in seconds here."""
    return CallAnswered(
        **report.head,
        leg=report.leg(),
        queue=report.queue(),
        member=report.member(),
        agent_leg=report.leg_or_none("DestUniqueid"),
        wait_seconds=report.number("HoldTime"),
        ring_seconds=report.number_or_none("RingTime"),
    )


def agent_complete(report: Report) -> Event:
    """The end as the queue sees it. A channel that is gone already is left out: either id can be missing, or both."""
    end = _ENDS.get(report.name("Reason"))
    if end is None:
        raise report.bad("Reason")
    return ConversationEnded(
        **report.head,
        leg=report.leg_or_none(),
        queue=report.queue(),
        member=report.member(),
        agent_leg=report.leg_or_none("DestUniqueid"),
        wait_seconds=report.number_or_none("HoldTime"),
        talk_seconds=report.number_or_none("TalkTime"),
        end=end,
    )


def agent_ring_no_answer(report: Report) -> Event:
    """No answer, busy, congested or rejected. RingTime is in milliseconds here."""
    ring = report.number_or_none("RingTime")
    return RingNotAnswered(
        **report.head,
        leg=report.leg(),
        queue=report.queue(),
        member=report.member(),
        agent_leg=report.leg_or_none("DestUniqueid"),
        ring_seconds=None if ring is None else ring / 1000,
    )


def agent_dump(report: Report) -> Event:
    """The agent hung up during announcement or member delay; the caller stays."""
    return AgentDumped(
        **report.head,
        leg=report.leg(),
        queue=report.queue(),
        member=report.member(),
        agent_leg=report.leg_or_none("DestUniqueid"),
    )


def bridge_enter(report: Report) -> Event:
    """A leg entered a bridge."""
    return LegJoinedBridge(
        **report.head,
        leg=report.leg(),
        bridge=report.name("BridgeUniqueid"),
        swapped_leg=report.leg_or_none("SwapUniqueid"),
    )


def bridge_leave(report: Report) -> Event:
    """A leg left a bridge."""
    return LegLeftBridge(**report.head, leg=report.leg(), bridge=report.name("BridgeUniqueid"))


def hangup(report: Report) -> Event:
    """A leg is gone."""
    return LegEnded(**report.head, leg=report.leg(), cause=report.number_or_none("Cause"))


def hangup_request(report: Report) -> Event:
    """The network's side asked for the end of a leg."""
    return HangupRequested(**report.head, leg=report.leg(), cause=report.number_or_none("Cause"))


def hold(report: Report) -> Event:
    """Sent for the leg of the party that holds."""
    return LegHeld(**report.head, leg=report.leg())


def unhold(report: Report) -> Event:
    """Sent for the leg of the party that takes back; also before a transfer completes."""
    return LegResumed(**report.head, leg=report.leg())


def local_bridge(report: Report) -> Event:
    """The halves of a Local channel."""
    return LegsPaired(**report.head, leg=report.leg("LocalOneUniqueid"), other_leg=report.leg("LocalTwoUniqueid"))


def dial_begin(report: Report) -> Event | None:
    """A leg rings another. Of interest is what the far half of a Local channel rings."""
    if not (report.text("Channel") or "").startswith(LOCAL):
        return None
    return DeviceRung(**report.head, leg=report.leg(), device_leg=report.leg("DestUniqueid"))


def local_optimization_begin(report: Report) -> Event:
    """A Local channel is about to be taken out of the path."""
    return LegsOptimized(
        **report.head,
        leg=report.leg("LocalOneUniqueid"),
        other_leg=report.leg("LocalTwoUniqueid"),
        source_leg=report.leg_or_none("SourceUniqueid"),
    )


def blind_transfer(report: Report) -> Event | None:
    """A transfer; one that failed changed nothing."""
    if report.text("Result") not in _SUCCESS:
        return None
    return CallTransferredBlind(
        **report.head,
        leg=report.leg("TransfereeUniqueid"),
        transferer_leg=report.leg("TransfererUniqueid"),
        extension=report.text("Extension"),
        context=report.text("Context"),
    )


def attended_transfer(report: Report) -> Event | None:
    """A transfer; one that failed changed nothing."""
    if report.text("Result") not in _SUCCESS:
        return None
    return CallTransferredAttended(
        **report.head,
        transferer_leg=report.leg("OrigTransfererUniqueid"),
        second_leg=report.leg("SecondTransfererUniqueid"),
        leg=report.leg_or_none("TransfereeUniqueid"),
        target_leg=report.leg_or_none("TransferTargetUniqueid"),
        destination=report.text("DestType"),
        application=report.text("DestApp"),
    )


def var_set(report: Report) -> Event | None:
    """Two variables matter, set to something on a channel; of a global one the channel is called ``none``."""
    variable, value, leg = report.text("Variable"), report.unescaped("Value"), report.leg()
    if value is None or leg == "none":
        return None
    if variable == "QUEUESTATUS":
        return QueueStatusSet(**report.head, leg=leg, status=value)
    if variable == "MIXMONITOR_FILENAME":
        return RecordingNamed(**report.head, leg=leg, path=value)
    return None


def mix_monitor_start(report: Report) -> Event:
    """A recording began; the file's name came before, in a variable."""
    return RecordingStarted(**report.head, leg=report.leg())


def mix_monitor_stop(report: Report) -> Event:
    """A recording was stopped on purpose."""
    return RecordingStopped(**report.head, leg=report.leg())


def mix_monitor_mute(report: Report) -> Event:
    """State 1 mutes, 0 ends it."""
    return RecordingMuted(
        **report.head, leg=report.leg(), direction=report.text("Direction"), muted=report.flag("State")
    )


def newexten(report: Report) -> Event | None:
    """The dialplan runs an application: of interest is Queue, whose data begin with the queue's name."""
    queue = (report.text("AppData") or "").partition(",")[0]
    if report.text("Application") != "Queue" or not queue:
        return None
    return QueueAttempted(**report.head, leg=report.leg(), queue=QueueName(queue))


def user_event(report: Report) -> Event:
    """What a dialplan or program tells; the first three are what our own says (`extensions-callcenter.conf`)."""
    name = report.name("UserEvent")
    match name:
        case "QueueRefused":
            return CallRefused(**report.head, leg=report.leg(), queue=report.queue(), status=report.name("Status"))
        case "QueueLeft":
            return QueueStatusSet(**report.head, leg=report.leg(), status=report.name("Status"))
        case "RecordingNamed":
            return RecordingNamed(**report.head, leg=report.leg(), path=report.name("File"))
    queue = report.name_or_none("Queue")
    return Noted(
        **report.head,
        leg=report.leg_or_none(),
        queue=None if queue is None else QueueName(queue),
        name=name,
        details=report.details_after("UserEvent"),
    )
