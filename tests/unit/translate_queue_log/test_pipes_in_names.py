"""The agent column may hold pipes; where a line is cut is seen from what Asterisk would have written."""

import pytest

from adapters.queue_log.translate import RowTranslator
from callcenter.domain.agents.events import MemberAdded, MemberPaused, MemberRemoved, MemberUnpaused
from callcenter.domain.calls.events import CallAnswered, ConversationEnded, Noted
from callcenter.domain.event import Event
from callcenter.domain.ids import EventId, MemberRef, PbxId


def translate(rest: str) -> Event | None:
    return RowTranslator(PbxId("hq"), "f").translate(f"1795424767|{rest}".encode(), EventId(b"0" * 16), 1)


@pytest.mark.parametrize(
    ("line", "kind", "name"),
    [
        ("MANAGER|std|Eve|PAUSE|ADDMEMBER|", MemberAdded, "Eve|PAUSE"),
        ("MANAGER|std|Eve|PAUSE|REMOVEMEMBER|", MemberRemoved, "Eve|PAUSE"),
        ("NONE|std|Eve|PAUSE|PAUSE|lunch", MemberPaused, "Eve|PAUSE"),
        ("NONE|std|Eve|PAUSE|UNPAUSE|", MemberUnpaused, "Eve|PAUSE"),
        ("NONE|std|Eve|PAUSE|", MemberPaused, "Eve"),
        ("NONE|std|Eve|PAUSE|UNPAUSE", MemberPaused, "Eve"),
        ("7.1|std|Eve|Sales|CONNECT|5|7.2|3", CallAnswered, "Eve|Sales"),
        ("7.1|std|Eve|CONNECT|COMPLETEAGENT|5|60|2", ConversationEnded, "Eve|CONNECT"),
        ("7.1|std|a|b|c|COMPLETECALLER|5|60|2", ConversationEnded, "a|b|c"),
        # Not what Asterisk would have written after a longer name: the first name holds.
        ("7.1|std|Ann|SURVEY|PAUSE|5", Noted, "Ann"),
        ("7.1|std|Ann|SURVEY|CONNECT|x|y|z", Noted, "Ann"),
        ("7.1|std|Ann|INFO|free|text|x", Noted, "Ann"),
    ],
)
def test_where_a_line_is_cut(line: str, kind: type[Event], name: str) -> None:
    event = translate(line)
    assert type(event) is kind
    assert event.member == MemberRef(name=name)


def test_a_pause_of_all_queues_by_a_piped_name_is_ignored_too() -> None:
    assert translate("NONE|NONE|Eve|PAUSE|PAUSEALL|lunch") is None


def test_a_custom_row_that_forges_a_built_in_name_is_taken_as_that_row() -> None:
    assert isinstance(translate("1.1|std|x|COMPLETEAGENT|1|2|3"), ConversationEnded)
    assert isinstance(translate("7.1|std|Ann|PAUSE|by dialplan"), MemberPaused)
