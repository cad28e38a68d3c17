"""A model of what writes and rotates a queue_log, on real files: Asterisk by its strategies, logrotate, packers.

``rows`` is the truth: every complete line that was ever written, in order, without its line end. ``lost`` holds the
seconds of rows that were destroyed by who rotates.
"""

import bz2
import gzip
import lzma
import os
import shutil
from collections.abc import Callable
from io import FileIO
from pathlib import Path

ASTERISK = ("sequential", "rotate", "timestamp")
STRATEGIES = (*ASTERISK, "logrotate", "dateext")
PACKERS: dict[str, Callable[[bytes], bytes]] = {".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress}


class PbxLog:
    """One log at a path. Time stands still unless it is told to pass; rows bear its second."""

    def __init__(self, path: Path, strategy: str, second: int = 1795424000) -> None:
        self.path = path
        self.strategy = strategy
        self.second = second
        self.rows: list[bytes] = []
        self.lost: list[int] = []
        self._file = FileIO(path, "ab")
        self._half: bytes | None = None
        self._number = 0
        self._begun = 0

    def write(self, text: str) -> None:
        """One row."""
        self._begin()
        self._put(f"{self.second}|NONE|sales|{text}|PAUSE|".encode())

    def write_half(self, text: str) -> None:
        """The beginning of a row; what comes next finishes it first."""
        self._begin()
        line = f"{self.second}|NONE|sales|{text}|PAUSE|".encode() + b"\n"
        cut = len(line) // 2
        self._file.write(line[:cut])
        self._half = line[cut:]
        self.rows.append(line[:-1])

    def rotate(self) -> Path:
        """What `logger rotate` does, or logrotate with `create`; returns where the old file is now."""
        self._finish()
        aside = self._make_room()
        self.path.rename(aside)
        if self.strategy in ("logrotate", "dateext"):
            self.path.touch()  # Asterisk goes on with the old file until it is told to reload
        else:
            self.reload()
        return aside

    def reload(self) -> None:
        """Close and open: from now on rows go to what stands at the path."""
        self._finish()
        self._file.close()
        self._file = FileIO(self.path, "ab")
        self._begin()
        self._put(b"%d|NONE|NONE|NONE|CONFIGRELOAD|" % self.second)

    def copy_and_cut_off(self, between: str | None = None) -> Path:
        """logrotate's `copytruncate`; a row that comes between the two is lost. Returns where the copy is."""
        self._finish()
        aside = self._make_room()
        shutil.copy2(self.path, aside)
        if between is not None:
            self._file.write(f"{self.second}|NONE|sales|{between}|PAUSE|\n".encode())
            self.lost.append(self.second)
        with self.path.open("r+b") as file:
            file.truncate(0)
        return aside

    def finished(self) -> list[Path]:
        """Rotated files that are neither packed nor still being written: what may be packed."""
        written, folder = os.fstat(self._file.fileno()), sorted(self.path.parent.iterdir())
        plain = [one for one in folder if one != self.path and one.suffix not in PACKERS]
        return [one for one in plain if not os.path.samestat(one.stat(), written)]

    def close(self) -> None:
        """No more is written."""
        self._finish()
        self._file.close()

    def _put(self, line: bytes) -> None:
        self._file.write(line + b"\n")
        self.rows.append(line)

    def _begin(self) -> None:
        """Before each row. Of two files that were begun in one second and hold the same few bytes nobody can tell that
        they are two; so no two are begun in one second."""
        self._finish()
        if not os.fstat(self._file.fileno()).st_size:
            self.second = self._begun = max(self.second, self._begun + 1)

    def _finish(self) -> None:
        if self._half is not None:
            self._file.write(self._half)
            self._half = None

    def _make_room(self) -> Path:
        """The name that the strategy gives; others may have to move for it."""
        match self.strategy:
            case "timestamp":
                self.second += 1  # a second rotation in one second would overwrite the first one
                return self._named(f".{self.second}")
            case "dateext":
                self._number += 1
                return self._named(f"-{20261125 + self._number}")
            case "sequential":
                # Asterisk sees no packed ones here, and so packs over them; what it destroys itself is not tested.
                return next(one for n in range(10**6) if not self._any(one := self._named(f".{n}")))
            case _:
                first = 1 if self.strategy == "logrotate" else 0
                self._shift(first)
                return self._named(f".{first}")

    def _shift(self, number: int) -> None:
        """Every number one up, packed or not."""
        if not self._any(self._named(f".{number}")):
            return
        self._shift(number + 1)
        for suffix in ("", *PACKERS):
            one = self._named(f".{number}{suffix}")
            if one.exists():
                one.rename(self._named(f".{number + 1}{suffix}"))

    def _named(self, suffix: str) -> Path:
        return self.path.with_name(self.path.name + suffix)

    def _any(self, plain: Path) -> bool:
        return any(plain.with_name(plain.name + suffix).exists() for suffix in ("", *PACKERS))


def pack(plain: Path, suffix: str) -> Path:
    """What `exec_after_rotate` or logrotate's `compress` does: the packed file first, then the plain one goes."""
    packed = plain.with_name(plain.name + suffix)
    packed.write_bytes(PACKERS[suffix](plain.read_bytes()))
    shutil.copystat(plain, packed)
    plain.unlink()
    return packed
