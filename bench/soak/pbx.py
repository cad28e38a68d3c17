"""A PBX with so many new queue calls every second, in a process of its own.

    python -m bench.soak.pbx QUEUE_LOG CALLS_PER_SECOND

says its port. When somebody has logged in it tells in haste what would have happened in one turn of its lanes, so that
all of them are at work; says so when that is done, and goes on with the present. Told to, it stops at a second at which
nothing is half told, and says how many callers entered each queue.
"""

import asyncio
import heapq
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import takewhile
from pathlib import Path

from bench.processes import READY
from bench.soak.lanes import Lane, Part, Plan, day, is_join, of_agent_class, parts
from callcenter.demo.capture import Capture
from callcenter.demo.pbx import LoopbackPbx
from callcenter.demo.state import headers_of

_AT_ONCE = 200
"""Frames between two looks whether the listener keeps up."""

_HASTE = 20.0
"""How many times as fast the past is told."""

_AHEAD_SECONDS = 20
"""How far to look for a second at which to stop."""


class BusyPbx(LoopbackPbx):
    """Tells all lanes side by side. ``joined`` counts the callers of each queue."""

    def __init__(self, queue_log: Path, plan: Plan) -> None:
        lanes = [Lane(number) for number in range(plan.lanes)]
        opening = [told for lane in lanes for told in lane.opening()]
        super().__init__(
            queue_log, capture=Capture(opening=opening, frames=day().frames, rows=()), head_start_seconds=plan.seconds
        )
        self.joined: Counter[str] = Counter()
        self._plan = plan
        self._lanes = lanes
        self._stop_asked = asyncio.Event()
        self.at_present = asyncio.Event()
        self.stopped = asyncio.Event()

    def stop(self) -> None:
        """Tell to the end of a second of the next few, and nothing after it."""
        self._stop_asked.set()

    async def tell(self) -> None:
        """All lanes in the order of time, until stopped."""
        begins_at = int(self.now()) - self._plan.seconds
        lanes = [parts(self._plan, lane, begins_at) for lane in range(self._plan.lanes)]
        told = heapq.merge(*lanes, key=lambda part: part.due)
        for number, part in enumerate(told):
            if number % _AT_ONCE == 0:
                await self.drained()
            await self._not_too_early(part.due, begins_at)
            self._tell_part(part)
            if self._stop_asked.is_set():
                break
        await self._tell_to_a_quiet_second(told)
        self.stopped.set()

    async def _not_too_early(self, due: float, begins_at: int) -> None:
        """Wait for an instant that is to come; what is past is told in haste, as much as a listener can bear."""
        so_far = self.now() - self._plan.seconds - begins_at
        await asyncio.sleep(max(0.0, (due - begins_at) / _HASTE - so_far))
        if due > self.now():
            self.at_present.set()
            await self.until(due)

    async def _tell_to_a_quiet_second(self, told: Iterator[Part]) -> None:
        """All that is before it, and nothing after: so frames and rows tell of the same calls."""
        horizon = self.now() + _AHEAD_SECONDS
        ahead = list(takewhile(lambda part: part.due < horizon, told))
        end = quiet_second(ahead)
        for part in ahead:
            if part.at < end:
                await self.until(part.due)
                self._tell_part(part)

    def _tell_part(self, part: Part) -> None:
        if not part.data:
            self._end_day(part)
        elif part.is_row:
            self.write(part.data)
        else:
            if is_join(part.data):
                self.joined[headers_of(part.data)["Queue"]] += 1
            self.say(part.data, part.at)

    def _end_day(self, part: Part) -> None:
        suffix = self._lanes[part.lane].suffix().decode()
        for member in self._state.dynamic_members():
            if member["Queue"].endswith(suffix):
                self.sign_out(member, int(part.at))


def quiet_second(ahead: Sequence[Part]) -> int:
    """The whole second that is furthest from anything that both a frame and a row tell."""
    frames = [part.at for part in ahead if not part.is_row and of_agent_class(part.data)]
    seconds = range(int(ahead[0].due) + 2, int(ahead[-1].due) - 1)
    return max(seconds, key=lambda second: min((abs(at - second) for at in frames), default=1.0))


async def _serve(queue_log: Path, plan: Plan) -> None:
    async with BusyPbx(queue_log, plan) as pbx:
        print(READY, pbx.port, sep="\n", flush=True)
        await pbx.at_present.wait()
        print("at present", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        pbx.stop()
        await pbx.stopped.wait()
        print(json.dumps(pbx.joined), flush=True)
        await asyncio.to_thread(sys.stdin.readline)


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1]), Plan.of(float(sys.argv[2]))))
