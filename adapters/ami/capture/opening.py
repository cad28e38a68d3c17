"""Which kind of recording a path is."""

from pathlib import Path

from adapters.ami.capture.blocks import blocks, unreadable
from adapters.ami.capture.folder import FolderCapture
from adapters.ami.capture.pace import Pace
from adapters.ami.capture.single import FileCapture
from adapters.ami.source import FrameSource


def open_capture(path: Path, *, speed: float | None = None) -> FrameSource:
    """A recorded folder, or a single file of AMI bytes (plain or .gz), as a source.

    ``speed`` 1 plays it as it was, 10 ten times as fast, None as fast as it goes. Raises SourceUnreadable if there is
    nothing to read.
    """
    if not path.is_dir():
        _require(path)
        return FileCapture(path, Pace(speed))
    raw = path / "ami.raw.gz"
    _require(raw)
    if (path / "ami.idx.gz").exists():
        return FolderCapture(path, raw, Pace(speed))
    return FileCapture(raw, Pace(speed))


def _require(path: Path) -> None:
    try:
        beginning = next(blocks(path), b"")
    except FileNotFoundError as error:
        raise unreadable(path, "is not there") from error
    except OSError as error:
        raise unreadable(path, f"cannot be read: {error.strerror}") from error
    if not beginning:
        raise unreadable(path, "is empty")
