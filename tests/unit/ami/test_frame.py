from datetime import UTC, datetime

import pytest

from adapters.ami.frame import Frame, FrameKind
from callcenter.domain.errors import MissingHeader

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def frame(raw: bytes) -> Frame:
    return Frame(FrameKind.EVENT, "Test", raw, 0, AT)


def test_a_header_is_found_whatever_its_case() -> None:
    said = frame(b"Event: Cdr\r\nUniqueID: 17.4\r\nDisposition: ANSWERED")
    assert said.get("uniqueid") == "17.4"
    assert said.get("UNIQUEID") == "17.4"
    assert said.get("Disposition") == "ANSWERED"
    assert said.get("Event") == "Cdr"


def test_a_header_is_no_part_of_another_name_or_value() -> None:
    said = frame(b"Event: A\r\nDestChannel: x\r\nAppData: Channel: y")
    assert said.get("Channel") is None
    assert said.get("Dest") is None


def test_an_empty_value_is_not_a_missing_one() -> None:
    said = frame(b"Event: A\r\nAccountCode: \r\nExten:\r\nVariable: ")
    assert said.get("AccountCode") == ""
    assert said.get("Exten") == ""
    assert said.get("Variable") == ""
    assert said.get("Value") is None


def test_repeated_headers_keep_their_order_and_the_first_one_answers() -> None:
    said = frame(b"Event: A\r\nChanVariable: a=1\r\nState: up\r\nchanvariable: b=2\r\nChanVariable: ")
    assert said.get("ChanVariable") == "a=1"
    assert said.get_all("ChanVariable") == ["a=1", "b=2", ""]
    assert said.get_all("Nothing") == []
    assert said.headers == (
        ("Event", "A"),
        ("ChanVariable", "a=1"),
        ("State", "up"),
        ("chanvariable", "b=2"),
        ("ChanVariable", ""),
    )


def test_names_of_the_world_are_read_and_broken_ones_come_back_byte_for_byte() -> None:
    said = frame("Event: A\r\nMemberName: 张伟\r\n".encode() + b"CallerIDName: caf\xe9\x00!")
    assert said.get("MemberName") == "张伟"
    broken = said.get("CallerIDName")
    assert broken is not None
    assert broken.encode("utf-8", "surrogateescape") == b"caf\xe9\x00!"


def test_only_the_one_space_after_the_colon_is_taken_away() -> None:
    said = frame(b"Event: A\r\nAppData:  a: b \r\nExtra:x")
    assert said.get("AppData") == " a: b "
    assert said.get("Extra") == "x"


def test_bare_line_feeds_end_lines_too() -> None:
    said = frame(b"Response: Success\nMessage: No Contacts found\nOutput")
    assert said.get("Message") == "No Contacts found"
    assert said.headers == (("Response", "Success"), ("Message", "No Contacts found"))


def test_a_missing_header_names_the_event_and_itself() -> None:
    said = frame(b"Event: A")
    assert said.require("Event") == "A"
    with pytest.raises(MissingHeader) as caught:
        said.require("Uniqueid")
    assert (caught.value.event, caught.value.header) == ("Test", "Uniqueid")


def test_what_it_shows_of_itself_holds_no_caller() -> None:
    assert "5550" not in repr(frame(b"Event: A\r\nCallerIDNum: 2015550001"))
