"""How fast a recording is played."""

import asyncio


class Pace:
    """Waits until a recorded instant is due. ``speed`` 1 is as it was, 10 ten times faster, None as fast as it goes."""

    def __init__(self, speed: float | None) -> None:
        self._speed = speed
        self._zero: float | None = None

    async def until(self, instant: float) -> None:
        """Wait for this instant, in seconds by the clock of the recording; the first one is due at once."""
        if self._speed is None:
            return
        due = instant / self._speed
        now = asyncio.get_running_loop().time()
        if self._zero is None:
            self._zero = now - due
        await asyncio.sleep(max(0.0, self._zero + due - now))
