"""Recordings: which file belongs to which visit, as the PBX named it."""

from callcenter.domain.ids import PbxId
from callcenter.ports import LinkLedger

VISITS_AT_ONCE = 100
"""Visits in one transaction."""


class Recordings:
    """Links the files that the visits of one PBX name. A link is made once."""

    def __init__(self, pbx: PbxId, ledger: LinkLedger) -> None:
        self.name = f"recordings:{pbx}"
        self._pbx = pbx
        self._ledger = ledger

    async def run_once(self) -> int:
        """Link the files of some visits; returns of how many."""
        async with self._ledger.links(self._pbx) as work:
            visits = await work.unlinked(VISITS_AT_ONCE)
            for visit in visits:
                await work.link(visit, visit.recordings)
        return len(visits)
