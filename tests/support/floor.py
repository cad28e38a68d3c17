"""A floor to tell events to, and its picture in a few words: who waits, who does what."""

from datetime import timedelta
from typing import Any

from callcenter.domain.event import Event
from callcenter.domain.policies import AfterCallPolicy, AfterCallRule, QueuePolicy, SitePolicies
from callcenter.live import Json, LiveState
from tests.support.calls import MORNING, PBX

NOW = MORNING + timedelta(hours=1)


class Floor:
    """A `LiveState` with what a test asks of it."""

    def __init__(self, *events: Event, policies: SitePolicies | None = None) -> None:
        self.state = LiveState(PBX, policies or SitePolicies())
        self.hear(*events)

    def hear(self, *events: Event) -> None:
        for event in events:
            self.state.apply(event)

    @property
    def picture(self) -> Json:
        return self.state.snapshot(NOW)

    def waiting(self, queue: str = "sales") -> list[str]:
        """Legs in the order of their entry."""
        return [waiter["leg"] for waiter in self.picture["queues"].get(queue, {"waiting": []})["waiting"]]

    def agent(self, name: str = "Alice") -> Any:
        return self.picture["agents"][name]

    def does(self, name: str = "Alice") -> str:
        return str(self.agent(name)["state"])

    def counts(self, queue: str = "sales") -> dict[str, int]:
        """The states in which there is anybody."""
        return {state: n for state, n in self.picture["queues"][queue]["agents"].items() if n}


def after_call(rule: AfterCallRule, **rules: Any) -> SitePolicies:
    """One rule of after-call work for every queue."""
    return SitePolicies(default=QueuePolicy(after_call=AfterCallPolicy(rule=rule, **rules)))
