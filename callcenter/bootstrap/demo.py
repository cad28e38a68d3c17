"""The demo: the real site, over a loopback PBX and a folder of its own."""

import shutil
import tempfile
from pathlib import Path

from pydantic import SecretStr

from callcenter.bootstrap.backbone import opened
from callcenter.bootstrap.site import ALL_ROLES, AddressTold, Site
from callcenter.bootstrap.up import stop_on_signals
from callcenter.demo.pbx import SECRET, USERNAME, LoopbackPbx
from callcenter.settings import AmiSettings, PbxSettings, Settings

PBX_NAME = "demo"


async def run_demo(settings: Settings, *, speed: float, address_told: AddressTold) -> None:
    """Until SIGINT or SIGTERM. Each demo begins empty; unless a data folder is set, nothing of it stays."""
    keep = "data_dir" in settings.model_fields_set
    folder = settings.data_dir if keep else Path(tempfile.mkdtemp(prefix="callcenter-demo-"))
    try:
        async with (
            LoopbackPbx(folder / "demo-pbx" / "queue_log", speed=speed) as pbx,
            opened(_demo_settings(settings, folder, pbx.port)) as backbone,
        ):
            site = Site(backbone, ALL_ROLES)
            stop_on_signals(site.stop)
            await site.run(address_told)
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)


def _demo_settings(settings: Settings, folder: Path, ami_port: int) -> Settings:
    ami = AmiSettings(host="127.0.0.1", port=ami_port, username=USERNAME, secret=SecretStr(SECRET))
    pbx = PbxSettings(name=PBX_NAME, ami=ami, queue_log=folder / "demo-pbx" / "queue_log")
    return settings.model_copy(update={"data_dir": folder, "pbx": (pbx,), "database_url": None, "redis_url": None})
