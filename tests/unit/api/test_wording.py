"""A source's own words, without the numbers by which a person could be called."""

from dataclasses import replace

import pytest

from callcenter.api.recordings import shown_name
from callcenter.api.wording import callers_of, masked_fields, masked_text, masked_wording
from callcenter.domain.calls.events import CallOffered, CallTransferredBlind, Noted
from callcenter.domain.ids import CallerRef, EventId, LegId, PbxId, QueueName, Source
from tests.support.api import NOW

CALLER = "13800138000"
OFFERED = CallOffered(
    event_id=EventId(b"0" * 16),
    occurred_at=NOW,
    pbx=PbxId("p"),
    source=Source.AMI,
    leg=LegId("1795424910.618"),
    queue=QueueName("sales"),
    position=1,
    caller=CallerRef(CALLER, "Zhang Wei"),
)
CALLERS = callers_of([OFFERED])


def test_callers_are_those_that_any_event_names() -> None:
    other = replace(OFFERED, caller=CallerRef("555", None))
    assert callers_of([OFFERED, other], CallerRef(None, "Li")) == {CALLER, "Zhang Wei", "555", "Li"}


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("CallerIDNum: 13900139000", "CallerIDNum: 13••••000"),
        ("ConnectedLineNum: 1001", "ConnectedLineNum: ••••01"),
        ("TransfereeCallerIDName: Somebody Else", "TransfereeCallerIDName: ••••"),
        ("CallerIDnum: <unknown>", "CallerIDnum: <unknown>"),
        ("CallerIDNum: ", "CallerIDNum: "),
        ("Exten: +8613900139000", "Exten: +86••••000"),
        ("Exten: 200", "Exten: 200"),
        (f"Channel: PJSIP/{CALLER}-0000001a", "Channel: PJSIP/13••••000-0000001a"),
        (f"Value: /rec/sales-{CALLER}-1795424910.618.wav", "Value: /rec/sales-13••••000-1795424910.618.wav"),
        ("Uniqueid: 1795424910.618", "Uniqueid: 1795424910.618"),
        ("Timestamp: 1795424910.618123", "Timestamp: 1795424910.618123"),
        ("Queue: sales", "Queue: sales"),
        (
            f"1795424910|1795424910.618|sales|NONE|ENTERQUEUE||{CALLER}|1",
            "1795424910|1795424910.618|sales|NONE|ENTERQUEUE||13••••000|1",
        ),
        (
            "1795424910|1.2|sales|Chen|BLINDTRANSFER|02087654321|out|14|93",
            "1795424910|1.2|sales|Chen|BLINDTRANSFER|02••••321|out|14|93",
        ),
        ("1795424910|1.2|sales|Chen|COMPLETECALLER|14|93|1", "1795424910|1.2|sales|Chen|COMPLETECALLER|14|93|1"),
    ],
)
def test_lines_keep_what_is_no_persons_number(line: str, shown: str) -> None:
    assert masked_wording(line.encode(), CALLERS) == shown


def test_a_frame_keeps_its_lines() -> None:
    frame = b"Event: QueueCallerJoin\r\nCallerIDNum: 13800138000\r\nPosition: 1\r\n"
    assert masked_wording(frame, CALLERS) == "Event: QueueCallerJoin\nCallerIDNum: 13••••000\nPosition: 1"


def test_bytes_that_are_no_text_are_shown_as_such() -> None:
    assert masked_wording(b"Queue: \xff\xfe", ()) == "Queue: ��"


def test_fields_show_callers_masked_and_leave_out_what_the_head_says() -> None:
    assert masked_fields(OFFERED, CALLERS) == {
        "leg": "1795424910.618",
        "queue": "sales",
        "position": 1,
        "caller": {"number": "13••••000", "name": None},
    }


def test_numbers_in_free_fields_are_masked() -> None:
    head = {"event_id": EventId(b"1" * 16), "occurred_at": NOW, "pbx": PbxId("p"), "source": Source.AMI}
    sent = CallTransferredBlind(leg=LegId("1.2"), transferer_leg=LegId("1.3"), extension="02087654321", **head)
    noted = Noted(name="Survey", details=(("number", CALLER), ("grade", "5")), **head)
    assert masked_fields(sent, CALLERS)["extension"] == "02••••321"
    assert masked_fields(noted, CALLERS)["details"] == [["number", "13••••000"], ["grade", "5"]]


def test_texts_about_a_call_are_masked() -> None:
    assert masked_text(f"entered twice: {CALLER}", CALLERS) == "entered twice: 13••••000"
    assert masked_text("14", CALLERS) == "14"


@pytest.mark.parametrize(
    ("path", "visit_id", "shown"),
    [
        (
            "/rec/sales-20261123-090832-1795424910.618.wav",
            "1795424910.618~sales~1",
            "sales-20261123-090832-1795424910.618.wav",
        ),
        ("C:\\rec\\+4915112345234.wav", "1.2~q~1", "+49••••234.wav"),
        ("20261123090832-02087654321.wav", "1.2~q~1", "20261123090832-02••••321.wav"),
        ("", "1.2~q~1", ""),
    ],
)
def test_file_names_lose_folders_and_numbers(path: str, visit_id: str, shown: str) -> None:
    assert shown_name(path, visit_id) == shown
