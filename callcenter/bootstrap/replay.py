"""Recorded folders through every real part, as fast as it goes: adapter, stream, recorder, workers, store, report.

With a throw-away Valkey and SQLite unless told otherwise. A replay that was killed is started again with the same Redis
and database: it feeds everything once more, and what was recorded is not new.
"""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path

import structlog

from adapters.streams.embedded import throwaway
from callcenter.bootstrap.backbone import Backbone, SystemClock, opened
from callcenter.bootstrap.progress import Bar, progress_bar
from callcenter.bootstrap.recorded import RecordedFeed, recorded_feeds
from callcenter.bootstrap.reports import write_report
from callcenter.bootstrap.settle import settle
from callcenter.domain.errors import SettingsError
from callcenter.domain.ids import PbxId
from callcenter.settings import COMMAND_LINE, Settings
from workers.feeder import Feeder
from workers.recorder import GROUP, Recorder
from workers.runner import Health, run

log = structlog.get_logger(__name__)

_LOOK_AGAIN_SECONDS = 0.02
_TOLD_LETTERS = 20


async def run_replay(
    settings: Settings, folders: Sequence[Path], source: str, *, pbx: str | None, report: Path | None
) -> int:
    """Replay folders and write the report, to a file if one is named; 1 if something could not be recorded, else 0.

    Raises SourceUnreadable, SettingsError.
    """
    _check_place(report)
    feeds = [feed for folder in folders for feed in recorded_feeds(folder, source, pbx, SystemClock())]
    async with _somewhere(settings) as placed, opened(placed) as backbone:
        with progress_bar("replaying", len(feeds)) as bar:
            pbxs = await replay_feeds(backbone, feeds, bar)
        await write_report(backbone.store.archive, placed, report, pbxs)
        return int(await _tell_buried(backbone, pbxs))


def _check_place(report: Path | None) -> None:
    """Before hours of work, not after."""
    if report is not None and not report.parent.is_dir():
        raise SettingsError(COMMAND_LINE, "--report", f"there is no folder {report.parent}", "--report report.json")


async def _tell_buried(backbone: Backbone, pbxs: Sequence[PbxId]) -> bool:
    """Say what could not be recorded, so that no number is wrong in silence; whether there was anything."""
    letters = [(pbx, letter) for pbx in pbxs for letter in await backbone.stream.dead(pbx, limit=_TOLD_LETTERS)]
    for pbx, (entry, reason, _) in letters:
        log.error("not recorded, and missing in the report", pbx=pbx, entry=entry, reason=reason)
    return bool(letters)


async def replay_feeds(backbone: Backbone, feeds: Sequence[RecordedFeed], bar: Bar) -> list[PbxId]:
    """Everything that these feeds tell, recorded, and all that follows from it; returns the PBXs."""
    pbxs = sorted({feed.pbx for feed in feeds})
    await _record_all(backbone, feeds, pbxs, bar)
    bar.say("computing intervals")
    for name in pbxs:
        await settle(name, backbone.store.ledger, backbone.settings)
    return pbxs


@asynccontextmanager
async def _somewhere(settings: Settings) -> AsyncIterator[Settings]:
    """The settings, with throw-away places where none are set."""
    folder = Path(tempfile.mkdtemp(prefix="callcenter-replay-"))
    try:
        updated = settings.model_copy(update={"data_dir": folder})
        if settings.redis_url is not None:
            yield updated
            return
        async with throwaway() as server:
            yield updated.model_copy(update={"redis_url": server.url, "redis_allow_unsafe": True})
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _record_all(backbone: Backbone, feeds: Sequence[RecordedFeed], pbxs: Sequence[PbxId], bar: Bar) -> None:
    """Feed and record side by side, until everything that was fed is recorded."""
    stop = asyncio.Event()
    health = Health()
    async with asyncio.TaskGroup() as tasks:
        for pbx in pbxs:
            recorder = Recorder(
                pbx,
                backbone.stream,
                backbone.store.ledger,
                wait_seconds=0.05,
                static_members_signed_in=backbone.settings.static_members_signed_in,
            )
            tasks.create_task(run(recorder, idle_seconds=0.0, stop=stop, health=health))
        try:
            await asyncio.gather(*(_feed(backbone, feed, bar) for feed in feeds))
            for pbx in pbxs:
                await _until_recorded(backbone, pbx)
        finally:
            stop.set()


async def _feed(backbone: Backbone, feed: RecordedFeed, bar: Bar) -> None:
    await Feeder(feed.pbx, feed.adapter, backbone.stream, None).feed(feed.batches())
    bar.advance(1)


async def _until_recorded(backbone: Backbone, pbx: PbxId) -> None:
    await backbone.stream.join(pbx, GROUP)
    for _ in count():
        if not await backbone.stream.backlog(pbx, GROUP):
            return
        await asyncio.sleep(_LOOK_AGAIN_SECONDS)
