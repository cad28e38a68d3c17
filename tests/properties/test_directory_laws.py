"""Corrections of the directory, on the real store: neither their order nor that of the events matters, taking one back
gives what was, and what was folded again for one is what a rebuild of everything gives."""

import asyncio
from collections.abc import Iterable, Sequence
from itertools import count
from pathlib import Path
from random import Random
from shutil import copyfile
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.store import Store, open_store
from callcenter.bootstrap.settle import settle
from callcenter.domain.agents.assignments import Assignment
from callcenter.domain.agents.events import (
    DeviceState,
    MemberAdded,
    MemberPaused,
    MemberRemoved,
    MemberSeen,
    MemberStatusChanged,
    MemberUnpaused,
)
from callcenter.domain.calls.events import (
    CallAnswered,
    CallOffered,
    ConversationEnd,
    ConversationEnded,
    RingNotAnswered,
)
from callcenter.domain.event import Event
from callcenter.domain.ids import AgentId, LegId, MemberRef, Source
from callcenter.ports import Said
from callcenter.settings import Settings
from tests.integration.test_recording_laws import rows
from tests.support.agents import PBX, at
from tests.support.heard import batch, told
from workers.batches import BatchRecorder
from workers.corrections import Corrections
from workers.rebuild import Rebuild

HOUR = 3600
INTERFACES = ("PJSIP/1", "Local/2@from-queue", "Local/2@from-queue/n", "Agent/3")
NAMES = ("Ann", "Bob", "PJSIP/1", "3")
PEOPLE = ("p1", "p2", "Ann")
QUEUES = ("sales", "support")

instants = st.integers(0, 60 * HOUR)
members = st.one_of(
    st.builds(MemberRef, st.sampled_from(INTERFACES), st.sampled_from(NAMES)),
    st.builds(lambda name: MemberRef(name=name), st.sampled_from(NAMES)),
    st.builds(lambda interface: MemberRef(interface=interface), st.sampled_from(INTERFACES)),
)


@st.composite
def agent_facts(draw: st.DrawFn) -> list[Event]:
    kind = draw(
        st.sampled_from((MemberAdded, MemberRemoved, MemberPaused, MemberUnpaused, MemberSeen, MemberStatusChanged))
    )
    member, source = draw(members), draw(st.sampled_from((Source.AMI, Source.QUEUE_LOG)))
    more: dict[str, Any] = {}
    if kind in (MemberSeen, MemberStatusChanged):
        source = Source.AMI
        more = {"membership": "dynamic", "status": DeviceState.NOT_IN_USE, "paused": draw(st.booleans())}
    elif kind is MemberAdded:
        more = {"membership": "dynamic"}
    return [told(kind, draw(instants), queue=draw(st.sampled_from(QUEUES)), member=member, source=source, **more)]


@st.composite
def a_call(draw: st.DrawFn) -> list[Event]:
    leg, queue, began = LegId(f"leg.{draw(st.integers(0, 10**6))}"), draw(st.sampled_from(QUEUES)), draw(instants)
    head = {"leg": leg, "queue": queue, "source": draw(st.sampled_from((Source.AMI, Source.QUEUE_LOG)))}
    answered = {**head, "member": draw(members), "wait_seconds": 40}
    facts: list[Event] = [
        told(CallOffered, began, position=1, **head),
        told(RingNotAnswered, began + 20, member=draw(members), ring_seconds=5.0, **head),
        told(CallAnswered, began + 40, **answered),
    ]
    if draw(st.booleans()):
        end = {**answered, "talk_seconds": 100, "end": ConversationEnd.CALLER}
        facts.append(told(ConversationEnded, began + 140, **end))
    return facts


@st.composite
def an_assignment(draw: st.DrawFn) -> Assignment:
    since, until = draw(st.none() | instants), draw(st.none() | instants)
    if since is not None and until is not None and since >= until:
        since, until = until, since + 1
    by_interface = draw(st.booleans())
    return Assignment(
        person=AgentId(draw(st.sampled_from(PEOPLE))),
        pbx=PBX,
        interface=draw(st.sampled_from(INTERFACES)) if by_interface else None,
        name=None if by_interface else draw(st.sampled_from(NAMES)),
        since=None if since is None else at(since),
        until=None if until is None else at(until),
    )


