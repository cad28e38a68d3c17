"""What is heard, and from where: live connections, files that are being written, and recorded folders."""

import asyncio
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog

from adapters.ami.account import AmiAccount
from adapters.ami.capture import Captured, CaptureWriter
from adapters.ami.client import AmiClient
from adapters.ami.intake import Intake
from adapters.ami.source import FrameSource
from adapters.journal import Journal
from adapters.queue_log.growing import GrowingFile
from adapters.queue_log.source import ADAPTER as QUEUE_LOG
from adapters.queue_log.table import ADAPTER as QUEUE_LOG_TABLE
from adapters.queue_log.table import FollowedTable
from adapters.queue_log.table_database import table_database
from adapters.queue_log.twins import FileRows
from callcenter.bootstrap.backbone import Backbone
from callcenter.codec import decode_batch
from callcenter.domain.batches import Batch, SourceProgress
from callcenter.domain.errors import CallCenterError, EventError, SettingsError
from callcenter.domain.ids import PbxId
from callcenter.ports import EventStream
from callcenter.settings import AmiSettings, PbxSettings
from workers.feeder import Feeder
from workers.journal_upkeep import JournalUpkeep
from workers.runner import Health, run

AMI = "ami"

log = structlog.get_logger(__name__)

_AGAIN_SECONDS = 5.0
_UPKEEP_SECONDS = 600.0

Source = Callable[[Journal], Awaitable[AsyncGenerator[Batch]]]
"""Opens what is to be fed; its batches take their numbers from the journal."""


async def ami_feed(backbone: Backbone, pbx: PbxSettings, health: Health, capture: Path | None = None) -> None:
    """Hear a PBX by AMI, for ever; below ``capture``, write down all that it says.

    Raises SettingsError if the secret cannot be read.
    """
    name = PbxId(pbx.name)
    account = ami_account(name, pbx)

    async def listen(journal: Journal) -> AsyncGenerator[Batch]:
        source: FrameSource = AmiClient(account, clock=backbone.clock)
        if capture is not None:
            source = Captured(source, CaptureWriter(_new_folder(capture, name)))
        return Intake(name, source, adapter=AMI, next_seq=journal.next_seq).batches()

    await _keep_feeding(backbone, name, AMI, listen, health)


async def queue_log_feed(backbone: Backbone, pbx: PbxSettings, health: Health, rows: FileRows | None = None) -> None:
    """Follow a queue_log that is being written, for ever, from where the last batch left it.

    ``rows`` are told to the feed of its table.
    """
    name, path = PbxId(pbx.name), pbx.queue_log
    if path is None:
        return

    async def follow(journal: Journal) -> AsyncGenerator[Batch]:
        resume = await _last_progress(backbone.stream, journal, name, QUEUE_LOG)
        return GrowingFile(
            path, pbx=name, next_seq=journal.next_seq, clock=backbone.clock, resume=resume, adapter=QUEUE_LOG, rows=rows
        ).follow()

    await _keep_feeding(backbone, name, QUEUE_LOG, follow, health)


async def queue_log_table_feed(
    backbone: Backbone, pbx: PbxSettings, health: Health, beside: FileRows | None = None
) -> None:
    """Follow the realtime table of a PBX, for ever; ``beside`` its file, only for what that one lacks.

    Raises SettingsError if the settings lead nowhere.
    """
    name, settings = PbxId(pbx.name), pbx.queue_log_table
    if settings is None:
        return
    address = settings.address()
    table_database(address, settings.table)

    async def follow(journal: Journal) -> AsyncGenerator[Batch]:
        followed = FollowedTable(
            table_database(address, settings.table),
            pbx=name,
            name=settings.table,
            zone=ZoneInfo(settings.timezone or backbone.settings.timezone),
            next_seq=journal.next_seq,
            clock=backbone.clock,
            window=timedelta(minutes=settings.window_minutes),
            resume=await _last_progress(backbone.stream, journal, name, QUEUE_LOG_TABLE),
            beside=beside,
        )
        return followed.follow(poll_seconds=settings.poll_seconds)

    await _keep_feeding(backbone, name, QUEUE_LOG_TABLE, follow, health)


async def _keep_feeding(backbone: Backbone, pbx: PbxId, adapter: str, source: Source, health: Health) -> None:
    """Feed until the source ends by itself; what fails begins again."""
    name = f"{adapter}:{pbx}"
    while True:
        health.problems[name] = None
        try:
            await feed_once(backbone, pbx, adapter, source)
        except (CallCenterError, OSError) as error:
            health.problems[name] = str(error)
            log.error("feed failed", feed=name, error=str(error))
        else:
            return
        await asyncio.sleep(_AGAIN_SECONDS)


async def feed_once(backbone: Backbone, pbx: PbxId, adapter: str, source: Source) -> None:
    """Publish what the journal has, and neither stream nor store have, then what the source gives."""
    stream = backbone.stream
    recorded = await backbone.recorded.recorded_seq(pbx, adapter)
    published = await stream.last_entry(pbx, adapter)
    known = max(published.seq if published else 0, recorded)
    with Journal.opened(_journal_folder(backbone, pbx, adapter), after_seq=known) as journal:
        feeder = Feeder(pbx, adapter, stream, journal)
        async with _kept_short(JournalUpkeep(pbx, adapter, journal, backbone.recorded, backbone.clock)):
            await feeder.catch_up(recorded_seq=recorded)
            await feeder.feed(await source(journal))


async def _last_progress(stream: EventStream, journal: Journal, pbx: PbxId, adapter: str) -> SourceProgress | None:
    """How far the source was read: the journal has every batch first, the stream has what a lost journal had.

    None if neither tells. Reading anew what is still there does no harm, since every event is stored once.
    """
    kept = journal.last()
    published = None if kept else await stream.last_entry(pbx, adapter)
    payload = kept[1] if kept else published.payload if published else None
    try:
        return None if payload is None else decode_batch(payload).progress
    except EventError:
        return None


@asynccontextmanager
async def _kept_short(upkeep: JournalUpkeep) -> AsyncIterator[None]:
    stop = asyncio.Event()
    keeping = asyncio.create_task(run(upkeep, idle_seconds=_UPKEEP_SECONDS, stop=stop, health=Health()))
    try:
        yield
    finally:
        stop.set()
        await keeping


def _new_folder(capture: Path, pbx: PbxId) -> Path:
    """A folder that holds no recording yet, named so that a replay knows the PBX."""
    named = (capture / (f"{pbx}-{number}" if number > 1 else pbx) for number in count(1))
    return next(folder for folder in named if not (folder / "ami.raw.gz").exists())


def _journal_folder(backbone: Backbone, pbx: PbxId, adapter: str) -> Path:
    return backbone.settings.data_dir / "journal" / pbx / adapter


def ami_account(name: PbxId, pbx: PbxSettings) -> AmiAccount:
    """How to log in to a PBX. Raises SettingsError if its secret or its authority cannot be read."""
    ami = pbx.ami
    if ami is None:
        raise SettingsError("settings", f"pbx {name}", "has no ami", 'ami = { host = "10.0.0.5", … }')
    secret, tls = ami.read_secret(), _verified_tls(ami) if ami.tls else None
    return AmiAccount(pbx=name, host=ami.host, port=ami.port, username=ami.username, secret=secret, tls=tls)


def _verified_tls(ami: AmiSettings) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ami.tls_ca_file)
    except OSError as error:
        file, problem = str(ami.tls_ca_file), f"cannot be used: {error.strerror or error}"
        raise SettingsError(file, "pbx.ami.tls_ca_file", problem, "/etc/ssl/pbx-ca.pem") from error
