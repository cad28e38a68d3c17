"""Which phone speaks at which Local channel: the far half rings it, the queue knows the near half."""

from callcenter.domain.calls import events as e
from callcenter.domain.event import Event
from callcenter.domain.ids import LegId

_MOST = 20_000


class LocalPaths:
    """The Local channels of one PBX, while they last."""

    def __init__(self) -> None:
        self._near: dict[LegId, LegId] = {}
        """Far half, or phone behind it → near half."""

    def apply(self, event: Event) -> None:
        """What one event changes."""
        match event:
            case e.LegsPaired():
                self._remember(event.other_leg, event.leg)
            case e.DeviceRung() if event.leg in self._near:
                self._remember(event.device_leg, self._near[event.leg])
            case e.LegEnded():
                self._near.pop(event.leg, None)

    def _remember(self, leg: LegId, near: LegId) -> None:
        self._near[leg] = near
        if len(self._near) > _MOST:  # ends that nobody heard: of a PBX that was killed, or in a gap
            del self._near[next(iter(self._near))]

    def near(self, leg: LegId) -> LegId:
        """The leg by which a queue knows who speaks at this one; a Local channel may lead to another."""
        seen: set[LegId] = set()
        while leg not in seen and leg in self._near:
            seen.add(leg)
            leg = self._near[leg]
        return leg
