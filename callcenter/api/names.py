"""The names of people, beside the ids under which they are counted."""

import asyncio
from collections.abc import Mapping

from callcenter.domain.agents.assignments import shared_people
from callcenter.domain.ids import EVERY_PBX, AgentId, PbxId
from callcenter.metrics.across import Shared
from callcenter.ports import People


class AgentNames:
    """Who is one person on several PBXs, and what everybody is called."""

    def __init__(self, shared: Shared, names: Mapping[AgentId, str]) -> None:
        self.shared = shared
        self._names = names

    def of(self, pbx: PbxId, agent: AgentId) -> str:
        """The name to show for an agent of a PBX."""
        known = pbx == EVERY_PBX or (pbx, agent) in self.shared
        return self._names.get(agent, agent) if known else agent


async def agent_names(people: People) -> AgentNames:
    """As the directory has them now."""
    named, said = await asyncio.gather(people.people(), people.assignments())
    return AgentNames(shared_people(said), {person.person: person.name for person in named})
