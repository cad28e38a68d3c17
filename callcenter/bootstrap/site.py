"""A running site: every role as a task of one process, or a single role of its own.

A role is a set of steps (`workers.runner.Step`), a feed, or the API. Each is watched by itself: what fails rests and
begins again from what is stored, and the others go on.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from adapters.queue_log.twins import FileRows
from callcenter.bootstrap.backbone import Backbone
from callcenter.bootstrap.feeds import ami_feed, queue_log_feed, queue_log_table_feed
from callcenter.bootstrap.heartbeat import beating, sign_file
from callcenter.bootstrap.role import Role
from callcenter.bootstrap.settle import derived_steps
from callcenter.domain.errors import SettingsError
from callcenter.domain.ids import PbxId
from workers.live import LiveFloor
from workers.recorder import Recorder
from workers.retention import Retention
from workers.runner import Health, Step, run

AddressTold = Callable[[str], None]


ALL_ROLES = tuple(Role)

_IDLE_SECONDS = {
    Role.RECORDER: 0.0,
    Role.LIVE: 0.0,
    Role.METRICS: 0.5,
    Role.RECORDINGS: 2.0,
    Role.QUALITY: 30.0,
    Role.RETENTION: 60.0,
}
"""How long a step rests when there was nothing to do; the first two wait in the stream itself."""


@dataclass(slots=True)
class Site:
    """The roles of this process, while they run. Below ``capture`` all AMI traffic is written down."""

    backbone: Backbone
    roles: Sequence[Role]
    capture: Path | None = None
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    health: Health = field(default_factory=Health)

    async def run(self, address_told: AddressTold) -> None:
        """Until `stop` is set."""
        async with asyncio.TaskGroup() as tasks:
            server = tasks.create_task(self.backbone.keep_running(), name="redis")
            for role in self.roles:
                for step in steps(self.backbone, role):
                    idle = _IDLE_SECONDS[role]
                    tasks.create_task(run(step, idle_seconds=idle, stop=self.stop, health=self.health), name=step.name)
            feeds = [tasks.create_task(feed, name=name) for name, feed in self._feeds()]
            if Role.API in self.roles:
                async with _api(self.backbone) as address:
                    address_told(address)
                    await self._live()
            else:
                await self._live()
            for task in (*feeds, server):
                task.cancel()

    async def _live(self) -> None:
        """Give signs of life until `stop` is set."""
        async with beating(sign_file(self.backbone.settings.data_dir, self.roles), self.health):
            await self.stop.wait()

    def _feeds(self) -> Iterator[tuple[str, Coroutine[Any, Any, None]]]:
        for pbx in self.backbone.settings.pbx:
            rows = None if pbx.queue_log_table is None else FileRows()
            if pbx.ami is not None and Role.AMI in self.roles:
                yield f"ami:{pbx.name}", ami_feed(self.backbone, pbx, self.health, self.capture)
            if pbx.queue_log is not None and Role.QUEUE_LOG in self.roles:
                yield f"queue-log:{pbx.name}", queue_log_feed(self.backbone, pbx, self.health, rows)
            if pbx.queue_log_table is not None and Role.QUEUE_LOG in self.roles:
                beside = None if pbx.queue_log is None else rows
                yield f"queue-log-table:{pbx.name}", queue_log_table_feed(self.backbone, pbx, self.health, beside)


def steps(backbone: Backbone, role: Role) -> list[Step]:
    """The steps of a role, for each PBX of the settings."""
    return [step for pbx in backbone.settings.pbx for step in _steps_of(backbone, role, PbxId(pbx.name))]


def _steps_of(backbone: Backbone, role: Role, pbx: PbxId) -> list[Step]:
    settings = backbone.settings
    match role:
        case Role.RECORDER:
            return [
                Recorder(
                    pbx,
                    backbone.stream,
                    backbone.store.ledger,
                    keep_seconds=60.0 * settings.keep_stream_minutes,
                    static_members_signed_in=settings.static_members_signed_in,
                )
            ]
        case Role.LIVE:
            stream, feed, people = backbone.stream, backbone.live_feed, backbone.store.people
            return [LiveFloor(pbx, stream, feed, backbone.clock, settings.policies(), people)]
        case Role.RETENTION:
            return [Retention(pbx, backbone.store.ledger, backbone.clock, keep_days=settings.keep_wordings_days)]
        case Role.AMI | Role.QUEUE_LOG | Role.API:
            return []
        case _:
            return derived_steps(role, pbx, backbone.store.ledger, settings)


@asynccontextmanager
async def _api(backbone: Backbone) -> AsyncIterator[str]:
    from callcenter.api.app import build_app, serve  # a fifth of the memory of roles that do not need it
    from callcenter.api.liveness import LiveLimits

    settings = backbone.settings
    app = build_app(
        archive=backbone.store.archive,
        people=backbone.store.people,
        live_feed=backbone.live_feed,
        stream=backbone.stream,
        clock=backbone.clock,
        policies=settings.policies(),
        pbxs=[PbxId(pbx.name) for pbx in settings.pbx],
        limits=LiveLimits(
            stale_after_seconds=settings.stale_after_seconds, lost_after_seconds=settings.lost_after_seconds
        ),
    )
    async with AsyncExitStack() as stack:
        try:
            published = settings.api_published_on_loopback
            serving = serve(app, settings.api_host, settings.api_port, published=published)
            address = await stack.enter_async_context(serving)
        except OSError as error:
            raise SettingsError("settings", "api_port", str(error), "api_port = 0  (any free one)") from error
        yield address
