"""queue_log lines → domain events.

A line is ``epoch|callid|queue|agent|event|parameter|…``. What means something to a call centre is in `ROWS`; what
Asterisk writes and we need not know is in `IGNORED`, with the reason. Any other name was written by the dialplan or a
program for its own purposes and becomes a `Noted`.

The agent column may contain ``|``, so a line is cut at a known event name, and not always at the first one: the number
of parameters and the kind of the call id tell which. A custom row may forge a built-in name; nothing in the line shows
that, so it is taken as what it says.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from adapters.queue_log import meanings
from adapters.queue_log.rows import NO_CALL, Head, Row, instant, text_of
from callcenter.domain.errors import BadQueueLogLine
from callcenter.domain.event import Event
from callcenter.domain.ids import EventId, PbxId, Source

_SHOWN = 200  # characters of a bad line in its error


def _call(callid: str) -> bool:
    """The call id of a row about a call."""
    return callid not in NO_CALL


def _none(callid: str) -> bool:
    """The call id of a row about a member or the PBX."""
    return callid == "NONE"


def _requester(callid: str) -> bool:
    """The call id of a row about membership says who asked: MANAGER, CLI, REALTIME or a channel."""
    return callid not in ("", "NONE")


@dataclass(frozen=True, slots=True)
class RowRule:
    """One event name: its kind of call id, how many parameters Asterisk 13 to 22 write, what it means if it does."""

    callid: Callable[[str], bool]
    fewest: int
    most: int
    meaning: Callable[[Row], Event] | None = None

    def fits(self, columns: list[str], place: int) -> bool:
        """True if a line with this event name at ``place`` looks like what Asterisk writes."""
        return self.fewest <= len(columns) - place - 1 <= self.most and self.callid(columns[1])


ROWS: dict[str, RowRule] = {
    "ENTERQUEUE": RowRule(_call, 3, 4, meanings.offered),
    "CONNECT": RowRule(_call, 3, 3, meanings.answered),
    "COMPLETEAGENT": RowRule(_call, 3, 3, meanings.completed_by_agent),
    "COMPLETECALLER": RowRule(_call, 3, 3, meanings.completed_by_caller),
    "BLINDTRANSFER": RowRule(_call, 5, 5, meanings.transferred_blind),
    "ATTENDEDTRANSFER": RowRule(_call, 5, 6, meanings.transferred_attended),
    "ABANDON": RowRule(_call, 3, 3, meanings.abandoned),
    "EXITWITHTIMEOUT": RowRule(_call, 3, 3, meanings.timed_out),
    "EXITWITHKEY": RowRule(_call, 4, 4, meanings.exited_by_key),
    "EXITEMPTY": RowRule(_call, 3, 3, meanings.exited_empty),
    "WITHDRAW": RowRule(_call, 3, 4, meanings.withdrawn),
    "SYSCOMPAT": RowRule(_call, 0, 1, meanings.incompatible),
    "RINGNOANSWER": RowRule(_call, 1, 1, meanings.not_answered),
    "RINGCANCELED": RowRule(_call, 1, 1, meanings.ring_canceled),
    "AGENTDUMP": RowRule(_call, 0, 1, meanings.dumped),
    "PAUSE": RowRule(_none, 1, 1, meanings.paused),
    "UNPAUSE": RowRule(_none, 1, 1, meanings.unpaused),
    "ADDMEMBER": RowRule(_requester, 0, 1, meanings.added),
    "REMOVEMEMBER": RowRule(_requester, 0, 1, meanings.removed),
    "PENALTY": RowRule(_none, 1, 1, meanings.penalty_set),
    "AGENTLOGIN": RowRule(_call, 1, 1, meanings.logged_in),
    "AGENTLOGOFF": RowRule(_call, 2, 2, meanings.logged_off),
    "QUEUESTART": RowRule(_none, 0, 1, meanings.started),
    "CONFIGRELOAD": RowRule(_none, 0, 1, meanings.reloaded),
    # Not Asterisk's: the rows that our dialplan fragments write, when a caller was not let in and after a survey.
    "QueueRefused": RowRule(_call, 1, 1, meanings.refused),
    "QueueSurvey": RowRule(_call, 1, 1, meanings.surveyed),
}

IGNORED: dict[str, RowRule] = {
    # A pause of all queues also writes a PAUSE row for each of them; counting both would double it.
    "PAUSEALL": RowRule(_none, 1, 1),
    "UNPAUSEALL": RowRule(_none, 1, 1),
    # Whether a busy member may be rung too: a setting of the PBX that no figure depends on.
    "RINGINUSE": RowRule(_none, 1, 1),
}

_KNOWN = ROWS | IGNORED


class RowTranslator:
    """Translates the lines of one file of one PBX. ``file`` names it in errors."""

    def __init__(self, pbx: PbxId, file: str) -> None:
        self._pbx = pbx
        self._file = file

    def translate(self, line: bytes, event_id: EventId, line_number: int) -> Event | None:
        """The fact that a line tells, or None for one of `IGNORED`. Raises BadQueueLogLine."""
        text = text_of(line)
        try:
            columns = text.split("|")
            head: Head = {
                "event_id": event_id,
                "occurred_at": instant(columns[0]),
                "pbx": self._pbx,
                "source": Source.QUEUE_LOG,
            }
            return _read(columns, head)
        except ValueError as error:
            raise BadQueueLogLine(self._file, line_number, text[:_SHOWN]) from error


def _read(columns: list[str], head: Head) -> Event | None:
    if len(columns) < 5:
        raise ValueError("fewer than five columns")
    rule = _KNOWN.get(columns[4])
    if rule and rule.fits(columns, 4):
        return rule.meaning(_cut(columns, 4, head)) if rule.meaning else None
    return _read_doubtful(columns, head)


def _read_doubtful(columns: list[str], head: Head) -> Event | None:
    """Cut the line at the likeliest name that makes sense; at the first one anyway if it is a built-in name."""
    for rule, place in _places_with_piped_agent(columns):
        try:
            return _meant(rule, columns, place, head)
        except ValueError:
            continue
    if columns[4] in _KNOWN:
        return _meant(_KNOWN[columns[4]], columns, 4, head)
    if not columns[4]:
        raise ValueError("no event name")
    return meanings.noted(_cut(columns, 4, head))


def _places_with_piped_agent(columns: list[str]) -> Iterator[tuple[RowRule, int]]:
    for place in range(5, len(columns)):
        rule = _KNOWN.get(columns[place])
        if rule and rule.fits(columns, place):
            yield rule, place


def _meant(rule: RowRule, columns: list[str], place: int, head: Head) -> Event | None:
    """What the row means. More parameters than we know may come with a newer Asterisk; fewer make no row."""
    if len(columns) - place - 1 < rule.fewest:
        raise ValueError("too few parameters")
    return rule.meaning(_cut(columns, place, head)) if rule.meaning else None


def _cut(columns: list[str], place: int, head: Head) -> Row:
    agent = columns[3] if place == 4 else "|".join(columns[3:place])
    return Row(head, columns[1], columns[2], agent, columns[place], columns[place + 1 :])
