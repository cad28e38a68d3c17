"""One row of `ROWS` or `IGNORED` per case: a line as Asterisk writes it, and the fact that it tells."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from adapters.queue_log.translate import IGNORED, ROWS, RowTranslator
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
from callcenter.domain.errors import BadQueueLogLine
from callcenter.domain.event import Event
from callcenter.domain.feed import PbxReloaded, PbxStarted
from callcenter.domain.ids import CallerRef, EventId, LegId, MemberRef, PbxId, QueueName, Source

AT = datetime(2026, 11, 23, 9, 6, 7, tzinfo=UTC)
EPOCH = int(AT.timestamp())
ID = EventId(b"0123456789abcdef")
HEAD = {"event_id": ID, "occurred_at": AT, "pbx": PbxId("hq"), "source": Source.QUEUE_LOG}
CALL = {"leg": LegId("7.1"), "queue": QueueName("sales")}
ANN = MemberRef(name="Ann")


def translate(rest: str | bytes) -> Event | None:
    rest = rest if isinstance(rest, bytes) else rest.encode()
    return RowTranslator(PbxId("hq"), "queue_log").translate(b"%d|%b" % (EPOCH, rest), ID, 12)


def ended(end: ConversationEnd, target: str | None = None) -> Event:
    return ConversationEnded(
        **HEAD, **CALL, member=ANN, wait_seconds=5, talk_seconds=60, position=2, end=end, target=target
    )


def exited(reason: ExitReason, key: str | None = None) -> Event:
    return CallExited(
        **HEAD, **CALL, reason=reason, position=1, original_position=3, wait_seconds=40, key=key, member=None
    )


CASES: dict[str, tuple[str, Event | None]] = {
    "ENTERQUEUE": (
        "7.1|sales|NONE|ENTERQUEUE||5551234|2",
        CallOffered(**HEAD, **CALL, position=2, caller=CallerRef("5551234")),
    ),
    "CONNECT": (
        "7.1|sales|Ann|CONNECT|5|7.2|3",
        CallAnswered(**HEAD, **CALL, member=ANN, agent_leg=LegId("7.2"), wait_seconds=5, ring_seconds=3),
    ),
    "COMPLETEAGENT": ("7.1|sales|Ann|COMPLETEAGENT|5|60|2", ended(ConversationEnd.AGENT)),
    "COMPLETECALLER": ("7.1|sales|Ann|COMPLETECALLER|5|60|2", ended(ConversationEnd.CALLER)),
    "BLINDTRANSFER": (
        "7.1|sales|Ann|BLINDTRANSFER|7004|from-agents|5|60|2",
        ended(ConversationEnd.BLIND_TRANSFER, "7004"),
    ),
    "ATTENDEDTRANSFER": (
        "7.1|sales|Ann|ATTENDEDTRANSFER|BRIDGE|12927ace-41b9|5|60|2",
        ended(ConversationEnd.ATTENDED_TRANSFER, "12927ace-41b9"),
    ),
    "ABANDON": ("7.1|sales|NONE|ABANDON|1|3|40", exited(ExitReason.ABANDONED)),
    "EXITWITHTIMEOUT": ("7.1|sales|NONE|EXITWITHTIMEOUT|1|3|40", exited(ExitReason.TIMED_OUT)),
    "EXITWITHKEY": ("7.1|sales|NONE|EXITWITHKEY|9|1|3|40", exited(ExitReason.EXITED_BY_KEY, "9")),
    "EXITEMPTY": ("7.1|sales|NONE|EXITEMPTY|1|3|40", exited(ExitReason.EXITED_EMPTY)),
    "WITHDRAW": ("7.1|sales|NONE|WITHDRAW|1|3|40|not needed", exited(ExitReason.WITHDRAWN)),
    "SYSCOMPAT": (
        "7.1|sales|Ann|SYSCOMPAT|",
        CallExited(**HEAD, **CALL, reason=ExitReason.INCOMPATIBLE_CODECS, member=ANN),
    ),
    "RINGNOANSWER": ("7.1|sales|Ann|RINGNOANSWER|7000", RingNotAnswered(**HEAD, **CALL, member=ANN, ring_seconds=7.0)),
    "RINGCANCELED": ("7.1|sales|Ann|RINGCANCELED|336", RingCanceled(**HEAD, **CALL, member=ANN, ring_seconds=0.336)),
    "AGENTDUMP": ("7.1|sales|Ann|AGENTDUMP|", AgentDumped(**HEAD, **CALL, member=ANN)),
    "PAUSE": ("NONE|sales|Ann|PAUSE|lunch", MemberPaused(**HEAD, queue="sales", member=ANN, reason="lunch")),
    "UNPAUSE": ("NONE|sales|Ann|UNPAUSE|", MemberUnpaused(**HEAD, queue="sales", member=ANN, reason=None)),
    "ADDMEMBER": (
        "MANAGER|sales|PJSIP/1001|ADDMEMBER|PAUSED",
        MemberAdded(**HEAD, queue="sales", member=MemberRef(interface="PJSIP/1001"), membership="dynamic", paused=True),
    ),
    "REMOVEMEMBER": (
        "7.5|sales|Local/1007@agents/n|REMOVEMEMBER|",
        MemberRemoved(**HEAD, queue="sales", member=MemberRef(interface="Local/1007@agents/n")),
    ),
    "PENALTY": (
        "NONE|sales|PJSIP/1001|PENALTY|7",
        MemberPenaltySet(**HEAD, queue="sales", member=MemberRef(interface="PJSIP/1001"), penalty=7),
    ),
    "AGENTLOGIN": (
        "7.1|NONE|1001|AGENTLOGIN|PJSIP/9-1",
        AgentLoggedIn(**HEAD, member=MemberRef(name="1001"), leg="7.1"),
    ),
    "AGENTLOGOFF": (
        "7.1|NONE|1001|AGENTLOGOFF|PJSIP/9-1|300",
        AgentLoggedOff(**HEAD, member=MemberRef(name="1001"), leg="7.1"),
    ),
    "QUEUESTART": ("NONE|NONE|NONE|QUEUESTART|", PbxStarted(**HEAD, started_at=AT)),
    "CONFIGRELOAD": ("NONE|NONE|NONE|CONFIGRELOAD|", PbxReloaded(**HEAD)),
    "QueueSurvey": ("7.1|sales|NONE|QueueSurvey|5", Noted(**HEAD, **CALL, name="Survey", details=(("Answer", "5"),))),
    "QueueRefused": ("7.1|sales|NONE|QueueRefused|FULL", CallRefused(**HEAD, **CALL, status="FULL")),
    "PAUSEALL": ("NONE|NONE|Ann|PAUSEALL|lunch", None),
    "UNPAUSEALL": ("NONE|NONE|Ann|UNPAUSEALL|", None),
    "RINGINUSE": ("NONE|sales|PJSIP/1001|RINGINUSE|1", None),
}


@pytest.mark.parametrize("name", [*ROWS, *IGNORED])
def test_a_row_as_asterisk_writes_it(name: str) -> None:
    line, expected = CASES[name]
    assert translate(line) == expected


@pytest.mark.parametrize("name", sorted(name for name, rule in (ROWS | IGNORED).items() if rule.fewest))
def test_a_row_torn_before_its_last_needed_parameter_is_no_row(name: str) -> None:
    line, _ = CASES[name]
    agent_end = line.index(f"|{name}") + len(name) + 1
    torn = "|".join([line[:agent_end], *line[agent_end + 1 :].split("|")[: (ROWS | IGNORED)[name].fewest - 1]])
    with pytest.raises(BadQueueLogLine):
        translate(torn)


@pytest.mark.parametrize(
    ("line", "seen"),
    [
        ("7.1|sales|NONE|ENTERQUEUE||5551234|2|Jörg Groß", lambda e: e.caller == CallerRef("5551234", "Jörg Groß")),
        ("7.1|sales|NONE|ENTERQUEUE|||2", lambda e: e.caller is None),
        ("7.1|sales|Ann|CONNECT|-3|7.2|0", lambda e: e.wait_seconds == -3 and e.ring_seconds == 0),
        ("7.1|sales|Ann|CONNECT|5||3", lambda e: e.agent_leg is None),
        ("7.1|sales|Ann|COMPLETEAGENT|0|-3600|1", lambda e: e.talk_seconds == -3600),
        ("7.1|sales|Ann|ABANDON|1|3|40", lambda e: e.member == ANN),
        ("7.1|sales|NONE|WITHDRAW|1|3|40", lambda e: e.reason is ExitReason.WITHDRAWN),
        ("7.1|sales|Ann|SYSCOMPAT", lambda e: e.reason is ExitReason.INCOMPATIBLE_CODECS),
        ("NONE|sales|PJSIP/1001|PAUSE|x", lambda e: e.member == MemberRef(interface="PJSIP/1001")),
        ("NONE|sales|Sales/Ann|PAUSE|x", lambda e: e.member == MemberRef(name="Sales/Ann")),
        ("NONE|sales|Ann|PENALTY|7", lambda e: e.member == MemberRef(interface="Ann")),
        ("REALTIME|sales|Ann|ADDMEMBER|", lambda e: e.membership == "realtime" and e.paused is None),
        ("CLI|sales|Ann|ADDMEMBER|", lambda e: e.membership == "dynamic" and e.member == ANN),
        ("7.9|sales|Ann|REMOVEMEMBER", lambda e: e.member == ANN),
        # Asterisk may add parameters; a pause's reason may be anything.
        ("7.1|sales|Ann|CONNECT|5|7.2|3|new", lambda e: e.wait_seconds == 5),
        ("NONE|sales|Ann|PAUSE|tea | cake", lambda e: e.reason == "tea | cake"),
    ],
)
def test_what_a_row_may_hold(line: str, seen: Callable[[Event | None], bool]) -> None:
    assert seen(translate(line))


@pytest.mark.parametrize(
    ("parameters", "target"),
    [
        ("BRIDGE|12927ace-41b9|5|60|2", "12927ace-41b9"),
        ("APP|Queue|5|60|2", "Queue"),
        ("LINK|Local/x@t-1;1|Local/x@t-1;2|5|60|2", "Local/x@t-1;1|Local/x@t-1;2"),
    ],
)
def test_the_three_kinds_of_attended_transfer(parameters: str, target: str) -> None:
    line = f"7.1|sales|Ann|ATTENDEDTRANSFER|{parameters}"
    assert translate(line) == ended(ConversationEnd.ATTENDED_TRANSFER, target)


def test_a_row_of_any_other_name_is_noted() -> None:
    details = (("1", "free"), ("2", ""), ("3", "x"))
    noted = Noted(**HEAD, **CALL, member=ANN, name="SURVEY", details=details)
    assert translate("7.1|sales|Ann|SURVEY|free||x") == noted
    assert translate("NONE|NONE|NONE|WRAPUPSTART") == Noted(**HEAD, name="WRAPUPSTART")


def test_bytes_that_no_store_takes_are_shown() -> None:
    event = translate(b"7.1|sales|J\xf6rg|SURVEY|a\0b")
    assert isinstance(event, Noted)
    assert event.member == MemberRef(name="J\\xf6rg")
    assert event.details == (("1", "a\\x00b"),)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"garbage",
        b"1|2|3|4",
        b"x|7.1|sales|Ann|PAUSE|",
        b"-5|7.1|sales|Ann|SURVEY|",
        b"99999999999|7.1|sales|Ann|SURVEY|",
        "٣|7.1|sales|Ann|SURVEY|".encode(),
        b"1795424767|7.1|sales|Ann||free",
        b"1795424767|7.1|sales|Ann|CONNECT|x|7.2|3",
        b"1795424767|7.1|sales|Ann|CONNECT|1_0|7.2|3",
        b"1795424767|7.1|sales|Ann|CONNECT|" + b"9" * 30 + b"|7.2|3",
        b"1795424767|7.1|sales|Ann|ATTENDEDTRANSFER|LINK|a|b|5|60",
        b"1795424767|7.1|sales|Ann|ATTENDEDTRANSFER|WAVE|a|5|60|2",
        b"1795424767|NONE|sales|Ann|CONNECT|1|7.2|3",
        b"1795424767|7.1|NONE|Ann|CONNECT|1|7.2|3",
        b"1795424767|7.1|sales|NONE|CONNECT|1|7.2|3",
        b"1795424767|" + b"7" * 300 + b"|sales|Ann|CONNECT|1|7.2|3",
        b"1795424767|7.1|sales|Ann|CONNECT|1|" + b"7" * 300 + b"|3",
    ],
)
def test_what_is_no_row(line: bytes) -> None:
    with pytest.raises(BadQueueLogLine) as caught:
        RowTranslator(PbxId("hq"), "queue_log").translate(line, ID, 12)
    assert (caught.value.file, caught.value.line_number) == ("queue_log", 12)
    assert len(caught.value.text) <= 200
