"""One agent in one queue while a day's facts are gone through: what lasts, and what has ended."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from callcenter.domain.agents.facts import TWIN_TOLERANCE
from callcenter.domain.agents.stretches import Stretch
from callcenter.domain.ids import QueueName

_RESTORED_WITHIN = timedelta(seconds=60)
"""A PBX that starts gives persistent members back within this time; their sign-in time is then that of the start."""


@dataclass(slots=True)
class QueueTrack:
    """Membership and pause of one agent in one queue. Instants come in rising order; ``seen_at`` is the last one.

    A stretch whose end was not heard lasts as long as it was attested: until the last fact before, or until the PBX
    started again if that came later (what was in between is then not known, but nothing spoke against it).
    """

    queue: QueueName
    member_since: datetime | None = None
    paused_since: datetime | None = None
    reason: str | None = None
    seen_at: datetime | None = None
    memberships: list[Stretch] = field(default_factory=list)
    pauses: list[Stretch] = field(default_factory=list)

    @property
    def lasts(self) -> bool:
        """Whether membership or pause lasts."""
        return self.member_since is not None or self.paused_since is not None

    def join(self, at: datetime, restarted_at: datetime | None) -> None:
        """The agent came. Whoever was a member already must have left without our hearing it."""
        if self.member_since is not None:
            self.leave(self._certain_until(at, restarted_at))
        self.member_since = at

    def rejoined(self, began: datetime, restarted_at: datetime | None) -> bool:
        """Whether a membership that is said to have begun at this instant is another one than ours.

        A start of the PBX gives persistent members back with a new beginning: that is the same one.
        """
        if self.member_since is None or began <= self.member_since + TWIN_TOLERANCE:
            return False
        return restarted_at is None or not (restarted_at - TWIN_TOLERANCE <= began <= restarted_at + _RESTORED_WITHIN)

    def leave(self, at: datetime) -> None:
        """The agent left; a pause ends with the membership."""
        if self.member_since is not None:
            self.memberships.append(Stretch(self.member_since, max(self.member_since, at)))
        self.member_since = None
        self.resume(at)

    def pause(self, at: datetime, reason: str | None) -> None:
        """The agent is not ready. Another reason ends the stretch with the first one."""
        if self.paused_since is not None and reason == self.reason:
            return
        self.resume(at)
        self.paused_since, self.reason = at, reason

    def resume(self, at: datetime) -> None:
        """The agent is ready again."""
        if self.paused_since is not None:
            self.pauses.append(self._paused_until(max(self.paused_since, at)))
        self.paused_since = self.reason = None

    def lost_leave(self, at: datetime, restarted_at: datetime | None) -> None:
        """At this instant the agent was no longer a member, and nobody told since when."""
        self.leave(self._certain_until(at, restarted_at))

    def lost_resume(self, at: datetime, restarted_at: datetime | None) -> None:
        """At this instant the agent was no longer paused, and nobody told since when."""
        self.resume(self._certain_until(at, restarted_at))

    def all_memberships(self) -> list[Stretch]:
        """Those that ended, and the one that lasts."""
        return [*self.memberships, *([Stretch(self.member_since, None)] if self.member_since else [])]

    def all_pauses(self) -> list[Stretch]:
        """Those that ended, and the one that lasts."""
        return [*self.pauses, *([self._paused_until(None)] if self.paused_since else [])]

    def _paused_until(self, end: datetime | None) -> Stretch:
        assert self.paused_since is not None
        return Stretch(self.paused_since, end, self.reason, (self.paused_since, self.queue))

    def _certain_until(self, at: datetime, restarted_at: datetime | None) -> datetime:
        seen_at = at if self.seen_at is None else min(self.seen_at, at)
        if restarted_at is not None and seen_at < restarted_at <= at:
            return restarted_at
        return seen_at
