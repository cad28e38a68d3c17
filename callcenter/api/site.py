"""What operations ask: the ports of one site, its rules and its calendar."""

from dataclasses import dataclass
from datetime import tzinfo

from callcenter.api.hub import LiveHub
from callcenter.api.today import TodayBoard
from callcenter.domain.ids import PbxId
from callcenter.domain.policies import SitePolicies
from callcenter.ports import Archive, Clock, EventStream


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """All that one API process serves from. ``pbxs`` are the PBXs that are followed live."""

    archive: Archive
    stream: EventStream
    hub: LiveHub
    today: TodayBoard
    clock: Clock
    policies: SitePolicies
    zone: tzinfo
    zone_name: str
    pbxs: tuple[PbxId, ...]

    async def all_pbxs(self) -> list[PbxId]:
        """The followed PBXs, then those that only files told of."""
        stored = await self.archive.pbxs()
        return [*self.pbxs, *(pbx for pbx in stored if pbx not in self.pbxs)]
