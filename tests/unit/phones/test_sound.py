"""Descriptions of sound, and its packets, byte for byte."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.asterisk.phones import rtp
from tests.asterisk.phones.sdp import Description, Direction, NoSound

OFFER = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=Asterisk\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio 20010 RTP/AVP 8 0 96\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:96 telephone-event/8000\r\n"
    "a=fmtp:96 0-16\r\na=ptime:20\r\na=sendonly\r\n"
)


def test_an_offer_is_understood() -> None:
    assert Description.parse(OFFER) == Description("127.0.0.1", 20010, events=96, direction=Direction.SEND)


def test_without_a_direction_both_sides_talk() -> None:
    assert Description.parse(OFFER.replace("a=sendonly\r\n", "")).direction is Direction.BOTH


@pytest.mark.parametrize("wrong", [OFFER.replace("m=audio", "m=video"), OFFER.replace(" 8 0 96", " 8 9 96"), ""])
def test_without_sound_that_we_hear_there_is_no_call(wrong: str) -> None:
    with pytest.raises(NoSound):
        Description.parse(wrong)


@given(
    st.builds(
        Description,
        host=st.ip_addresses(v=4).map(str),
        port=st.integers(1, 65535),
        events=st.none() | st.integers(96, 127),
        direction=st.sampled_from(Direction),
    )
)
def test_what_we_say_we_understand(ours: Description) -> None:
    assert Description.parse(ours.text(1, 1)) == ours


@pytest.mark.parametrize("said", Direction)
def test_who_is_held_listens(said: Direction) -> None:
    answered = said.answered()
    assert answered.receives == said.sends
    assert answered.sends == said.receives


@given(
    st.builds(
        rtp.Packet,
        payload=st.integers(0, 127).filter(lambda kind: not 72 <= kind <= 76),
        sequence=st.integers(0, 0xFFFF),
        timestamp=st.integers(0, 0xFFFFFFFF),
        source=st.integers(0, 0xFFFFFFFF),
        content=st.binary(max_size=200),
        marked=st.booleans(),
    )
)
def test_packets_are_read_back(packet: rtp.Packet) -> None:
    assert rtp.Packet.parse(packet.packed()) == packet


@pytest.mark.parametrize("data", [b"", b"\x80\xc8" + bytes(26), b"\x00" * 20, b"\x80\x00short"])
def test_what_is_no_sound_is_none(data: bytes) -> None:
    """A report (RTCP), a packet of something else, a fragment."""
    assert rtp.Packet.parse(data) is None


def test_a_digit_lasts_and_its_end_is_said_three_times() -> None:
    told = list(rtp.digit("#"))
    assert [content[0] for content in told] == [11] * 8
    assert [int.from_bytes(content[2:]) for content in told] == [160, 320, 480, 640, 800, 800, 800, 800]
    assert [bool(content[1] & 0x80) for content in told] == [False] * 5 + [True] * 3


@pytest.mark.parametrize(("sample", "coded"), [(0, 0xFF), (32635, 0x80), (-32635, 0x00), (1000, 0xCE), (-1000, 0x4E)])
def test_mu_law_of_known_samples(sample: int, coded: int) -> None:
    assert rtp.mu_law(sample) == coded


def test_a_tone_fits_into_its_packet() -> None:
    packet = rtp.tone(400)
    assert len(packet) == rtp.SAMPLES
    assert packet[:20] == packet[20:40]
    assert len(set(packet)) > 5
