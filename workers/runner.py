"""The only loop. A step does what there is to do and says how much it was; the runner repeats, rests and recovers."""

import asyncio
import random
from contextlib import suppress
from typing import Protocol

import structlog

from callcenter.domain.errors import CallCenterError

log = structlog.get_logger(__name__)

FIRST_REST_SECONDS = 0.2
LONGEST_REST_SECONDS = 15.0


class Step(Protocol):
    """Something that can be done again and again; doing it twice does no harm."""

    @property
    def name(self) -> str: ...

    async def run_once(self) -> int:
        """Do what there is to do now; returns how much that was, 0 for nothing."""
        ...


class Health:
    """How each step fares: what went wrong last, None when all is well."""

    def __init__(self) -> None:
        self.problems: dict[str, str | None] = {}

    @property
    def well(self) -> bool:
        return not any(self.problems.values())


async def run(step: Step, *, idle_seconds: float, stop: asyncio.Event, health: Health) -> None:
    """Repeat a step until ``stop``. After a failure it rests, longer each time, and begins again from what is
    stored."""
    failures = 0
    while not stop.is_set():
        try:
            done = await step.run_once()
        except Exception as error:
            # Whatever it is, the other steps go on. What is no case of ours is a bug, and is told with its place.
            ours = isinstance(error, CallCenterError | OSError)
            failures += 1
            health.problems[step.name] = str(error) or type(error).__name__
            log.warning("step failed", step=step.name, error=str(error), failures=failures, exc_info=not ours)
            await _rest(stop, _back_off(failures))
            continue
        failures = 0
        health.problems[step.name] = None
        if not done:
            await _rest(stop, idle_seconds)


def _back_off(failures: int) -> float:
    rest = min(LONGEST_REST_SECONDS, FIRST_REST_SECONDS * 2.0 ** min(failures - 1, 10))
    return rest * random.uniform(0.5, 1.5)


async def _rest(stop: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stop.wait()
