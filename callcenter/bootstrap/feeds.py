"""What is heard, and from where: live connections, files that are being written, and recorded folders."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import structlog

from adapters.ami.account import AmiAccount
from adapters.ami.client import AmiClient
from adapters.ami.intake import Intake
from adapters.journal import Journal
from adapters.queue_log.source import GrowingFile, latest_progress
from callcenter.bootstrap.backbone import Backbone
from callcenter.domain.batches import Batch
from callcenter.domain.errors import CallCenterError, SettingsError
from callcenter.domain.ids import PbxId
from callcenter.settings import PbxSettings
from workers.feeder import Feeder

log = structlog.get_logger(__name__)

_AGAIN_SECONDS = 5.0


async def ami_feed(backbone: Backbone, pbx: PbxSettings) -> None:
    """Hear a PBX by AMI, for ever."""
    name = PbxId(pbx.name)
    account = ami_account(name, pbx)
    while True:
        with Journal.opened(_journal_folder(backbone, name, "ami")) as journal:
            feeder = Feeder(name, "ami", backbone.stream, journal)
            client = AmiClient(account, clock=backbone.clock)
            intake = Intake(name, client, adapter="ami", next_seq=journal.next_seq)
            if await _fed(feeder, intake.batches(), f"ami:{name}"):
                return
        await asyncio.sleep(_AGAIN_SECONDS)


async def queue_log_feed(backbone: Backbone, pbx: PbxSettings) -> None:
    """Follow a queue_log that is being written, for ever, from where the store has it."""
    if pbx.queue_log is None:
        return
    name = PbxId(pbx.name)
    while True:
        report = await backbone.store.archive.feed(name)
        with Journal.opened(_journal_folder(backbone, name, "queue_log")) as journal:
            feeder = Feeder(name, "queue_log", backbone.stream, journal)
            file = GrowingFile(
                pbx.queue_log,
                pbx=name,
                next_seq=journal.next_seq,
                clock=backbone.clock,
                resume=latest_progress(report.progress, pbx.queue_log),
            )
            if await _fed(feeder, file.follow(), f"queue-log:{name}"):
                return
        await asyncio.sleep(_AGAIN_SECONDS)


async def _fed(feeder: Feeder, batches: AsyncIterator[Batch], what: str) -> bool:
    """Whether the feed came to its end; False if it failed and should begin again."""
    try:
        await feeder.catch_up()
        await feeder.feed(batches)
    except (CallCenterError, OSError) as error:
        log.error("feed failed", feed=what, error=str(error))
        return False
    return True


def _journal_folder(backbone: Backbone, pbx: PbxId, adapter: str) -> Path:
    return backbone.settings.data_dir / "journal" / pbx / adapter


def ami_account(name: PbxId, pbx: PbxSettings) -> AmiAccount:
    """How to log in to a PBX. Raises SettingsError if the secret cannot be read."""
    ami = pbx.ami
    if ami is None:
        raise SettingsError("settings", f"pbx {name}", "has no ami", 'ami = { host = "10.0.0.5", … }')
    tls = ssl.create_default_context(cafile=ami.tls_ca_file) if ami.tls else None
    return AmiAccount(pbx=name, host=ami.host, port=ami.port, username=ami.username, secret=ami.read_secret(), tls=tls)
