"""Files find their visits."""

from tests.support.agents import PBX
from tests.support.desk import Desk
from tests.support.visits import visit
from workers.recordings import VISITS_AT_ONCE, Recordings


async def test_every_file_that_a_visit_names_is_linked(desk: Desk) -> None:
    one = visit(0, talk=5.0, recordings=("/monitor/a.wav", "/monitor/b.wav"))
    await desk.calls(one, visit(1, talk=5.0))
    assert await Recordings(PBX, desk.ledger).run_once() == 1
    assert await desk.links() == {(one.visit_id, "/monitor/a.wav"), (one.visit_id, "/monitor/b.wav")}


async def test_a_link_is_made_once(desk: Desk) -> None:
    await desk.calls(visit(0, talk=5.0, recordings=("/monitor/a.wav",)))
    recordings = Recordings(PBX, desk.ledger)
    assert [await recordings.run_once() for _ in range(2)] == [1, 0]


async def test_a_file_that_is_named_later_is_added(desk: Desk) -> None:
    recordings = Recordings(PBX, desk.ledger)
    await desk.calls(visit(0, talk=5.0, leg="a", recordings=("/monitor/a.wav",)))
    await recordings.run_once()
    later = visit(0, talk=5.0, leg="a", recordings=("/monitor/a.wav", "/monitor/b.wav"))
    await desk.calls(later)
    assert await recordings.run_once() == 1
    assert await desk.links() == {(later.visit_id, "/monitor/a.wav"), (later.visit_id, "/monitor/b.wav")}


async def test_one_file_may_span_two_visits(desk: Desk) -> None:
    first = visit(0, talk=5.0, leg="a", recordings=("/monitor/a.wav",))
    second = visit(9, talk=5.0, leg="b", recordings=("/monitor/a.wav",))
    await desk.calls(first, second)
    await Recordings(PBX, desk.ledger).run_once()
    assert await desk.links() == {(first.visit_id, "/monitor/a.wav"), (second.visit_id, "/monitor/a.wav")}


async def test_many_take_several_runs(desk: Desk) -> None:
    await desk.calls(*(visit(n, talk=1.0, recordings=(f"/monitor/{n}.wav",)) for n in range(VISITS_AT_ONCE + 1)))
    recordings = Recordings(PBX, desk.ledger)
    assert [await recordings.run_once() for _ in range(3)] == [VISITS_AT_ONCE, 1, 0]
