"""Run roles until somebody asks this process to stop."""

import asyncio
import signal
from collections.abc import Sequence
from pathlib import Path

from callcenter.bootstrap.backbone import opened
from callcenter.bootstrap.role import Role, needs
from callcenter.bootstrap.site import AddressTold, Site
from callcenter.domain.errors import SettingsError
from callcenter.settings import COMMAND_LINE, Settings


async def run_site(
    settings: Settings, roles: Sequence[Role], address_told: AddressTold, *, capture: Path | None = None
) -> None:
    """All of these roles, until SIGINT or SIGTERM. Raises SettingsError if there is no PBX to hear."""
    if not settings.pbx:
        example = 'pbx = [{ name = "pbx1", queue_log = "/var/log/asterisk/queue_log" }]'
        raise SettingsError("settings", "pbx", "no PBX is named", example)
    if Role.API in roles:
        from callcenter.api.guards import check_bind

        check_bind(settings.api_host, file="settings", key="api_host", published=settings.api_published_on_loopback)
    if capture is not None and (Role.AMI not in roles or not any(pbx.ami for pbx in settings.pbx)):
        raise SettingsError(COMMAND_LINE, "--capture", "nothing is heard by AMI here", "callcenter up --capture DIR")
    async with opened(settings, needs(roles)) as backbone:
        site = Site(backbone, roles, capture)
        stop_on_signals(site.stop)
        await site.run(address_told)


def stop_on_signals(stop: asyncio.Event) -> None:
    """Ctrl-C and a service manager's wish to end set the event, so that everything closes in order."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
