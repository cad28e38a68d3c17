"""Several PBXs added up: queues of one name, and the people of whom the directory says that they are one.

Summaries are added as they are; each keeps the rules of its own PBX, so that a service level is the sum of the parts
over the sum of the wholes, and no average of averages.
"""

from collections.abc import Mapping

from callcenter.domain.ids import EVERY_PBX, AgentId, PbxId, QueueName

Shared = Mapping[tuple[PbxId, AgentId], AgentId]
"""Who is one person on several PBXs (`assignments.shared_people`)."""


def queue_across(pbx: PbxId, queue: QueueName) -> tuple[PbxId, QueueName]:
    """Under what a queue is added up."""
    return EVERY_PBX, queue


def agent_across(pbx: PbxId, agent: AgentId, shared: Shared) -> tuple[PbxId, AgentId]:
    """Under what an agent is added up; of whom the directory says nothing, namesakes on two PBXs are two."""
    person = shared.get((pbx, agent))
    return (pbx, agent) if person is None else (EVERY_PBX, person)
