"""How long to wait before the next attempt to connect."""

from collections.abc import Callable
from dataclasses import dataclass, field

_FIRST_SECONDS = 0.2
_LONGEST_SECONDS = 15.0
_REJECTED_SECONDS = 60.0
_HEALTHY_AFTER_SECONDS = 60.0
_JITTER_RATIO = 0.5
_MOST_DOUBLINGS = 10


@dataclass(slots=True)
class Backoff:
    """0.2 s, doubled up to 15 s, ± 50 % so that many adapters do not come back at once.

    A connection that held for a minute begins at the beginning again. A refused login waits a minute: somebody has to
    mend it, and asking again and again locks accounts and fills logs.

    ``draw`` gives a number from 0 to below 1.
    """

    draw: Callable[[], float]
    _failures: int = field(default=0, init=False)

    def after_end(self, held_seconds: float) -> float:
        """Seconds to wait after a connection that held for so long (0: it never came about)."""
        if held_seconds >= _HEALTHY_AFTER_SECONDS:
            self._failures = 0
        usual = min(_FIRST_SECONDS * 2.0 ** min(self._failures, _MOST_DOUBLINGS), _LONGEST_SECONDS)
        self._failures += 1
        return usual * (1 - _JITTER_RATIO + 2 * _JITTER_RATIO * self.draw())

    def after_rejection(self) -> float:
        """Seconds to wait after a refused login."""
        return _REJECTED_SECONDS
