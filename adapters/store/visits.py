"""Visits as rows and back."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, select

from adapters.store.bulk import Row
from adapters.store.callers import caller_of
from adapters.store.packing import ids, read_ids, read_texts, texts
from adapters.store.tables import callers, visits
from adapters.store.text import key, storable
from callcenter.codec import from_microseconds, to_microseconds
from callcenter.domain.calls.events import ConversationEnd
from callcenter.domain.calls.visits import EndedBy, Outcome, QueueVisit
from callcenter.domain.ids import CallerRef, LegId, MemberRef, PbxId, QueueName, Source

LONG = timedelta(hours=4)
"""Longer visits are flagged: who looks for what touches a time need look only this far back for the others."""

_STORED = [
    "pbx_id", "call", "leg", "queue", "ordinal", "legs", "entered_at", "position", "outcome", "reason", "exit_key",
    "wait_seconds", "left_at", "interface", "member", "agent_leg", "ring_seconds", "ended_at", "talk_seconds",
    "stated_talk_seconds", "hold_seconds", "ended_by", "transfer", "transfer_target", "recordings", "sources",
    "evidence",
]  # fmt: skip

visit_columns = [*(visits.c[name] for name in _STORED), callers.c.number, callers.c.name]
"""What `read_visit` needs, in its order; the callers' are of an outer join."""

visits_and_callers = visits.outerjoin(callers, callers.c.id == visits.c.caller_id)


def select_visits(*conditions: Any) -> Select[Any]:
    """A question for whole visits."""
    return select(*visit_columns).select_from(visits_and_callers).where(*conditions)


def visit_row(number: int, call: str, visit: QueueVisit, callers_by_ref: dict[CallerRef | None, int | None]) -> Row:
    """The row of a visit of the call with this root."""
    leg, queue = key(visit.leg), key(visit.queue)
    member = visit.member
    is_open = visit.outcome is Outcome.STILL_WAITING or visit.talking
    end = visit.ended_at or visit.left_at or visit.entered_at
    return (
        number,
        f"{leg}~{queue}~{visit.ordinal}",
        call,
        leg,
        queue,
        visit.ordinal,
        texts(map(key, visit.legs)),
        callers_by_ref[visit.caller],
        to_microseconds(visit.entered_at),
        visit.position,
        visit.outcome.value,
        storable(visit.reason),
        storable(visit.exit_key),
        visit.wait_seconds,
        instant(visit.left_at),
        key(member.interface) if member else None,
        key(member.name) if member else None,
        key(member.agent) if member else None,
        key(visit.agent_leg),
        visit.ring_seconds,
        instant(visit.ended_at),
        visit.talk_seconds,
        visit.stated_talk_seconds,
        visit.hold_seconds,
        visit.ended_by.value if visit.ended_by else None,
        visit.transfer.value if visit.transfer else None,
        storable(visit.transfer_target),
        texts(visit.recordings),
        texts(visit.sources),
        ids(visit.evidence),
        is_open,
        is_open or end - visit.entered_at > LONG,
        bool(visit.recordings),
    )


def read_visit(row: Sequence[Any], names: dict[int, PbxId]) -> QueueVisit:
    """The visit of a row with `visit_columns`."""
    (
        pbx, call, leg, queue, ordinal, legs, entered_at, position, outcome, reason, exit_key, wait_seconds, left_at,
        interface, member, agent_leg, ring_seconds, ended_at, talk_seconds, stated_talk_seconds, hold_seconds, ended_by,
        transfer, transfer_target, recordings, sources, evidence, caller_number, caller_name,
    ) = row  # fmt: skip
    return QueueVisit(
        pbx=names[pbx],
        call=LegId(call),
        leg=LegId(leg),
        queue=QueueName(queue),
        ordinal=ordinal,
        legs=tuple(map(LegId, read_texts(legs))),
        caller=caller_of(caller_number, caller_name),
        entered_at=from_microseconds(entered_at),
        position=position,
        outcome=Outcome(outcome),
        reason=reason,
        exit_key=exit_key,
        wait_seconds=wait_seconds,
        left_at=read_instant(left_at),
        member=read_member(interface, member),
        agent_leg=agent_leg,
        ring_seconds=ring_seconds,
        ended_at=read_instant(ended_at),
        talk_seconds=talk_seconds,
        stated_talk_seconds=stated_talk_seconds,
        hold_seconds=hold_seconds,
        ended_by=EndedBy(ended_by) if ended_by else None,
        transfer=ConversationEnd(transfer) if transfer else None,
        transfer_target=transfer_target,
        recordings=read_texts(recordings),
        sources=tuple(map(Source, read_texts(sources))),
        evidence=read_ids(evidence),
    )


def instant(at: datetime | None) -> int | None:
    """An instant as a column holds it."""
    return None if at is None else to_microseconds(at)


def read_instant(value: int | None) -> datetime | None:
    """The instant of a column."""
    return None if value is None else from_microseconds(value)


def read_member(interface: str | None, name: str | None) -> MemberRef | None:
    """The member of two columns; None if neither says anything."""
    return None if interface is None and name is None else MemberRef(interface, name)
