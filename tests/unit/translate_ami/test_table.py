"""One row of `TABLE` per case: the headers that matter, and the fact that they tell."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from adapters.ami.translate import TABLE, translate
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
from callcenter.domain.errors import BadHeader, MissingHeader
from callcenter.domain.event import Event
from callcenter.domain.feed import PbxReloaded, PbxStarted, QueueSeen
from callcenter.domain.ids import CallerRef, EventId, LegId, MemberRef, PbxId, QueueName, Source
from tests.support.frames import AT, HQ, frame

CALLER = 'CallerIDNum: 5551234\nCallerIDName: O\\\'Neil, \\"Pat\\"\nUniqueid: 7.1\nLinkedid: 7.0\n'
AGENT = "DestCallerIDNum: 1001\nDestUniqueid: 7.2\nDestLinkedid: 7.0\n"
MEMBER = "Queue: sales\nMemberName: Eve O'Connor\nInterface: PJSIP/1001\n"
RING = CALLER + AGENT + MEMBER

LEG = LegId("7.1")
CALL = {"leg": LEG, "queue": QueueName("sales")}
EVE = MemberRef("PJSIP/1001", "Eve O'Connor")
AGENT_LEG = LegId("7.2")


def fact(kind: type[Event], **fields: object) -> Event:
    """The expected event, with whatever id it has."""
    return kind(event_id=b"", occurred_at=AT, pbx=PbxId("hq"), source=Source.AMI, **fields)


def told(name: str, headers: str) -> list[Event]:
    """What a frame tells, without ids."""
    events = translate(frame(name, headers), HQ)
    assert all(len(event.event_id) == 16 for event in events)
    return [replace(event, event_id=EventId(b"")) for event in events]


CASES: dict[str, list[tuple[str, Event | None]]] = {
    "QueueCallerJoin": [
        (
            CALLER + "Queue: sales\nPosition: 2\nCount: 5",
            fact(CallOffered, **CALL, position=2, caller=CallerRef("5551234", 'O\'Neil, "Pat"'), linked_leg="7.0"),
        ),
        (
            "CallerIDNum: <unknown>\nCallerIDName: <unknown>\nUniqueid: 7.1\nQueue: sales\nPosition: 1",
            fact(CallOffered, **CALL, position=1, caller=None),
        ),
    ],
    "QueueCallerLeave": [(CALLER + "Queue: sales\nPosition: 1\nCount: 0", fact(CallLeftQueue, **CALL))],
    "QueueCallerAbandon": [
        (
            CALLER + "Queue: sales\nPosition: 1\nOriginalPosition: 3\nHoldTime: 40",
            fact(CallUnanswered, **CALL, wait_seconds=40, position=1, original_position=3),
        )
    ],
    "QueueEntry": [
        (
            "Queue: sales\nPosition: 1\nUniqueid: 7.1\nCallerIDNum: 555\nCallerIDName: unknown\nWait: 9\nPriority: 0",
            fact(CallSeenWaiting, **CALL, position=1, wait_seconds=9, caller=CallerRef("555")),
        ),
        (
            "Queue: sales\nPosition: 1\nUniqueid: 7.1\nCallerIDNum: unknown\nCallerIDName: a\\b\nWait: 0",
            fact(CallSeenWaiting, **CALL, position=1, wait_seconds=0, caller=CallerRef(None, "a\\b")),
        ),
    ],
    "AgentCalled": [(RING, fact(RingStarted, **CALL, member=EVE, agent_leg=AGENT_LEG))],
    "AgentConnect": [
        (
            RING + "RingTime: 3\nHoldTime: 5",
            fact(CallAnswered, **CALL, member=EVE, agent_leg=AGENT_LEG, wait_seconds=5, ring_seconds=3),
        ),
        (
            RING + "RingTime: 0\nHoldTime: -2",
            fact(CallAnswered, **CALL, member=EVE, agent_leg=AGENT_LEG, wait_seconds=-2, ring_seconds=0),
        ),
    ],
    "AgentComplete": [
        (
            headers + f"HoldTime: 5\nTalkTime: 60\nReason: {reason}",
            fact(ConversationEnded, queue="sales", member=EVE, wait_seconds=5, talk_seconds=60, end=end, **legs),
        )
        for headers, reason, end, legs in [
            (RING, "caller", ConversationEnd.CALLER, {"leg": LEG, "agent_leg": AGENT_LEG}),
            (CALLER + MEMBER, "agent", ConversationEnd.AGENT, {"leg": LEG}),
            (AGENT + MEMBER, "transfer", ConversationEnd.TRANSFER, {"agent_leg": AGENT_LEG}),
            (MEMBER, "caller", ConversationEnd.CALLER, {}),
        ]
    ],
    "AgentRingNoAnswer": [
        (
            RING + f"RingTime: {milliseconds}",
            fact(RingNotAnswered, **CALL, member=EVE, agent_leg=AGENT_LEG, ring_seconds=seconds),
        )
        for milliseconds, seconds in [("15000", 15.0), ("0", 0.0), ("", None)]
    ],
    "AgentDump": [(RING, fact(AgentDumped, **CALL, member=EVE, agent_leg=AGENT_LEG))],
    "BridgeEnter": [
        ("BridgeUniqueid: b-1\n" + CALLER, fact(LegJoinedBridge, leg=LEG, bridge="b-1")),
        (
            "BridgeUniqueid: b-1\n" + CALLER + "SwapUniqueid: 7.9",
            fact(LegJoinedBridge, leg=LEG, bridge="b-1", swapped_leg="7.9"),
        ),
    ],
    "BridgeLeave": [("BridgeUniqueid: b-1\n" + CALLER, fact(LegLeftBridge, leg=LEG, bridge="b-1"))],
    "Hangup": [
        (CALLER + "Cause: 26\nCause-txt: Answered elsewhere", fact(LegEnded, leg=LEG, cause=26)),
        (CALLER, fact(LegEnded, leg=LEG, cause=None)),
    ],
    "HangupRequest": [
        (CALLER + "Cause: 16", fact(HangupRequested, leg=LEG, cause=16)),
        (CALLER, fact(HangupRequested, leg=LEG, cause=None)),
    ],
    "Hold": [(CALLER + "MusicClass: default", fact(LegHeld, leg=LEG))],
    "Unhold": [(CALLER, fact(LegResumed, leg=LEG))],
    "LocalBridge": [
        ("LocalOneUniqueid: 7.3\nLocalTwoUniqueid: 7.4", fact(LegsPaired, leg="7.3", other_leg="7.4")),
    ],
    "DialBegin": [
        (
            "Channel: Local/1001@agents-00000001;2\nUniqueid: 7.4\nDestChannel: PJSIP/1001-00000007\nDestUniqueid: 7.5",
            fact(DeviceRung, leg="7.4", device_leg="7.5"),
        ),
        ("Channel: PJSIP/trunk-00000002\nUniqueid: 7.1\nDestChannel: Local/1001@agents-1;1\nDestUniqueid: 7.3", None),
        ("DestChannel: PJSIP/1001-00000007\nDestUniqueid: 7.5\nDialString: 1001", None),
    ],
    "LocalOptimizationBegin": [
        (
            "LocalOneUniqueid: 7.3\nLocalTwoUniqueid: 7.4\nSourceUniqueid: 7.5\nDestUniqueId: 7.4",
            fact(LegsOptimized, leg="7.3", other_leg="7.4", source_leg="7.5"),
        )
    ],
    "BlindTransfer": [
        (
            (
                "Result: Success\nTransfererUniqueid: 7.2\nTransfererContext: agents\nTransfereeUniqueid: 7.1\n"
                "TransfereeContext: queues\nContext: from-agents\nExtension: 7004"
            ),
            fact(CallTransferredBlind, leg=LEG, transferer_leg="7.2", extension="7004", context="from-agents"),
        ),
        ("Result: Not Permitted\nTransfererUniqueid: 7.2\nTransfereeUniqueid: 7.1", None),
    ],
    "AttendedTransfer": [
        (
            (
                "Result: Success\nOrigTransfererUniqueid: 7.2\nSecondTransfererUniqueid: 7.6\nTransfereeUniqueid: 7.1\n"
                "DestType: App\nDestApp: Queue"
            ),
            fact(
                CallTransferredAttended,
                transferer_leg="7.2",
                second_leg="7.6",
                leg=LEG,
                destination="App",
                application="Queue",
            ),
        ),
        (
            (
                "Result: Success\nOrigTransfererUniqueid: 7.2\nSecondTransfererUniqueid: 7.6\nTransfereeUniqueid: 7.1\n"
                "TransferTargetUniqueid: 7.7\nDestType: Bridge\nDestBridgeUniqueid: b-2"
            ),
            fact(
                CallTransferredAttended,
                transferer_leg="7.2",
                second_leg="7.6",
                leg=LEG,
                target_leg="7.7",
                destination="Bridge",
            ),
        ),
        ("Result: Fail\nOrigTransfererUniqueid: 7.2\nSecondTransfererUniqueid: 7.6\nDestType: Fail", None),
    ],
    "VarSet": [
        (CALLER + "Variable: QUEUESTATUS\nValue: TIMEOUT", fact(QueueStatusSet, leg=LEG, status="TIMEOUT")),
        (
            CALLER + 'Variable: MIXMONITOR_FILENAME\nValue: /var/spool/a\\\\b\\"c.wav',
            fact(RecordingNamed, leg=LEG, path='/var/spool/a\\b"c.wav'),
        ),
        (CALLER + "Variable: QUEUESTATUS\nValue: ", None),
        (CALLER + "Variable: QUEUESTATUS2\nValue: TIMEOUT", None),
        ("Channel: none\nUniqueid: none\nVariable: QUEUESTATUS\nValue: TIMEOUT", None),
    ],
    "MixMonitorStart": [(CALLER, fact(RecordingStarted, leg=LEG))],
    "MixMonitorStop": [(CALLER, fact(RecordingStopped, leg=LEG))],
    "MixMonitorMute": [
        (CALLER + "Direction: both\nState: 1", fact(RecordingMuted, leg=LEG, direction="both", muted=True)),
        (CALLER + "Direction: read\nState: 0", fact(RecordingMuted, leg=LEG, direction="read", muted=False)),
    ],
    "Newexten": [
        (
            CALLER + "Extension: q-sales\nApplication: Queue\nAppData: sales,ctTh,,,25",
            fact(QueueAttempted, **CALL),
        ),
        (CALLER + "Application: Queue\nAppData: sales", fact(QueueAttempted, **CALL)),
        (CALLER + "Application: Queue\nAppData: ", None),
        (CALLER + "Application: QueueLog\nAppData: sales,1,NONE,SURVEY", None),
    ],
    "UserEvent": [
        (
            CALLER + "UserEvent: QueueRefused\nQueue: sales\nStatus: FULL",
            fact(CallRefused, **CALL, status="FULL"),
        ),
        (
            CALLER + "UserEvent: QueueLeft\nQueue: sales\nStatus: TIMEOUT",
            fact(QueueStatusSet, leg=CALL["leg"], status="TIMEOUT"),
        ),
        (
            CALLER + "UserEvent: RecordingNamed\nFile: /var/spool/asterisk/monitor/2026-03-02/1.7.wav",
            fact(RecordingNamed, leg=CALL["leg"], path="/var/spool/asterisk/monitor/2026-03-02/1.7.wav"),
        ),
        (
            CALLER + "UserEvent: Survey\nQueue: sales\nScore: 5\nRemark: ",
            fact(Noted, **CALL, name="Survey", details=(("Queue", "sales"), ("Score", "5"), ("Remark", ""))),
        ),
        ("UserEvent: Door\nOpen: <yes>", fact(Noted, name="Door", details=(("Open", "<yes>"),))),
        ("UserEvent: Tick", fact(Noted, name="Tick")),
    ],
    "QueueMemberAdded": [
        (
            MEMBER + "Membership: dynamic\nPenalty: 3\nPaused: 1\nPausedReason: lunch",
            fact(
                MemberAdded,
                queue="sales",
                member=EVE,
                membership="dynamic",
                penalty=3,
                paused=True,
                reason="lunch",
            ),
        )
    ],
    "QueueMemberRemoved": [
        (MEMBER + "Paused: 0", fact(MemberRemoved, queue="sales", member=EVE)),
        (
            "Queue: sales\nMemberName: PJSIP/1001\nInterface: PJSIP/1001",
            fact(MemberRemoved, queue="sales", member=MemberRef("PJSIP/1001")),
        ),
    ],
    "QueueMemberPause": [
        (
            MEMBER + "Paused: 1\nPausedReason: lunch",
            fact(MemberPaused, queue="sales", member=EVE, reason="lunch"),
        ),
        (MEMBER + "Paused: 1\nReason: tea", fact(MemberPaused, queue="sales", member=EVE, reason="tea")),
        (
            MEMBER + "Paused: 0\nPausedReason: \nReason: ",
            fact(MemberUnpaused, queue="sales", member=EVE, reason=None),
        ),
    ],
    "QueueMemberPenalty": [(MEMBER + "Penalty: 7", fact(MemberPenaltySet, queue="sales", member=EVE, penalty=7))],
    "QueueMemberStatus": [
        (
            MEMBER + "Membership: static\nPenalty: 1\nInCall: 1\nStatus: 8\nPaused: 0\nPausedReason: ",
            fact(
                MemberStatusChanged,
                queue="sales",
                member=EVE,
                status=DeviceState.ON_HOLD,
                in_call=True,
                penalty=1,
                membership="static",
            ),
        )
    ],
    "QueueMember": [
        (
            (
                "Queue: sales\nName: Eve O'Connor\nLocation: PJSIP/1001\nMembership: dynamic\nPenalty: 0\n"
                "LastPause: 1795424700\nLoginTime: 1795424600\nInCall: 0\nStatus: 1\nPaused: 1\nPausedReason: tea"
            ),
            fact(
                MemberSeen,
                queue="sales",
                member=EVE,
                membership="dynamic",
                status=DeviceState.NOT_IN_USE,
                paused=True,
                reason="tea",
                penalty=0,
                signed_in_at=datetime(2026, 11, 23, 9, 3, 20, tzinfo=UTC),
                paused_at=datetime(2026, 11, 23, 9, 5, tzinfo=UTC),
            ),
        ),
        (
            (
                "Queue: sales\nName: Eve O'Connor\nLocation: PJSIP/1001\nLastPause: 1795424700\nLoginTime: 0\n"
                "Status: 5\nPaused: 0"
            ),
            fact(MemberSeen, queue="sales", member=EVE, status=DeviceState.UNAVAILABLE),
        ),
    ],
    "QueueParams": [
        (
            (
                "Queue: sales\nMax: 8\nStrategy: ringall\nCalls: 2\nHoldtime: 4\nTalkTime: 9\nCompleted: 10\n"
                "Abandoned: 3\nServiceLevel: 20\nServicelevelPerf: 90.0\nWeight: 5"
            ),
            fact(
                QueueSeen,
                queue="sales",
                service_level_seconds=20,
                waiting=2,
                completed=10,
                abandoned=3,
                longest_queue=8,
                strategy="ringall",
            ),
        ),
        ("Queue: sales\nMax: 0", fact(QueueSeen, queue="sales")),
    ],
    "AgentLogin": [(CALLER + "Agent: 1001", fact(AgentLoggedIn, member=MemberRef(name="1001"), leg=LEG))],
    "AgentLogoff": [
        ("Agent: 1001\nLogintime: 300", fact(AgentLoggedOff, member=MemberRef(name="1001"), leg=None)),
    ],
    "FullyBooted": [
        (
            "Uptime: 3607\nLastReload: 60\nStatus: Fully Booted",
            fact(PbxStarted, started_at=datetime(2026, 11, 23, 8, 6, 0, 857169, tzinfo=UTC)),
        ),
        ("Status: Fully Booted", None),
    ],
    "Reload": [("Module: app_queue\nStatus: 0", fact(PbxReloaded, module="app_queue"))],
}


@pytest.mark.parametrize(("name", "headers", "expected"), [(name, *case) for name in TABLE for case in CASES[name]])
def test_what_a_frame_tells(name: str, headers: str, expected: Event | None) -> None:
    assert told(name, headers) == ([] if expected is None else [expected])


NEEDED = {
    "QueueCallerJoin": ("Uniqueid", "Queue"),
    "QueueCallerLeave": ("Uniqueid", "Queue"),
    "QueueCallerAbandon": ("Uniqueid", "Queue"),
    "QueueEntry": ("Uniqueid", "Queue", "Wait"),
    "AgentCalled": ("Uniqueid", "Queue", "Interface"),
    "AgentConnect": ("Uniqueid", "Queue", "Interface", "HoldTime"),
    "AgentComplete": ("Queue", "Interface", "Reason"),
    "AgentRingNoAnswer": ("Uniqueid", "Queue", "Interface"),
    "AgentDump": ("Uniqueid", "Queue", "Interface"),
    "BridgeEnter": ("Uniqueid", "BridgeUniqueid"),
    "BridgeLeave": ("Uniqueid", "BridgeUniqueid"),
    "Hangup": ("Uniqueid",),
    "HangupRequest": ("Uniqueid",),
    "Hold": ("Uniqueid",),
    "Unhold": ("Uniqueid",),
    "LocalBridge": ("LocalOneUniqueid", "LocalTwoUniqueid"),
    "DialBegin": ("Uniqueid", "DestUniqueid"),
    "LocalOptimizationBegin": ("LocalOneUniqueid", "LocalTwoUniqueid"),
    "BlindTransfer": ("TransfererUniqueid", "TransfereeUniqueid"),
    "AttendedTransfer": ("OrigTransfererUniqueid", "SecondTransfererUniqueid"),
    "VarSet": ("Uniqueid",),
    "MixMonitorStart": ("Uniqueid",),
    "MixMonitorStop": ("Uniqueid",),
    "MixMonitorMute": ("Uniqueid",),
    "Newexten": ("Uniqueid",),
    "UserEvent": ("Uniqueid", "UserEvent", "Queue", "Status"),
    "QueueMemberAdded": ("Queue", "Interface"),
    "QueueMemberRemoved": ("Queue", "Interface"),
    "QueueMemberPause": ("Queue", "Interface", "Paused"),
    "QueueMemberPenalty": ("Queue", "Interface", "Penalty"),
    "QueueMemberStatus": ("Queue", "Interface", "Status"),
    "QueueMember": ("Queue", "Location", "Status"),
    "QueueParams": ("Queue",),
    "AgentLogin": ("Agent",),
    "AgentLogoff": ("Agent",),
}


@pytest.mark.parametrize(("name", "header"), [(name, header) for name in NEEDED for header in NEEDED[name]])
def test_a_frame_without_what_it_is_about_is_refused(name: str, header: str) -> None:
    lines = CASES[name][0][0].splitlines()
    without = "\n".join(line for line in lines if not line.startswith(f"{header}:"))
    with pytest.raises(MissingHeader) as caught:
        translate(frame(name, without), HQ)
    assert (caught.value.event, caught.value.header) == (name, header)


@pytest.mark.parametrize(
    ("name", "header", "value"),
    [
        ("AgentConnect", "HoldTime", "x"),
        ("AgentConnect", "HoldTime", "9" * 30),
        ("AgentConnect", "HoldTime", "1_0"),
        ("AgentConnect", "HoldTime", "1.5"),
        ("AgentConnect", "HoldTime", "٣"),
        ("AgentConnect", "HoldTime", "--1"),
        ("AgentConnect", "HoldTime", "-2147483648"),
        ("AgentComplete", "Reason", "boredom"),
        ("Hangup", "Cause", "sixteen"),
        ("QueueMemberPause", "Paused", "2"),
        ("QueueMemberAdded", "Paused", "yes"),
        ("QueueMemberStatus", "Status", "9"),
        ("QueueMemberStatus", "Status", "-1"),
        ("QueueMember", "LoginTime", "-1"),
        ("QueueMember", "LoginTime", "9" * 11),
        ("QueueMember", "LastPause", "x"),
        ("MixMonitorMute", "State", "2"),
        ("Hangup", "Uniqueid", "7" * 256),
        ("AgentCalled", "MemberName", "n" * 256),
        ("QueueCallerJoin", "Queue", "q" * 256),
    ],
)
def test_a_frame_that_holds_what_cannot_be_read_is_refused(name: str, header: str, value: str) -> None:
    lines = CASES[name][0][0].splitlines()
    assert any(line.startswith(f"{header}:") for line in lines)
    changed = "\n".join(f"{header}: {value}" if line.startswith(f"{header}:") else line for line in lines)
    with pytest.raises(BadHeader) as caught:
        translate(frame(name, changed), HQ)
    assert (caught.value.event, caught.value.header, caught.value.value) == (name, header, value[:255])
