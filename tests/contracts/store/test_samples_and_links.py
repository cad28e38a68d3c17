"""What the workers for quality may rely on: draws that can be replaced, files that are linked once."""

from dataclasses import replace
from datetime import date

from adapters.store import Store
from callcenter.domain.calls.visits import FoldedCall, Outcome, QueueVisit
from callcenter.domain.ids import AgentId, PbxId
from callcenter.domain.periods import Period
from callcenter.ports import RecordingLink, SampleRow
from tests.support.agents import ALICE, PBX, at
from tests.support.heard import everything, keep
from tests.support.visits import visit

MONDAY, TUESDAY = date(2026, 3, 2), date(2026, 3, 3)
BOB = AgentId("Bob 李")


async def put(store: Store, day: date, agent: AgentId, *visit_ids: str, seed: str = "s", population: int = 9) -> None:
    async with store.ledger.samples(PBX) as work:
        await work.put_draw(day, agent, seed, population, visit_ids)


def sample(day: date, agent: AgentId, visit_id: str, position: int, seed: str = "s", population: int = 9) -> SampleRow:
    return SampleRow(PBX, day, agent, visit_id, seed, population, position)


class TestSamples:
    async def test_answered_visits_by_the_end_of_their_conversation(self, store: Store) -> None:
        inside = [visit(-(10**6), wait=10, talk=10**6), visit(-60, wait=10, talk=50), visit(0, wait=9, talk=80)]
        outside = [visit(0, wait=10, talk=90), visit(-60, talk=59), visit(5), visit(5, Outcome.ABANDONED)]
        await keep(store, {one.call: FoldedCall(visits=(one,)) for one in (*inside, *outside)})
        async with store.ledger.samples(PBX) as work:
            assert await work.answered_visits(Period(at(0), at(100))) == inside

    async def test_draws_with_what_proves_them(self, store: Store) -> None:
        await put(store, MONDAY, BOB, "b~sales~1", "a~支持|x~2", seed="seed 1", population=40)
        await put(store, TUESDAY, ALICE, "c~sales~1")
        await put(store, TUESDAY, BOB)
        wanted = [
            sample(TUESDAY, ALICE, "c~sales~1", 1),
            sample(MONDAY, BOB, "b~sales~1", 1, "seed 1", 40),
            sample(MONDAY, BOB, "a~支持|x~2", 2, "seed 1", 40),
        ]
        assert await store.archive.samples(PBX, None) == wanted
        assert await store.archive.samples(None, MONDAY) == wanted[1:]
        assert await store.archive.samples(PbxId("nobody"), None) == []
        async with store.ledger.samples(PBX) as work:
            assert await work.drawn(MONDAY) == {"b~sales~1", "a~支持|x~2"}
            assert await work.drawn(date(2026, 3, 4)) == set()

    async def test_a_draw_takes_the_place_of_the_one_before(self, store: Store) -> None:
        await put(store, MONDAY, ALICE, "a", "b", "c")
        await put(store, MONDAY, BOB, "x")
        await put(store, MONDAY, ALICE, "d", seed="t", population=3)
        assert await store.archive.samples(PBX, MONDAY) == [
            sample(MONDAY, ALICE, "d", 1, "t", 3),
            sample(MONDAY, BOB, "x", 1),
        ]


class TestLinks:
    def recorded(self, seconds: float = 0, *paths: str, leg: str = "1.1") -> QueueVisit:
        return visit(seconds, wait=5, talk=60, leg=leg, recordings=paths or (f"/monitor/{leg}.wav",))

    async def unlinked(self, store: Store, limit: int = 100) -> list[QueueVisit]:
        async with store.ledger.links(PBX) as work:
            return await work.unlinked(limit)

    async def link_all(self, store: Store) -> None:
        async with store.ledger.links(PBX) as work:
            for one in await work.unlinked(100):
                await work.link(one, one.recordings)

    async def links(self, store: Store) -> list[RecordingLink]:
        return list((await store.archive.recordings(PBX, cursor=None, limit=100)).items)

    async def test_visits_with_files_that_nobody_has_linked(self, store: Store) -> None:
        visits = [self.recorded(n, leg=f"1.{n}") for n in range(3)]
        await keep(store, {one.call: FoldedCall(visits=(one,)) for one in (*visits, visit(9))})
        assert await self.unlinked(store, 2) == visits[:2]
        await self.link_all(store)
        assert await self.unlinked(store) == []

    async def test_links_show_their_visit(self, store: Store) -> None:
        one = self.recorded(0, "/monitor/a.wav", "/monitor/李雷 |b.wav")
        await keep(store, {"1.1": FoldedCall(visits=(one,))})
        await self.link_all(store)
        assert {link.path for link in await self.links(store)} == {"/monitor/a.wav", "/monitor/李雷 |b.wav"}
        assert (await self.links(store))[1] == RecordingLink(
            PBX, one.visit_id, "/monitor/a.wav", one.queue, ALICE, one.answered_at, 60.0
        )

    async def test_a_link_is_made_once(self, store: Store, database_url: str) -> None:
        one = self.recorded()
        await keep(store, {"1.1": FoldedCall(visits=(one,))})
        await self.link_all(store)
        before = await everything(database_url)
        await keep(store, {"1.1": FoldedCall(visits=(one,))})
        async with store.ledger.links(PBX) as work:
            await work.link(one, one.recordings)
            await work.link(one, one.recordings)
        assert await everything(database_url) == before

    async def test_a_visit_that_is_folded_again_in_between_is_looked_at_again(self, store: Store) -> None:
        one = self.recorded(0, "/monitor/a.wav")
        more = replace(one, recordings=("/monitor/a.wav", "/monitor/b.wav"))
        await keep(store, {"1.1": FoldedCall(visits=(one,))})
        async with store.ledger.links(PBX) as work:
            found = await work.unlinked(1)
            await keep(store, {"1.1": FoldedCall(visits=(more,))})
            await work.link(found[0], found[0].recordings)
        assert await self.unlinked(store) == [more]
        await self.link_all(store)
        assert {link.path for link in await self.links(store)} == {"/monitor/a.wav", "/monitor/b.wav"}

    async def test_a_link_goes_with_its_visit(self, store: Store) -> None:
        await keep(store, {"1.1": FoldedCall(visits=(self.recorded(),))})
        await self.link_all(store)
        await keep(
            store, {"1.0": FoldedCall(visits=(self.recorded(0, "/monitor/1.1.wav", leg="1.0"),))}, retired=["1.1"]
        )
        assert await self.links(store) == []
        await self.link_all(store)
        assert [link.visit_id for link in await self.links(store)] == ["1.0~sales~1"]

    async def test_a_visit_that_went_in_between_is_not_linked(self, store: Store) -> None:
        await keep(store, {"1.1": FoldedCall(visits=(self.recorded(),))})
        async with store.ledger.links(PBX) as work:
            found = await work.unlinked(1)
            await keep(store, {}, retired=["1.1"])
            await work.link(found[0], found[0].recordings)
        assert await self.links(store) == []
