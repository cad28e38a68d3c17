"""What operations ask: the ports of one site, its rules and its calendar."""

from dataclasses import dataclass

from callcenter.api.hub import LiveHub
from callcenter.api.today import TodayBoard
from callcenter.domain.calendar import Calendar
from callcenter.domain.ids import PbxId
from callcenter.domain.policies import SitePolicies
from callcenter.ports import Archive, Clock, EventStream, People


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """All that one API process serves from. ``pbxs`` are the PBXs that are followed live."""

    archive: Archive
    people: People
    stream: EventStream
    hub: LiveHub
    today: TodayBoard
    clock: Clock
    policies: SitePolicies
    pbxs: tuple[PbxId, ...]

    @property
    def calendar(self) -> Calendar:
        """How the site's time is cut."""
        return self.policies.calendar

    async def all_pbxs(self) -> list[PbxId]:
        """The followed PBXs, then those that only files told of."""
        stored = await self.archive.pbxs()
        return [*self.pbxs, *(pbx for pbx in stored if pbx not in self.pbxs)]
