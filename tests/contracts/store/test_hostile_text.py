"""Names come from strangers: whatever they hold is kept where it can be, and never stops the recorder."""

from dataclasses import replace

import pytest

from adapters.store import Store
from adapters.store.text import KEY_LENGTH
from callcenter.domain.agents.events import MemberAdded
from callcenter.domain.agents.spells import AgentState
from callcenter.domain.agents.stays import Stay
from callcenter.domain.calls.events import CallOffered, Noted, RecordingNamed
from callcenter.domain.calls.visits import Anomaly, Disagreement, FoldedCall, LooseEnd, LooseKind, Outcome
from callcenter.domain.feed import FeedLost, QueueSeen
from callcenter.domain.ids import AgentId, CallerRef, LegId, MemberRef, PbxId, QueueName
from callcenter.domain.periods import Period
from callcenter.metrics.marks import MarkKind, StaleMark
from callcenter.metrics.summaries import QueueSummary
from callcenter.ports import VisitFilter
from tests.support.agents import at
from tests.support.heard import batch, progress, record, told
from tests.support.visits import refusal, ring, visit

CLEAN = [
    "支持|北京",
    "🎧 Ünit \u202e",
    "' OR 1=1 --",
    '%s {} \\ "',
    "a\nb\tc",
    "\ufffd",
    "\U0010ffff",
    "x" * KEY_LENGTH,
]
FOUL = ["nul\0nul", "latin \udce4\udcf6", "half \ud83d", "\0", "李" * 5000, "x" * 65536, "\0" * 300]


@pytest.mark.parametrize("text", CLEAN + FOUL, ids=range(len(CLEAN + FOUL)))
async def test_everything_may_be_called_anything(store: Store, text: str) -> None:
    pbx, leg, queue, agent = PbxId(f"p {text}"[:99]), LegId(text), QueueName(text), AgentId(text)
    member = MemberRef(text, text)
    events = [
        told(CallOffered, 0, pbx=pbx, leg=leg, queue=queue, caller=CallerRef(text, text), linked_leg=leg),
        told(Noted, 1, pbx=pbx, leg=leg, queue=queue, member=member, name=text, details=((text, text),)),
        told(RecordingNamed, 2, pbx=pbx, leg=leg, path=text),
        told(MemberAdded, 3, pbx=pbx, queue=queue, member=member, reason=text),
        told(QueueSeen, 4, pbx=pbx, queue=queue, strategy=text),
        told(FeedLost, 5, pbx=pbx, connection=text, reason=text),
    ]
    one = visit(
        0,
        leg=text,
        queue=text,
        agent=text,
        call=leg,
        legs=(leg,),
        caller=CallerRef(text, text),
        reason=text,
        exit_key=text,
        transfer_target=text,
        recordings=(text,),
        agent_leg=leg,
        pbx=pbx,
    )
    call = FoldedCall(
        visits=(one,),
        rings=(replace(ring(1, queue=text), member=member, leg=leg),),
        refusals=(replace(refusal(2, text, queue=text), leg=leg),),
        loose_ends=(LooseEnd(kind=LooseKind.OPEN_TALK, queue=queue, at=at(0), leg=leg),),
        anomalies=(Anomaly(kind=text, at=at(0), leg=leg, queue=queue, event_id=events[0].event_id, detail=text),),
        disagreements=(
            Disagreement(visit_id=one.visit_id, queue=queue, at=at(0), field=text, ami=text, queue_log=text),
        ),
    )
    other_half = replace(call.loose_ends[0], kind=LooseKind.STRAY_TALK_END)
    day = at(0).date()
    far = progress(9, connection=text, unknown={text: 1}, problems={text: 2}, checkpoint=text)
    mark = StaleMark(MarkKind.QUEUE, text, at(0))
    for _ in range(2):  # a second time, since what was stored must be found again
        async with store.ledger.recording(pbx) as recording:
            new = await recording.add([batch(events, pbx=pbx, adapter=text, progress=far)])
            await recording.assign({leg: leg})
            assert list(await recording.roots([leg])) == [leg]
            assert len((await recording.call_events([leg]))[leg]) == 3
            assert len(await recording.agent_events([MemberRef(text)], at(0))) == 1
            await recording.replace_calls({leg: call}, [])
            assert len(await recording.loose_counterparts([other_half])) == 1
            stay = Stay(text, at(0), None)
            await recording.replace_stays(text, [stay], [stay])
            assert [len(stays) for stays in (await recording.stays()).values()] == [1]
            await recording.note_unnamed({text: at(0)})
            assert len(await recording.unnamed()) == 1
            state = AgentState(member_of={queue: at(0)}, paused_since=at(1), reason=text)
            await recording.replace_agent_days(agent, day, {day: (state, [])})
            assert len(await recording.agent_days(agent, day)) == 1
            await recording.mark_stale([mark])
    assert new == []
    async with store.ledger.intervals(pbx) as work:
        taken = await work.take(MarkKind.QUEUE, 9)
        assert len(taken.marks) == 1
        assert len(await work.visits_entered(queue, Period(at(0), at(9)))) == 1
        assert len(await work.visits_of_agent(agent, Period(at(0), at(9)))) == 1
        await work.put_queue(queue, at(0), QueueSummary(offered=1))
        await work.settle(taken)
    async with store.ledger.links(pbx) as links:
        for found in await links.unlinked(9):
            await links.link(found, found.recordings)
    async with store.ledger.samples(pbx) as samples:
        await samples.put_draw(day, agent, text, 1, [one.visit_id])
    page = await store.archive.visits(VisitFilter(pbx=pbx, queue=queue, agent=agent, leg=leg), cursor=None, limit=9)
    assert len(page.items) == 1
    story = await store.archive.story(pbx, page.items[0].visit_id)
    assert len(story.timeline) == 3
    assert len(story.rings) == len(story.anomalies) == 1
    assert len((await store.archive.recordings(pbx, cursor=None, limit=9)).items) == 1
    assert len(await store.archive.queue_rows(pbx, None)) == 1
    assert len((await store.archive.feed(pbx)).progress) == 1
    assert len(await store.archive.spells(pbx, Period(at(0), at(9)))) == 1
    if text in CLEAN:
        assert page.items == (one,)
        assert {item.event for item in story.timeline} == set(events[:3])
        assert story.disagreements == call.disagreements


