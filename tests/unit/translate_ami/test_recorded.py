"""Recorded days of Asterisk 16 and 22: every name has its place, and every frame that matters becomes a fact."""

import gzip
from collections import Counter
from pathlib import Path

import pytest

from adapters.ami.frame import Frame, FrameKind
from adapters.ami.reader import FrameReader
from adapters.ami.translate import IGNORED, TABLE, WANTED, translate
from callcenter.domain.event import Event
from tests.support.frames import HEARD_AT, HQ

TRACES = Path(__file__).parents[2] / "data" / "traces"

# Every event name of the two recorded days, and how often Asterisk 22 and 16 sent it.
RECORDED = {
    "VarSet": (56203, 42639),
    "Newexten": (16497, 16288),
    "CEL": (16337, 9412),
    "TestEvent": (8428, 8594),
    "DeviceStateChange": (3933, 3929),
    "RTCPSent": (2532, 2808),
    "QueueMemberStatus": (2339, 2772),
    "Newstate": (1964, 1864),
    "Hangup": (1551, 1450),
    "Newchannel": (1551, 1450),
    "NewConnectedLine": (1432, 1299),
    "Cdr": (1361, 1270),
    "ExtensionStatus": (1238, 1469),
    "MusicOnHoldStop": (976, 1098),
    "MusicOnHoldStart": (976, 1098),
    "BridgeLeave": (951, 893),
    "BridgeEnter": (951, 893),
    "NewAccountCode": (943, 875),
    "HangupRequest": (910, 815),
    "SoftHangupRequest": (867, 829),
    "DialEnd": (727, 676),
    "DialBegin": (691, 632),
    "DialState": (689, 629),
    "NewCallerid": (681, 566),
    "DTMFBegin": (643, 648),
    "DTMFEnd": (630, 633),
    "QueueCallerLeave": (519, 531),
    "QueueCallerJoin": (519, 531),
    "AgentCalled": (506, 473),
    "BridgeCreate": (472, 443),
    "BridgeDestroy": (472, 443),
    "MixMonitorStart": (388, 364),
    "AgentComplete": (350, 335),
    "AgentConnect": (349, 334),
    "UserEvent": (343, 352),
    "LocalBridge": (255, 206),
    "CoreShowChannel": (198, 181),
    "QueueMember": (165, 160),
    "QueueMemberPause": (164, 176),
    "QueueCallerAbandon": (149, 170),
    "AgentRingNoAnswer": (138, 109),
    "SuccessfulAuth": (82, 86),
    "ChallengeSent": (80, 84),
    "Unhold": (79, 88),
    "Hold": (65, 61),
    "QueueSummary": (48, 48),
    "QueueParams": (48, 48),
    "QueueEntry": (47, 56),
    "QueueMemberAdded": (44, 52),
    "ContactStatus": (30, 32),
    "QueueMemberRemoved": (30, 41),
    "PeerStatus": (20, 21),
    "MessageWaiting": (18, 0),
    "AttendedTransfer": (14, 16),
    "BlindTransfer": (14, 22),
    "OriginateResponse": (9, 16),
    "QueueStatusComplete": (8, 8),
    "QueueSummaryComplete": (8, 8),
    "CoreShowChannelsComplete": (8, 8),
    "QueueMemberRinginuse": (2, 2),
    "QueueMemberPenalty": (1, 1),
    "DeviceStateListComplete": (1, 1),
    "FullyBooted": (1, 1),
}
# Also seen: in the stories and with Local channels that optimise themselves away.
ELSEWHERE = {"LocalOptimizationBegin", "LocalOptimizationEnd", "AgentDump", "Reload"}
SELECTED = {"VarSet", "Newexten", "DialBegin"}


def test_every_recorded_name_is_either_translated_or_ignored() -> None:
    assert TABLE.keys() | IGNORED >= RECORDED.keys() | ELSEWHERE
    assert not TABLE.keys() & IGNORED
    assert WANTED.keys() == TABLE.keys()


def read(trace: str) -> tuple[list[Frame], FrameReader]:
    reader = FrameReader(WANTED, IGNORED)
    with gzip.open(TRACES / trace / "ami.raw.gz") as file:
        return reader.feed(file.read(), HEARD_AT), reader


def facts(frames: list[Frame]) -> list[Event]:
    """What the frames tell; any that cannot be read fails the test."""
    return [event for frame in frames if frame.kind is FrameKind.EVENT for event in translate(frame, HQ)]


@pytest.mark.parametrize(("trace", "version"), [("day-ast22", 0), ("day-ast16", 1)])
def test_every_frame_of_a_day_is_accounted_for(trace: str, version: int) -> None:
    frames, reader = read(trace)
    names = Counter(frame.name for frame in frames if frame.kind is FrameKind.EVENT)
    whole = {name: counts[version] for name, counts in RECORDED.items() if name in TABLE and name not in SELECTED}
    assert {name: names[name] for name in whole} == whole
    ignored = sum(counts[version] for name, counts in RECORDED.items() if name in IGNORED)
    unselected = sum(RECORDED[name][version] - names[name] for name in SELECTED)
    assert (reader.counts.ignored, reader.counts.unselected) == (ignored, unselected)
    assert not reader.counts.unknown
    assert not reader.counts.problems


EXPECTED = """
                                  day-ast22       day-ast16  localopt-ast22     storm-ast22
member.status_changed                  2339            2772             483            1278
leg.ended                              1551            1450             325            4588
leg.joined_bridge                       951             893             211            2294
leg.left_bridge                         951             893             211            2294
leg.hangup_requested                    910             815             180            2294
call.queue_attempted                    562             565              88            1147
call.offered                            519             531              79            1147
call.noted                              343             352              75               0
call.left_queue                         519             531              79            1147
ring.started                            506             473             105            1147
call.queue_status                       389             390              74               0
recording.named                         388             364              82               0
recording.started                       388             364              82               0
call.conversation_ended                 350             335              73            1147
call.answered                           349             334              72            1147
leg.paired                              255             206              57            2294
leg.device_rung                         130              95              33            1147
member.seen                             165             160              31             244
call.unanswered                         149             170               6               0
ring.not_answered                       138             109              25               0
member.paused                            82              90              11               0
member.unpaused                          82              86              11               0
leg.resumed                              79              88              14               0
leg.held                                 65              61               9               0
queue.seen                               48              48              18              20
member.added                             44              52              29               0
call.seen_waiting                        47              56               7               0
member.removed                           30              41              25               0
call.transferred_blind                   14              22               4               0
pbx.started                               1               1               1               1
call.transferred_attended                14              16               1               0
member.penalty_set                        1               1               1               0
leg.optimized                             0               0              15               0
"""


def expected_facts(trace: str) -> dict[str, int]:
    """One column of the table, without its zeros."""
    head, *rows = EXPECTED.strip("\n").splitlines()
    column = head.split().index(trace) + 1
    return {cells[0]: int(cells[column]) for cells in map(str.split, rows) if cells[column] != "0"}


@pytest.mark.parametrize("trace", EXPECTED.split("\n")[1].split())
def test_the_facts_of_a_trace_and_their_ids(trace: str) -> None:
    frames, reader = read(trace)
    told = facts(frames)
    assert Counter(event.TYPE for event in told) == expected_facts(trace)
    assert len({event.event_id for event in told}) == len(told)
    assert not reader.counts.unknown
