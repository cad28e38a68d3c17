import pytest

from adapters.ami.actions import compose
from callcenter.domain.errors import BadRequest


def test_an_action_is_lines_and_an_empty_one() -> None:
    data = compose("QueuePause", {"Interface": "PJSIP/1001", "Paused": "true", "Reason": "午餐"}, "cc-1")
    assert data.decode() == (
        "Action: QueuePause\r\nActionID: cc-1\r\nInterface: PJSIP/1001\r\nPaused: true\r\nReason: 午餐\r\n\r\n"
    )


@pytest.mark.parametrize(
    "bad", ["\r", "\n", "\r\nAction: Command", "a\x00b", "\x1b[0m", "\x7f", "\ttab", "\ud83d", "x" * 1_048_576]
)
@pytest.mark.parametrize("header", ["Reason", "Interface", "Queue"])
def test_a_value_that_could_be_more_than_a_value_is_refused(header: str, bad: str) -> None:
    with pytest.raises(BadRequest) as caught:
        compose("QueuePause", {header: bad}, "cc-1")
    assert caught.value.field == header
    assert bad not in str(caught.value)


@pytest.mark.parametrize("good", ["", "|", "a: b", "\u2028", "\u0085", "<unknown>", "'; DROP TABLE", "x" * 900])
def test_any_other_text_stays_one_value_of_one_action(good: str) -> None:
    data = compose("QueuePause", {"Reason": good}, "cc-1")
    assert data.count(b"\n") == 4
    assert data.count(b"\r\n\r\n") == 1
    assert f"\r\nReason: {good}\r\n".encode() in data


@pytest.mark.parametrize(
    "action", ["Command", "Originate", "Redirect", "UpdateConfig", "queuestatus", "Ping\r\nAction: Command", ""]
)
def test_only_known_actions_leave(action: str) -> None:
    with pytest.raises(BadRequest) as caught:
        compose(action, {}, "cc-1")
    assert caught.value.field == "Action"


def test_only_headers_that_the_action_has_leave() -> None:
    with pytest.raises(BadRequest) as caught:
        compose("Ping", {"Command": "core stop now"}, "cc-1")
    assert (caught.value.field, caught.value.example) == ("Command", "none")
    with pytest.raises(BadRequest):
        compose("QueuePause", {"Reason: x\r\nAction": "y"}, "cc-1")
