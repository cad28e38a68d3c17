"""What the PBX itself says of a recorded folder, read by other means than the product's: nothing of it is imported.

Counts and waits come from the rows of queue_log, sign-in and pause seconds from `facts.json`, which was made from the
same rows when the traffic was recorded. One closing row counts per conversation, a transfer before any other; a row
with the id of another visit of the same agent belongs to the conversation whose wait and beginning it states.
"""

import gzip
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

EXITS = {
    "ABANDON": "abandoned",
    "EXITWITHTIMEOUT": "timed_out",
    "EXITWITHKEY": "exited_by_key",
    "EXITEMPTY": "exited_empty",
}
TRANSFERS = ("BLINDTRANSFER", "ATTENDEDTRANSFER")
OUTCOMES = ("answered", *EXITS.values(), "withdrawn", "still_waiting", "unknown")


@dataclass
class Conversation:
    """One CONNECT, and the row that closes it."""

    call: str
    queue: str
    agent: str
    at: int
    wait: int
    talk: int | None = None
    transferred: bool = False


@dataclass
class Truth:
    """All that the rows say."""

    counts: dict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(int)))
    waits: dict[tuple[str, str], list[int]] = field(default_factory=lambda: defaultdict(list))
    conversations: list[Conversation] = field(default_factory=list)
    agents: dict[str, Any] = field(default_factory=dict)


def rows(folder: Path) -> Iterator[list[str]]:
    """The rows of a folder's queue_log, split."""
    packed = folder / "queue_log.gz"
    text = gzip.decompress(packed.read_bytes()) if packed.exists() else (folder / "queue_log").read_bytes()
    for line in text.decode("utf-8", "replace").splitlines():
        yield line.split("|")


def truth_of(folder: Path) -> Truth:
    """The truth of a recorded folder."""
    truth = Truth(agents=json.loads((folder / "facts.json").read_text())["agents"])
    for cells in rows(folder):
        at, call, queue, agent, event, *data = cells
        counts = truth.counts[queue]
        if event == "ENTERQUEUE":
            counts["offered"] += 1
        elif event == "CONNECT":
            counts["answered"] += 1
            truth.waits[queue, "answered"].append(int(data[0]))
            truth.conversations.append(Conversation(call, queue, agent, int(at), int(data[0])))
        elif event in EXITS:
            counts[EXITS[event]] += 1
            if event == "ABANDON":
                truth.waits[queue, "abandoned"].append(int(data[2]))
        elif event == "RINGNOANSWER":
            counts["ring_no_answer"] += 1
            truth.counts[f"agent {agent}"]["ring_no_answer"] += 1
        elif event in ("COMPLETEAGENT", "COMPLETECALLER", *TRANSFERS):
            _close(truth.conversations, int(at), call, queue, agent, event, data)
    return truth


def _close(known: list[Conversation], at: int, call: str, queue: str, agent: str, event: str, data: list[str]) -> None:
    wait, talk = (int(data[0]), int(data[1])) if event.startswith("COMPLETE") else (int(data[-3]), int(data[-2]))
    here = [c for c in known if c.queue == queue]
    fits = [c for c in here if c.agent == agent and abs(c.wait - wait) <= 1 and abs(c.at + talk - at) <= 1]
    by_id = [c for c in here if c.call == call]
    found = next(reversed([c for c in fits if c in by_id] or fits or by_id), None)
    if found is not None and (found.talk is None or event in TRANSFERS):
        found.talk, found.transferred = talk, event in TRANSFERS


def differences(folder: Path, report: dict[str, Any], source: str) -> list[str]:
    """Every number of a report (one interval: the whole) that is not the PBX's own."""
    truth = truth_of(folder)
    queues = {line["queue"]: line for line in report["queues"]}
    agents = {line["agent"]: line for line in report["agents"]}
    found: list[str] = []

    def check(what: str, ours: float | None, theirs: float, slack: float = 0.0) -> None:
        if ours is None or abs(ours - theirs) > slack:
            found.append(f"{what}: {ours} instead of {theirs}")

    for queue in sorted(name for name in truth.counts if not name.startswith(("agent ", "NONE"))):
        line, counts = queues.get(queue, defaultdict(lambda: None)), truth.counts[queue]
        for name in ("offered", "answered", *EXITS.values(), "ring_no_answer"):
            check(f"{queue} {name}", line[name], counts[name])
        check(f"{queue} balance", sum(line[name] or 0 for name in OUTCOMES), counts["offered"])
        _check_waits(check, queue, line, truth)
        talks = [c.talk for c in truth.conversations if c.queue == queue and c.talk is not None]
        slack = 0.0 if source == "queue-log" else 2 + 2.5 * len(talks) ** 0.5
        check(f"{queue} talk", (line["talk_seconds"] or {}).get("total"), sum(talks), slack)
        transferred = sum(c.transferred for c in truth.conversations if c.queue == queue)
        check(f"{queue} transferred", line["transferred"], transferred)
    for agent, facts in truth.agents.items():
        line = agents.get(agent, defaultdict(lambda: None))
        own = [c for c in truth.conversations if c.agent == agent]
        check(f"{agent} answered", line["answered"], len(own))
        check(f"{agent} ring_no_answer", line["ring_no_answer"], truth.counts[f"agent {agent}"]["ring_no_answer"])
        if source != "queue-log":  # the log alone cannot tell whose interface signed in
            slack = 2.0 * max(1, facts.get("addmember", 0)) + 10
            check(f"{agent} signed in", line["signed_in_seconds"], facts.get("login_seconds", 0), slack)
            slack = 2.0 * max(1, facts.get("pauses", 0)) + 10
            check(f"{agent} paused", line["paused_seconds"], facts.get("pause_seconds_union", 0), slack)
    return found


def _check_waits(check: Any, queue: str, line: Any, truth: Truth) -> None:
    for kind in ("answered", "abandoned"):
        waits, ours = truth.waits[queue, kind], line[f"wait_{kind}_seconds"] or {}
        check(f"{queue} wait of {kind}, count", ours.get("count"), len(waits))
        check(f"{queue} wait of {kind}, total", ours.get("total"), sum(waits))
        if waits:
            check(f"{queue} wait of {kind}, longest", ours.get("maximum"), max(waits))
    for threshold in (10, 20, 30):
        within = sum(wait <= threshold for wait in truth.waits[queue, "answered"])
        check(f"{queue} within {threshold} s", (line["answered_within"] or {}).get(str(threshold)), within)
