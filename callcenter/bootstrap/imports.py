"""Whole queue_log files straight into the store: what they hold is history, and needs no stream."""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import count, islice
from pathlib import Path

from rich.console import Console

from adapters.queue_log.generations import oldest_first
from adapters.queue_log.identity import NOTHING_CARRIED
from adapters.queue_log.source import WholeFile
from callcenter.bootstrap.backbone import SystemClock, opened_store
from callcenter.bootstrap.progress import progress_bar
from callcenter.bootstrap.settle import settle
from callcenter.domain.batches import Batch
from callcenter.domain.errors import SettingsError, SourceUnreadable
from callcenter.domain.ids import PbxId
from callcenter.settings import PbxSettings, Settings
from workers.batches import BatchRecorder

BATCHES_AT_ONCE = 8
"""In one transaction: some thousand rows."""


async def run_import(settings: Settings, files: Sequence[Path], pbx_name: str) -> None:
    """Every row of these files, and everything that follows from them. Doing it again changes nothing."""
    pbx = checked_name(pbx_name)
    for file in files:
        if not file.is_file():
            raise SourceUnreadable(
                str(file), "there is no such file", "name queue_log files, plain or packed (.gz, .bz2, .xz)"
            )
    async with opened_store(settings) as store:
        recorder = BatchRecorder(pbx, store.ledger, static_members_signed_in=settings.static_members_signed_in)
        with progress_bar("reading", len(files)) as bar:
            for file, batches in _in_order(files, pbx):
                bar.say(file.name)
                lines = 0
                for some in _some(batches):
                    await recorder.record(some)
                    lines = some[-1].progress.frames
                bar.advance(1)
                Console(stderr=True).print(f"{file}: {lines} lines read")
            bar.say("computing intervals")
            await settle(pbx, store.ledger, settings)


def _in_order(files: Sequence[Path], pbx: PbxId) -> Iterator[tuple[Path, Iterator[Batch]]]:
    """The files as they were written, whatever their names and the order given; each to be read before the next."""
    last: WholeFile | None = None
    for one in oldest_first(files):
        before = last.carry_into(one.head) if last else NOTHING_CARRIED
        last = WholeFile(one.path, pbx=pbx, clock=SystemClock(), before=before)
        yield one.path, last.batches(partial(next, count(1)), _adapter(one.path))


def checked_name(name: str) -> PbxId:
    """A PBX's name as the settings allow it. Raises SettingsError."""
    try:
        PbxSettings(name=name, queue_log=Path("/dev/null"))
    except ValueError as error:
        raise SettingsError("--pbx", "name", f"{name!r} is no name for a PBX", "pbx1") from error
    return PbxId(name)


def _adapter(file: Path) -> str:
    """Files are numbered by themselves: a hole in the numbers of one is a loss, another file is not."""
    return f"import:{file.name}"


def _some(batches: Iterator[Batch]) -> Iterator[list[Batch]]:
    while some := list(islice(batches, BATCHES_AT_ONCE)):
        yield some
