"""When it happened, and that hearing it twice is harmless."""

from datetime import UTC, datetime

import pytest

from adapters.ami.frame import Frame, FrameKind
from adapters.ami.report import HeardOn
from adapters.ami.translate import translate
from callcenter.domain.calls.events import LegHeld
from callcenter.domain.errors import BadHeader
from callcenter.domain.event import Event
from callcenter.domain.ids import PbxId
from tests.support.frames import AT, HEARD_AT, HQ, TIMED, frame

UNTIMED = "Privilege: call,all\nSystemName: pbx16\n"


def only(told: Frame, heard_on: HeardOn = HQ) -> Event:
    (event,) = translate(told, heard_on)
    return event


def test_with_a_timestamp_the_time_is_the_pbxs_own_and_exact() -> None:
    assert only(frame("Hold", "Uniqueid: 7.1")).occurred_at == AT
    for stated, expected in [
        ("1795424767.000001", datetime(2026, 11, 23, 9, 6, 7, 1, UTC)),
        ("1795424767.999999", datetime(2026, 11, 23, 9, 6, 7, 999_999, UTC)),
        ("4102444799.300000", datetime(2099, 12, 31, 23, 59, 59, 300_000, UTC)),
        ("5.000000", datetime(1970, 1, 1, 0, 0, 5, tzinfo=UTC)),
    ]:
        head = f"Privilege: call,all\nTimestamp: {stated}\n"
        assert only(frame("Hold", "Uniqueid: 7.1", head=head)).occurred_at == expected


def test_without_a_timestamp_it_is_when_the_frame_was_received() -> None:
    assert only(frame("Hold", "Uniqueid: 7.1", head=UNTIMED)).occurred_at == HEARD_AT


@pytest.mark.parametrize(
    "stated", ["", "soon", "1795424767", "1795424767.1", "-1.000000", "9999999999.000000", "1e9.000000"]
)
def test_a_timestamp_that_is_none_makes_the_frame_unreadable(stated: str) -> None:
    with pytest.raises(BadHeader) as caught:
        translate(frame("Hold", "Uniqueid: 7.1", head=f"Privilege: call,all\nTimestamp: {stated}\n"), HQ)
    assert (caught.value.header, caught.value.value) == ("Timestamp", stated)


def test_a_user_events_own_timestamp_is_no_time() -> None:
    event = only(frame("UserEvent", "UserEvent: Door\nTimestamp: 5.000000", head="Privilege: user,all\n"))
    assert event.occurred_at == HEARD_AT
    assert event.details == (("Timestamp", "5.000000"),)


def test_lines_may_end_with_a_bare_line_feed() -> None:
    with_cr = frame("Hold", "Uniqueid: 7.1")
    bare = Frame(FrameKind.EVENT, "Hold", with_cr.raw.replace(b"\r", b""), 0, HEARD_AT)
    assert only(bare).occurred_at == AT
    assert isinstance(only(bare), LegHeld)


def test_with_a_timestamp_whoever_hears_the_same_bytes_makes_the_same_event() -> None:
    here = only(frame("Hold", "Uniqueid: 7.1", offset=5))
    there = only(frame("Hold", "Uniqueid: 7.1", offset=900), HeardOn(HQ.pbx, "another connection"))
    assert here == there
    assert len(here.event_id) == 16
    assert only(frame("Hold", "Uniqueid: 7.2")).event_id != here.event_id
    assert only(frame("Hold", "Uniqueid: 7.1"), HeardOn(PbxId("branch"), HQ.connection)).event_id != here.event_id
    later = TIMED.replace("857169", "857170")
    assert only(frame("Hold", "Uniqueid: 7.1", head=later)).event_id != here.event_id


def test_without_a_timestamp_the_place_in_the_connection_is_the_identity() -> None:
    first = only(frame("Hold", "Uniqueid: 7.1", head=UNTIMED, offset=5))
    assert only(frame("Hold", "Uniqueid: 7.1", head=UNTIMED, offset=5)) == first
    assert only(frame("Hold", "Uniqueid: 7.1", head=UNTIMED, offset=99)).event_id != first.event_id
    other = HeardOn(HQ.pbx, "hq/2")
    assert only(frame("Hold", "Uniqueid: 7.1", head=UNTIMED, offset=5), other).event_id != first.event_id


def test_bytes_that_no_store_takes_are_shown() -> None:
    event = only(frame("UserEvent", "UserEvent: Note\nText: J\udcf6rg\0 张伟"))
    assert event.details == (("Text", "J\\xf6rg\\x00 张伟"),)


def test_the_case_of_a_header_name_does_not_matter() -> None:
    assert only(frame("Hold", "UNIQUEID: 7.1")).leg == only(frame("Hold", "uniqueid: 7.1")).leg == "7.1"


def test_a_frame_of_another_name_tells_nothing() -> None:
    assert translate(frame("Newchannel", "Uniqueid: 7.1"), HQ) == ()
