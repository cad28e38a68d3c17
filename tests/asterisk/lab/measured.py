"""What the phones of a call know of it, beside what our service says of the same visit."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.asterisk.lab.truth import Visit

SLACK_SECONDS = 1.2
"""The second that queue_log cuts off, and the moment that phones and a busy PBX need for a message."""

CLOSED_TWICE = "call.conversation_ended_when_closed"


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One visit, as it was played. None: the phones have no say in it. Seconds."""

    talk: float | None = None
    hold: float | None = 0.0
    """How long the agent held the caller."""
    ended_by: str | None = None
    rings: Sequence[tuple[str, str]] | None = None
    """(agent, result) of every ring attempt, in any order."""
    recordings: int | None = None
    log_is_wrong: bool = False
    """What queue_log says of the talk is known to be wrong, and must be shown as a disagreement."""
    race: bool = False
    """A transfer races with the end of a leg: Asterisk writes a transfer, an end, or both (the second is kept as an
    anomaly), and AMI may say nothing of it, so that by AMI alone the bridges decide."""
    notes: Sequence[str] = ()
    """Names of the UserEvents that belong to the call."""


def wrong_measures(measured: Measured, logged: Visit, told: Mapping[str, Any]) -> list[str]:
    """What phones, queue_log and service say differently; ``told`` is the visit's story of the API."""
    return [f"{told['visit_id']}: {line}" for line in _wrong(measured, logged, told)]


def _wrong(measured: Measured, logged: Visit, told: Mapping[str, Any]) -> Iterator[str]:
    if measured.talk is not None:
        yield from _near("talk, by the phones", measured.talk, told["talk_seconds"])
    if measured.hold is not None:
        yield from _near("hold", measured.hold, told["hold_seconds"])
    if measured.ended_by is not None:
        yield from _equal("ended by", measured.ended_by, told["ended_by"])
    if told["transferred"]:
        yield from _equal("ended by", "transfer", told["ended_by"])
    if measured.recordings is not None:
        yield from _equal("recordings", measured.recordings, told["recordings"])
    if measured.rings is not None:
        rings = sorted((ring["agent"], ring["result"]) for ring in told["rings"])
        yield from _equal("rings", sorted(measured.rings), rings)
    noted = {event["fields"].get("name") for event in told["timeline"]}
    yield from (f"nothing of {note} in the timeline" for note in measured.notes if note not in noted)
    differing = [one["field"] for one in told["disagreements"]]
    yield from _equal("disagreements", ["talk_seconds"] if measured.log_is_wrong else [], differing)
    for anomaly in told["anomalies"]:
        if not (measured.race and anomaly["kind"] == CLOSED_TWICE):
            yield f"anomaly: {anomaly}"


def _equal(what: str, one: object, other: object) -> Iterator[str]:
    if one != other:
        yield f"{what}: {one!r}, but {other!r}"


def _near(what: str, one: float | None, other: float | None) -> Iterator[str]:
    if one is None or other is None or abs(one - other) > SLACK_SECONDS:
        yield f"{what}: {one} s, but {other} s"