async def test_names_that_differ_stay_different(store: Store) -> None:
    """Cut or written out, no two of them become one."""
    names = [*FOUL, "x" * 65535, "x" * 65535 + "y", "nul", "李" * 4999]
    events = [told(CallOffered, n, leg=LegId(name), queue=QueueName("q")) for n, name in enumerate(names)]
    await record(store, batch(events), pbx=PbxId("lab"))
    async with store.ledger.recording(PbxId("lab")) as recording:
        await recording.assign({LegId(name): LegId(name) for name in names})
        found = await recording.call_events([LegId(name) for name in names])
    assert {leg: len(its) for leg, its in found.items()} == dict.fromkeys(names, 1)


async def test_new_events_come_back_in_a_form_that_can_be_stored(store: Store) -> None:
    heard = told(RecordingNamed, 0, leg=LegId("1"), path="/\udce4.wav")
    new = await record(store, batch([heard]))
    assert new == [replace(heard, path="/\\udce4.wav")]


async def test_numbers_as_large_as_adapters_let_through(store: Store) -> None:
    largest = 2**31 - 1
    one = visit(
        0,
        wait=5,
        ring_seconds=largest,
        stated_talk_seconds=-largest,
        talk_seconds=1e12,
        position=largest,
        ordinal=largest,
        wait_seconds=-largest,
    )
    async with store.ledger.recording(one.pbx) as recording:
        await recording.replace_calls({one.call: FoldedCall(visits=(one,))}, [])
    page = await store.archive.visits(VisitFilter(outcome=Outcome.ANSWERED), cursor=None, limit=1)
    assert page.items == (one,)
