"""What the PBX itself says, read from its queue_log by a few lines that import nothing of the product.

A visit is an ENTERQUEUE and what closes it: one outcome, a transfer before any other. Closing rows of a visit may bear
another id than its entry (an agent's consultation into a queue that became a transfer, RELIABILITY finding 13): then
the open visit of that queue is meant whose entry was as long ago as the row says the caller waited, at the position
that the row states. What was open when QUEUESTART says that Asterisk began anew was cut by the restart.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

# Event name → outcome, and where its wait and original position stand.
_EXITS = {
    "ABANDON": ("abandoned", 2, 1),
    "EXITWITHTIMEOUT": ("timed_out", 2, 1),
    "EXITEMPTY": ("exited_empty", 2, 1),
    "WITHDRAW": ("withdrawn", 2, 1),
    "EXITWITHKEY": ("exited_by_key", 3, 2),
}
_REFUSED = {"FULL": "refused_full", "JOINEMPTY": "refused_empty", "JOINUNAVAIL": "refused_empty"}


@dataclass
class Visit:
    """One caller's one pass through one queue."""

    call: str
    queue: str
    caller: str
    at: int
    position: int
    outcome: str = "still_waiting"
    wait: int | None = None
    agent: str | None = None
    connected_at: int | None = None
    talk: int | None = None
    transferred: bool = False
    ring_no_answer: list[str] = field(default_factory=list)

    @property
    def open(self) -> bool:
        """Waiting, or talking."""
        return self.outcome == "still_waiting" or (self.outcome == "answered" and self.talk is None)


@dataclass
class Pause:
    """An agent's pause, as long as one reason held."""

    agent: str
    reason: str
    begun: int
    ended: int | None = None


@dataclass
class Truth:
    """All that the rows say."""

    visits: list[Visit] = field(default_factory=list)
    refused: list[tuple[str, str, str]] = field(default_factory=list)
    """Call, queue, and which kind of refusal."""
    pauses: list[Pause] = field(default_factory=list)
    rings: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    """Queue and agent → ring-no-answers."""
    until: int = 0

    @property
    def queues(self) -> set[str]:
        return {visit.queue for visit in self.visits} | {queue for _, queue, _ in self.refused}

    def of(self, caller: str, queue: str) -> list[Visit]:
        """A caller's visits to a queue, in order."""
        return [visit for visit in self.visits if (visit.caller, visit.queue) == (caller, queue)]


def queue_log_rows(log: Path, rotation: str = "sequential") -> list[list[str]]:
    """All rows of a log and of what was rotated away from it, in the order in which they were written.

    Numbers and times of rotated files grow with their age by the strategy `rotate`, else the other way round.
    """
    rotated = [file for file in log.parent.glob(f"{log.name}.*") if file.suffix[1:].isdigit()]
    rotated.sort(key=lambda file: int(file.suffix[1:]), reverse=rotation == "rotate")
    files = [*rotated, *([log] if log.exists() else [])]
    rows = [line.split("|") for file in files for line in file.read_text("utf-8", "replace").splitlines()]
    return sorted(rows, key=lambda row: int(row[0]))


def truth_of(rows: Iterable[list[str]]) -> Truth:
    """The truth of these rows."""
    truth, paused = Truth(), _Paused()
    for at, call, queue, agent, event, *data in rows:
        truth.until = now = int(at)
        if event == "QUEUESTART":
            _cut(truth.visits, now)
            # Members that had been added are there again, paused as before; nobody says so.
        elif event == "ENTERQUEUE":
            truth.visits.append(Visit(call, queue, data[1], now, int(data[2])))
        elif event == "CONNECT":
            _connect(truth.visits, call, queue, agent, now, int(data[0]))
        elif event in _EXITS:
            outcome, wait, position = _EXITS[event]
            visit = _closed_by(truth.visits, call, queue, now, int(data[wait]), int(data[position]))
            visit.outcome, visit.wait = outcome, int(data[wait])
        elif event in ("COMPLETEAGENT", "COMPLETECALLER", "BLINDTRANSFER", "ATTENDEDTRANSFER"):
            _complete(truth.visits, call, queue, agent, now, event, data)
        elif event == "RINGNOANSWER":
            truth.rings[queue, agent] += 1
        elif event == "QueueRefused":
            truth.refused.append((call, queue, _REFUSED[data[0]]))
        else:
            paused.told(now, queue, agent, event, data[0] if data else "")
    truth.pauses = paused.all
    return truth


def _open(visits: list[Visit], queue: str) -> Iterator[Visit]:
    return (visit for visit in visits if visit.queue == queue and visit.open)


def _waiting(visits: list[Visit], queue: str) -> Iterator[Visit]:
    return (visit for visit in _open(visits, queue) if visit.outcome == "still_waiting")


def _closed_by(visits: list[Visit], call: str, queue: str, now: int, wait: int, position: int) -> Visit:
    own = [visit for visit in _waiting(visits, queue) if visit.call == call]
    if own:
        return own[-1]
    fitting = [v for v in _waiting(visits, queue) if abs(now - wait - v.at) <= 1 and v.position == position]
    return fitting[0]


def _connect(visits: list[Visit], call: str, queue: str, agent: str, now: int, wait: int) -> None:
    own = [visit for visit in _waiting(visits, queue) if visit.call == call]
    fitting = own or [visit for visit in _waiting(visits, queue) if abs(now - wait - visit.at) <= 1]
    fitting[-1].outcome = "answered"
    fitting[-1].agent, fitting[-1].wait, fitting[-1].connected_at = agent, wait, now


def _complete(visits: list[Visit], call: str, queue: str, agent: str, now: int, event: str, data: list[str]) -> None:
    """By what the row says of wait and talk, since its id can be that of another visit of the same agent."""
    wait, talk = (int(data[0]), int(data[1])) if event.startswith("COMPLETE") else (int(data[-3]), int(data[-2]))
    answered = [v for v in visits if (v.queue, v.agent) == (queue, agent) and v.outcome == "answered"]
    fits = [v for v in answered if v.wait == wait and abs((v.connected_at or 0) + talk - now) <= 1]
    by_id = [v for v in answered if v.call == call]
    visit = next(reversed([v for v in fits if v in by_id] or fits or by_id))
    if visit.talk is None or not event.startswith("COMPLETE"):
        visit.talk, visit.transferred = talk, not event.startswith("COMPLETE")


def _cut(visits: list[Visit], now: int) -> None:
    for visit in visits:
        if visit.outcome == "still_waiting":
            visit.outcome = "unknown"
        elif visit.open:
            visit.talk = now - (visit.connected_at or now)


class _Paused:
    """Pauses of agents: from the first queue in which one is paused to the last; another reason is another pause."""

    def __init__(self) -> None:
        self.all: list[Pause] = []
        self._in: dict[str, dict[str, str]] = defaultdict(dict)
        self._current: dict[str, Pause] = {}

    def told(self, now: int, queue: str, agent: str, event: str, reason: str) -> None:
        if event == "PAUSE":
            self._in[agent][queue] = reason
        elif event in ("UNPAUSE", "REMOVEMEMBER"):
            self._in[agent].pop(queue, None)
        else:
            return
        current = self._current.get(agent)
        if current is not None and (not self._in[agent] or (event == "PAUSE" and reason != current.reason)):
            self._current.pop(agent).ended = now
        if self._in[agent] and agent not in self._current:
            self._current[agent] = pause = Pause(agent, reason, now)
            self.all.append(pause)
