"""The floor as it is now: a pure fold of the events of one PBX into a picture, told as a snapshot and deltas."""

from callcenter.live.floor import Json, LiveState
from callcenter.live.seating import Seating

__all__ = ["Json", "LiveState", "Seating"]
