"""The loop around every step: it repeats, rests, recovers, and ends when it is told to."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise

import pytest

from callcenter.domain.errors import StoreUnavailable
from workers import runner
from workers.runner import Health, run


class Script:
    """A step that does what it is told to, one thing after the other, then sets ``stop``."""

    name = "script"

    def __init__(self, *acts: int | Exception) -> None:
        self.stop = asyncio.Event()
        self.health = Health()
        self.seen: list[str | None] = []
        self.began_at: list[float] = []
        self._acts: Iterator[int | Exception] = iter(acts)

    async def run_once(self) -> int:
        self.seen.append(self.health.problems.get(self.name))
        self.began_at.append(asyncio.get_running_loop().time())
        act = next(self._acts, None)
        if act is None:
            self.stop.set()
            return 0
        if isinstance(act, Exception):
            raise act
        return act

    async def run(self, idle_seconds: float = 0.0) -> None:
        async with asyncio.timeout(5):
            await run(self, idle_seconds=idle_seconds, stop=self.stop, health=self.health)

    def pauses(self) -> list[float]:
        return [later - earlier for earlier, later in pairwise(self.began_at)]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rests a hundred times as short, and without chance."""
    monkeypatch.setattr(runner, "FIRST_REST_SECONDS", 0.002)
    monkeypatch.setattr(runner, "LONGEST_REST_SECONDS", 0.016)
    monkeypatch.setattr(runner.random, "uniform", lambda low, high: 1.0)


DOWN = StoreUnavailable("db", "down")


async def test_a_step_that_did_something_is_repeated_at_once() -> None:
    script = Script(1, 1, 1)
    await script.run(idle_seconds=60)
    assert len(script.seen) == 4
    assert sum(script.pauses()) < 1


async def test_a_step_that_found_nothing_rests() -> None:
    script = Script(0, 1)
    await script.run(idle_seconds=0.05)
    assert script.pauses()[0] >= 0.045
    assert script.pauses()[1] < 0.045


@pytest.mark.usefixtures("quick")
async def test_rests_grow_with_failures_up_to_a_bound_and_begin_anew_after_a_success() -> None:
    script = Script(*[DOWN] * 5, 1, DOWN, 1)
    await script.run()
    pauses = script.pauses()
    for pause, least in zip(pauses, [0.002, 0.004, 0.008, 0.016, 0.016, 0, 0.002], strict=False):
        assert pause >= least * 0.9
    assert pauses[6] < 0.016


@pytest.mark.parametrize(("failures", "rest"), [(1, 0.2), (2, 0.4), (5, 3.2), (7, 12.8), (8, 15.0), (1_000_000, 15.0)])
def test_the_length_of_rests(failures: int, rest: float, monkeypatch: pytest.MonkeyPatch) -> None:
    chances: list[Callable[[float, float], float]] = [min, max]
    shortest, longest = [
        [monkeypatch.setattr(runner.random, "uniform", chance), runner._back_off(failures)][1] for chance in chances
    ]
    assert (shortest, longest) == (pytest.approx(rest * 0.5), pytest.approx(rest * 1.5))


@pytest.mark.usefixtures("quick")
async def test_health_tells_the_last_problem_until_all_is_well() -> None:
    script = Script(1, DOWN, OSError("disk"), 1)
    await script.run()
    assert script.seen == [None, None, "StoreUnavailable(address='db', problem='down')", "disk", None]
    assert script.health.well
    script.health.problems["other"] = "away"
    assert not script.health.well


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("bug", [KeyError("leg"), TimeoutError(), AssertionError()])
async def test_a_bug_is_told_and_stops_neither_this_step_nor_others(bug: Exception) -> None:
    script = Script(bug, 1)
    await script.run()
    assert script.seen[1]
    assert script.health.well


@contextmanager
def ends_at_once() -> Iterator[None]:
    loop = asyncio.get_running_loop()
    begun = loop.time()
    yield
    assert loop.time() - begun < 1


@pytest.mark.parametrize("act", [0, DOWN])
async def test_it_ends_at_once_while_it_rests(act: int | Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "FIRST_REST_SECONDS", 60.0)
    monkeypatch.setattr(runner, "LONGEST_REST_SECONDS", 60.0)
    script = Script(act, 1)
    task = asyncio.create_task(script.run(idle_seconds=60))
    await asyncio.sleep(0.02)
    with ends_at_once():
        script.stop.set()
        await task
    assert len(script.seen) == 1


async def test_it_does_not_begin_when_it_is_told_to_end() -> None:
    script = Script(1)
    script.stop.set()
    await script.run()
    assert script.seen == []


async def test_it_can_be_cancelled_while_it_works() -> None:
    class Endless:
        name = "endless"

        async def run_once(self) -> int:
            await asyncio.Event().wait()
            return 1

    health = Health()
    task = asyncio.create_task(run(Endless(), idle_seconds=0, stop=asyncio.Event(), health=health))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert health.problems == {}
