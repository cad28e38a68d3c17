"""SIP messages: what is written is read back, whatever its form; what is no message is refused with a reason."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.asterisk.phones.message import (
    NotSip,
    Request,
    Response,
    answer,
    parameter,
    parse,
    tag_of,
    uri_of,
    user_of,
)

INVITE = (
    b"INVITE sip:600@127.0.0.1:5060 SIP/2.0\r\n"
    b"v: SIP/2.0/UDP 127.0.0.9:4000;rport;branch=z9hG4bKa, SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKb\r\n"
    b'f: "Lee; tag=no" <sip:5550100@127.0.0.9>;tag=aa\r\n'
    b"t: <sip:600@127.0.0.1>\r\n"
    b"i: one@there\r\n"
    b"CSeq: 7 INVITE\r\n"
    b"l: 4\r\n\r\n"
    b"v=0\n"
)
words = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters=":"), min_size=1)


def test_compact_names_are_the_long_ones() -> None:
    invite = parse(INVITE)
    assert isinstance(invite, Request)
    assert (invite.method, invite.uri, invite.body) == ("INVITE", "sip:600@127.0.0.1:5060", "v=0\n")
    assert (invite.call_id, invite.cseq, invite.branch) == ("one@there", (7, "INVITE"), "z9hG4bKa")
    assert len(list(invite.values("Via"))) == 2


def test_parts_of_an_address() -> None:
    value = '"Lee, <Ann>" <sip:5550100@127.0.0.9:4000;transport=udp>;tag=aa;x=1'
    assert tag_of(value) == "aa"
    assert user_of(value) == "5550100"
    assert uri_of("<sip:a@b>;expires=3") == "sip:a@b"
    assert uri_of("sip:a@b;expires=3") == "sip:a@b"
    assert tag_of("<sip:a@b>") == ""
    assert parameter("SIP/2.0/UDP h;branch=z9;rport", "branch") == "z9"


def test_a_comma_in_quotes_or_brackets_divides_nothing() -> None:
    message = Response(headers=(("Contact", '"A, B" <sip:a@b?c=1,2>, <sip:d@e>'),), status=200, reason="OK")
    assert list(message.values("contact")) == ['"A, B" <sip:a@b?c=1,2>', "<sip:d@e>"]


def test_an_answer_repeats_what_must_be_repeated() -> None:
    invite = parse(INVITE)
    assert isinstance(invite, Request)
    ringing = answer(invite, 180, "Ringing", ("Contact", "<sip:x>"), tag="bb")
    assert list(ringing.values("Via")) == list(invite.values("Via"))
    assert tag_of(ringing.header("To")) == "bb"
    assert ringing.header("From") == invite.header("From")
    assert (ringing.cseq, ringing.final, ringing.success) == ((7, "INVITE"), False, False)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "three words"),
        (b"\x00\x01\x02", "three words"),
        (b"INVITE sip:a HTTP/1.1\r\n\r\n", "neither a request nor a response"),
        (b"SIP/2.0 twohundred OK\r\n\r\n", "neither"),
        (b"SIP/2.0 200 OK\r\nno colon here\r\n\r\n", "without a colon"),
        (b"SIP/2.0 200 OK\r\nContent-Length: 9\r\n\r\nshort", "Content-Length"),
    ],
)
def test_what_is_no_message_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(NotSip, match=why):
        parse(data)


@given(
    headers=st.lists(st.tuples(words.filter(lambda name: len(name) > 1), words), max_size=6),
    body=st.text(st.characters(exclude_categories=["Cs"])),
    status=st.integers(100, 699),
)
def test_written_messages_are_read_back(headers: list[tuple[str, str]], body: str, status: int) -> None:
    fitting = tuple((name, value) for name, value in headers if name.lower() != "content-length")
    for message in (
        Request(headers=fitting, body=body, method="MESSAGE", uri="sip:a@b"),
        Response(headers=fitting, body=body, status=status, reason="So Be It"),
    ):
        read = parse(message.packed())
        assert read.headers[:-1] == fitting
        assert (read.start_line, read.body) == (message.start_line, message.body)
