"""Strategies for what a fold gives: any visit, ring, refusal, loose end, anomaly and disagreement of one call."""

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from callcenter.domain.calls.events import ConversationEnd
from callcenter.domain.calls.visits import (
    Anomaly,
    Disagreement,
    EndedBy,
    FoldedCall,
    LooseEnd,
    LooseKind,
    Outcome,
    QueueVisit,
    Refusal,
    RingAttempt,
    RingResult,
)
from callcenter.domain.ids import CallerRef, EventId, LegId, MemberRef, QueueName, Source
from tests.support.agents import MORNING, PBX

# What can be stored as it stands; the other texts have tests of their own.
names = st.one_of(
    st.sampled_from(["sales", "支持|北京", "李雷", "🎧 Ünit", "a'b\"c%d\\e", " "]),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=30),
)
instants = st.integers(-(10**15), 10**15).map(lambda value: MORNING + timedelta(microseconds=value))
seconds = st.integers(-(2**31), 2**31 - 1)
ids = st.lists(st.binary(min_size=16, max_size=16).map(EventId), max_size=3).map(tuple)
members = st.builds(MemberRef, names, st.none() | names) | st.builds(MemberRef, st.none(), names)
callers = st.builds(CallerRef, st.none() | names, st.none() | names)
floats = st.floats(0, 1e7)


def _visit(**values: Any) -> QueueVisit:
    return QueueVisit(pbx=PBX, **values)


visits = st.builds(
    _visit,
    call=st.just(LegId("root")),
    leg=names.map(LegId),
    queue=names.map(QueueName),
    ordinal=st.integers(1, 99),
    legs=st.lists(names.map(LegId), max_size=3).map(tuple),
    caller=st.none() | callers,
    entered_at=instants,
    position=st.none() | seconds,
    outcome=st.sampled_from(Outcome),
    reason=st.none() | names,
    exit_key=st.none() | names,
    wait_seconds=st.none() | seconds,
    left_at=st.none() | instants,
    member=st.none() | members,
    agent_leg=st.none() | names.map(LegId),
    ring_seconds=st.none() | seconds,
    ended_at=st.none() | instants,
    talk_seconds=st.none() | floats,
    stated_talk_seconds=st.none() | seconds,
    hold_seconds=floats,
    ended_by=st.none() | st.sampled_from(EndedBy),
    transfer=st.none() | st.sampled_from(ConversationEnd),
    transfer_target=st.none() | names,
    recordings=st.lists(names, max_size=2).map(tuple),
    sources=st.lists(st.sampled_from(Source), max_size=2).map(tuple),
    evidence=ids,
)

rings = st.builds(
    lambda **values: RingAttempt(pbx=PBX, call=LegId("root"), **values),
    leg=names.map(LegId),
    queue=names.map(QueueName),
    member=members,
    agent_leg=st.none() | names.map(LegId),
    at=instants,
    result=st.sampled_from(RingResult),
    ring_seconds=st.none() | floats,
    evidence=ids,
)

refusals = st.builds(
    lambda **values: Refusal(pbx=PBX, call=LegId("root"), **values),
    leg=names.map(LegId),
    queue=names.map(QueueName),
    at=instants,
    status=names,
    evidence=ids,
)

anomalies = st.builds(
    Anomaly,
    kind=names,
    at=instants,
    leg=st.none() | names.map(LegId),
    queue=st.none() | names.map(QueueName),
    event_id=st.binary(min_size=16, max_size=16).map(EventId),
    detail=st.just("") | names,
)

calls = st.builds(
    FoldedCall,
    visits=st.lists(visits, max_size=4, unique_by=lambda visit: visit.visit_id).map(tuple),
    rings=st.lists(rings, max_size=3).map(tuple),
    refusals=st.lists(refusals, max_size=2).map(tuple),
    loose_ends=st.lists(
        st.builds(LooseEnd, kind=st.sampled_from(LooseKind), queue=names.map(QueueName), at=instants, leg=st.none()),
        max_size=2,
    ).map(tuple),
    anomalies=st.lists(anomalies, max_size=2).map(tuple),
    disagreements=st.lists(
        st.builds(
            Disagreement,
            visit_id=names,
            queue=names.map(QueueName),
            at=instants,
            field=names,
            ami=names,
            queue_log=names,
        ),
        max_size=2,
    ).map(tuple),
)
