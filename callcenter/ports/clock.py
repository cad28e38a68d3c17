"""The present."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """The present. Only ever used for "now", never for facts."""

    def now(self) -> datetime:
        """The present instant, aware UTC."""
        ...
