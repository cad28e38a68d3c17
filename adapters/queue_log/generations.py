"""The files of one log: the one that Asterisk writes, and those that it (or logrotate) put aside, in their order.

Names do not tell the order: with `sequential` the highest number is the newest, with `rotate` (and logrotate) the
lowest, and numbers that were freed are given again. The first row of each file does: it bears the second in which the
file was begun. Numbers are asked only where two files were begun in the same second.
"""

import errno
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path

from adapters.queue_log.checkpoint import FileMark
from adapters.queue_log.content import Content
from adapters.queue_log.identity import second_of

_ASIDE = re.compile(r"[.-](?P<number>\d[\d-]*)(?P<packed>\.(gz|bz2|xz|lzma|Z|zst))?")
"""What follows the log's name: `.0`, `.1795424764`, `-20261125`, each perhaps packed."""

_LOOKS = 5


@dataclass(frozen=True, slots=True)
class Generation:
    """One file. ``head`` holds the first bytes of its content; the instant is in nanoseconds since 1970."""

    path: Path
    number: int
    device: int
    inode: int
    size: int
    modified_at: int
    is_packed: bool
    head: bytes

    @property
    def begun(self) -> int | None:
        """The second of its first row; None if it has none."""
        return second_of(self.head)

    def is_file(self, status: os.stat_result) -> bool:
        return (self.device, self.inode) == (status.st_dev, status.st_ino)

    def could_hold(self, mark: FileMark) -> bool:
        """Whether it begins as the marked file does, and is long enough to be it, as far as one can see."""
        return mark.begins(self.head) and (self.is_packed or self.size >= mark.offset)


def generations(log: Path) -> list[Generation]:
    """All files of a log, oldest first; the one that is being written, if it is there, comes last.

    Raises OSError if the folder or the log itself cannot be read. What cannot be read of the others is left out.
    """
    log.parent.stat()
    for _ in range(_LOOKS):
        try:
            found = list(_aside(log))
            break
        except FileNotFoundError:  # it got another name, or was packed, since we saw it
            continue
    else:
        raise OSError(errno.EAGAIN, "its rotated files come and go", str(log.parent))
    try:
        live = _generation(log, 0)
    except FileNotFoundError:
        return in_order(found)
    return [*in_order(one for one in found if one.inode != live.inode), live]


def in_order(aside: Iterable[Generation]) -> list[Generation]:
    """Files in the order in which they were begun; one of which there is a packed copy too stands there once.

    A file without rows stands where its number puts it.
    """
    files = list(aside)
    direction = _direction(files)
    ordered = sorted((one for one in files if one.begun is not None), key=partial(_place, direction))
    for empty in sorted((one for one in files if one.begun is None), key=partial(_place, direction)):
        newer = (n for n, one in enumerate(ordered) if direction * one.number > direction * empty.number)
        ordered.insert(next(newer, len(ordered)), empty)
    return [one for one, following in pairwise([*ordered, None]) if one and not _is_twin(one, following)]


def oldest_first(paths: Iterable[Path]) -> list[Generation]:
    """Any files of a log, wherever they stand; those without rows come last. Raises OSError."""
    files = [_generation(path, 0) for path in paths]
    return sorted(files, key=lambda one: (one.begun is None, one.begun or 0, one.modified_at))


def place_of(mark: FileMark, files: Sequence[Generation]) -> int | None:
    """Which of the files was marked: itself, or one that holds the same (packed or copied). None if it is gone, or was
    not begun to be read: an inode alone may be that of another file by now."""
    holding = [place for place, one in enumerate(files) if one.could_hold(mark)]
    itself = (place for place in holding if (files[place].device, files[place].inode) == (mark.device, mark.inode))
    return next(itself, holding[0] if holding else None)


def _place(direction: int, one: Generation) -> tuple[int, int, bool, int]:
    return one.begun or 0, direction * one.number, not one.is_packed, one.modified_at


def _direction(files: Sequence[Generation]) -> int:
    """1 if higher numbers are newer, -1 if lower ones are: as their first rows tell, else as their last changes do."""
    begun = [(one.number, one.begun) for one in files if one.begun is not None]
    changed = [(one.number, one.modified_at) for one in files]
    return -1 if (_votes(begun) or _votes(changed)) < 0 else 1


def _votes(told: Iterable[tuple[int, int]]) -> int:
    """Of neighbours by number: how many rise, less how many fall."""
    return sum((later > earlier) - (later < earlier) for (_, earlier), (_, later) in pairwise(sorted(told)))


def _is_twin(one: Generation, following: Generation | None) -> bool:
    """The same rotated file, while it is being packed: the plain one comes second, and is whole."""
    if following is None or one.number != following.number or not one.is_packed or following.is_packed:
        return False
    return following.head.startswith(one.head)


def _aside(log: Path) -> Iterator[Generation]:
    """What was put aside and can be read. Raises FileNotFoundError if the folder changes meanwhile."""
    for path in log.parent.iterdir():
        suffix = path.name.removeprefix(log.name)
        if suffix == path.name or not (aside := _ASIDE.fullmatch(suffix)):
            continue
        try:
            one = _generation(path, int(aside["number"].replace("-", "")))
        except (PermissionError, IsADirectoryError):
            continue
        # A packed file without a beginning is being written; one of a kind that we cannot unpack begins with no row.
        if (one.head or not one.is_packed) and (one.begun is not None or not aside["packed"]):
            yield one


def _generation(path: Path, number: int) -> Generation:
    content = Content(path)
    try:
        status, head = content.status, content.head()
        return Generation(
            path, number, status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, content.is_packed, head
        )
    finally:
        content.close()