def one_each(said: Iterable[Assignment]) -> list[Assignment]:
    """Of each address one: what is said again of it would take its place."""
    return list({one.assignment_id: one for one in said}.values())


stories = st.lists(agent_facts() | a_call(), min_size=1, max_size=12).map(
    lambda facts: [e for its in facts for e in its]
)
corrections = st.lists(an_assignment(), min_size=1, max_size=5).map(one_each)
_template: list[Path] = []
_numbers = count(1)


async def fresh(folder: Path) -> str:
    """A new database; making the tables for each would take most of the time."""
    if not _template or not _template[0].exists():
        async with await open_store(f"sqlite:///{folder / 'template.db'}"):
            pass
        _template[:] = [folder / "template.db"]
    copyfile(_template[0], file := folder / f"{next(_numbers)}.db")
    return f"sqlite:///{file}"


class Site:
    """A store with a recorder and the worker of corrections beside it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.recorder = BatchRecorder(PBX, store.ledger)
        self.worker = Corrections(PBX, store.ledger)
        self.numbers = count(1)

    async def hear(self, events: Sequence[Event]) -> None:
        await self.recorder.record([batch(events, next(self.numbers))])

    async def say(self, *said: Assignment) -> None:
        await self.store.people.put([Said(one) for one in said], by="test", at=at(0))

    async def take_back(self, *said: Assignment) -> None:
        await self.store.people.remove([one.assignment_id for one in said], by="test", at=at(0))

    async def rest(self) -> None:
        while await self.worker.run_once():
            pass
        await settle(PBX, self.store.ledger, Settings())
        assert await self.store.people.pending() == 0

    async def rebuild(self) -> None:
        rebuild = Rebuild(PBX, self.store.ledger)
        while await rebuild.run_once():
            pass
        await self.rest()


async def in_some_order(url: str, events: Sequence[Event], said: Sequence[Assignment], random: Random) -> None:
    """Facts and corrections mixed, the worker and new processes at any moment, one correction more and taken back."""
    steps: list[Any] = [[event] for event in events] + list(said)
    random.shuffle(steps)
    passing = Assignment(person=AgentId("p9"), pbx=PBX, interface=random.choice(INTERFACES))
    passing = passing if passing.assignment_id not in {one.assignment_id for one in said} else said[0]
    async with await open_store(url) as store:
        site = Site(store)
        for step in steps:
            if isinstance(step, Assignment):
                await site.say(step)
            else:
                await site.hear(step)
            if random.random() < 0.2:
                await site.worker.run_once()
            if random.random() < 0.1:
                site.recorder = BatchRecorder(PBX, store.ledger)
        await site.rest()
        if passing not in said:
            await site.say(passing)
            await site.worker.run_once()
            await site.take_back(passing)
        await site.say(*said)
        await site.rest()


@settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(stories, corrections, st.randoms(use_true_random=False))
def test_order_does_not_matter_and_a_rebuild_gives_the_same(
    tmp_path: Path, events: list[Event], said: list[Assignment], random: Random
) -> None:
    async def play() -> None:
        plain, mixed = await fresh(tmp_path), await fresh(tmp_path)
        async with await open_store(plain) as store:
            site = Site(store)
            await site.say(*said)
            await site.hear(events)
            await site.rest()
        expected = rows(plain)
        await in_some_order(mixed, events, said, random)
        assert rows(mixed) == expected
        async with await open_store(mixed) as store:
            await Site(store).rebuild()
        assert rows(mixed) == expected

    asyncio.run(play())


@settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(stories, corrections)
def test_what_is_taken_back_leaves_nothing(tmp_path: Path, events: list[Event], said: list[Assignment]) -> None:
    async def play() -> None:
        url = await fresh(tmp_path)
        async with await open_store(url) as store:
            site = Site(store)
            await site.hear(events)
            await site.rest()
            before = rows(url)
            await site.say(*said)
            await site.rest()
            await site.take_back(*said)
            await site.rest()
            assert await store.people.people() == []
        assert rows(url) == before

    asyncio.run(play())
