"""AMI frames → domain events.

What means something to a call centre is in `TABLE`; what Asterisk says besides is in `IGNORED`. What is in neither is
counted by its name, so that a new event of a new Asterisk is noticed.
"""

from collections.abc import Callable, Mapping

from adapters.ami import translate_calls as calls
from adapters.ami import translate_members as members
from adapters.ami.frame import Frame
from adapters.ami.reader import Predicate, holds
from adapters.ami.report import HeardOn, Report
from callcenter.domain.event import Event

TABLE: Mapping[str, Callable[[Report], Event | None]] = {
    "QueueCallerJoin": calls.queue_caller_join,
    "QueueCallerLeave": calls.queue_caller_leave,
    "QueueCallerAbandon": calls.queue_caller_abandon,
    "QueueEntry": calls.queue_entry,
    "AgentCalled": calls.agent_called,
    "AgentConnect": calls.agent_connect,
    "AgentComplete": calls.agent_complete,
    "AgentRingNoAnswer": calls.agent_ring_no_answer,
    "AgentDump": calls.agent_dump,
    "BridgeEnter": calls.bridge_enter,
    "BridgeLeave": calls.bridge_leave,
    "Hangup": calls.hangup,
    "HangupRequest": calls.hangup_request,
    "Hold": calls.hold,
    "Unhold": calls.unhold,
    "LocalBridge": calls.local_bridge,
    "DialBegin": calls.dial_begin,
    "LocalOptimizationBegin": calls.local_optimization_begin,
    "BlindTransfer": calls.blind_transfer,
    "AttendedTransfer": calls.attended_transfer,
    "VarSet": calls.var_set,
    "MixMonitorStart": calls.mix_monitor_start,
    "MixMonitorStop": calls.mix_monitor_stop,
    "MixMonitorMute": calls.mix_monitor_mute,
    "Newexten": calls.newexten,
    "UserEvent": calls.user_event,
    "QueueMemberAdded": members.queue_member_added,
    "QueueMemberRemoved": members.queue_member_removed,
    "QueueMemberPause": members.queue_member_pause,
    "QueueMemberPenalty": members.queue_member_penalty,
    "QueueMemberStatus": members.queue_member_status,
    "QueueMember": members.queue_member,
    "QueueParams": members.queue_params,
    "AgentLogin": members.agent_login,
    "AgentLogoff": members.agent_logoff,
    "FullyBooted": members.fully_booted,
    "Reload": members.reload,
}

WANTED: Mapping[str, Predicate | None] = {
    **dict.fromkeys(TABLE),
    # Half of all traffic, and nearly all of it about other variables and applications.
    "VarSet": holds(b"\nVariable: QUEUESTATUS", b"\nVariable: MIXMONITOR_FILENAME"),
    # The queue's own events tell whom it rings.
    "DialBegin": holds(b"\nChannel: Local/"),
    "Newexten": holds(b"\nApplication: Queue\r", b"\nApplication: Queue\n"),
}
"""What `FrameReader` is to keep: the names in `TABLE`, some of them only if their bytes hold what we look for."""

IGNORED: frozenset[str] = frozenset(
    (
        # A leg's birth, states and names: the queue's own events tell who called whom, and when.
        *("Newchannel", "Newstate", "NewCallerid", "NewConnectedLine", "NewAccountCode", "Rename", "OriginateResponse"),
        *("DialState", "DialEnd", "SoftHangupRequest", "LocalOptimizationEnd", "HangupHandlerPush"),
        *("HangupHandlerPop", "HangupHandlerRun", "DTMFBegin", "DTMFEnd", "MusicOnHoldStart", "MusicOnHoldStop"),
        *("ChannelTalkingStart", "ChannelTalkingStop", "ExtensionStatus"),
        # Bridges by themselves: it matters who is in them.
        *("BridgeCreate", "BridgeDestroy", "BridgeMerge", "BridgeInfoChannel", "BridgeInfoComplete", "BridgeListItem"),
        *("BridgeListComplete", "BridgeVideoSourceUpdate"),
        # Devices: QueueMemberStatus tells the states of the phones that matter.
        *("DeviceStateChange", "DeviceStateListComplete", "PresenceStateChange", "PresenceStatus", "ContactStatus"),
        *("PresenceStateListComplete", "PeerStatus", "Registry", "MessageWaiting", "ContactStatusDetail"),
        *("ContactList", "ContactListComplete"),
        # A setting that no figure depends on.
        "QueueMemberRinginuse",
        # Snapshots: sums of what QueueParams and QueueMember tell, ends of lists, and legs without their queue.
        *("QueueSummary", "QueueSummaryComplete", "QueueStatusComplete", "CoreShowChannel", "CoreShowChannelsComplete"),
        *("Status", "StatusComplete", "Agents", "AgentsComplete"),
        # Other records of the same calls, in local time and whole seconds, and without an order.
        *("Cdr", "CEL"),
        # Quality of sound.
        *("RTCPSent", "RTCPReceived"),
        # Who logs in to Asterisk, and how its own tests go.
        *("SuccessfulAuth", "ChallengeSent", "ChallengeResponseFailed", "InvalidAccountID", "InvalidPassword"),
        *("FailedACL", "RequestBadFormat", "RequestNotAllowed", "RequestNotSupported", "SessionLimit", "TestEvent"),
        # The end of the connection says the same, also when this does not come.
        "Shutdown",
    )
)
"""What Asterisk says and we need not know. Documented names only, so that a new one is noticed."""


def translate(frame: Frame, heard_on: HeardOn) -> tuple[Event, ...]:
    """The facts that a frame tells; none if its name is not in `TABLE`.

    The same bytes give the same event, and the same id. Raises MissingHeader or BadHeader.
    """
    tell = TABLE.get(frame.name)
    event = tell(Report(frame, heard_on)) if tell else None
    return () if event is None else (event,)
