"""From messages to the frames that somebody wants, and a count of all the others.

Half of what Asterisk says is of no use to a call centre. A message is named by its first line, as bytes, and dropped
undecoded unless its name is wanted; what is left becomes a `Frame`. Nothing is dropped uncounted, and a name that is
neither wanted nor known to be useless is counted by itself, so that a new event of a new Asterisk is seen.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from adapters.ami.frame import Frame, FrameKind
from adapters.ami.protocol import UNTERMINATED, Cut, FrameSplitter, trim

Predicate = Callable[[bytes], object]
"""Tells by the bytes of a message whether it is wanted: anything true."""

NAMELESS = "nameless"

_MOST_UNKNOWN_NAMES = 500
_LONGEST_NAME = 80
_OTHER_NAMES = "(others)"


@dataclass(slots=True)
class FrameCounts:
    """What became of every message of a connection. ``frames`` is the sum of all the others but the unterminated."""

    kept: int = 0
    ignored: int = 0
    unselected: int = 0
    unknown: Counter[str] = field(default_factory=Counter)
    problems: Counter[str] = field(default_factory=Counter)

    @property
    def frames(self) -> int:
        """All messages that were read to their end, wanted or not."""
        broken = self.problems.total() - self.problems[UNTERMINATED]
        return self.kept + self.ignored + self.unselected + self.unknown.total() + broken


@dataclass(frozen=True, slots=True)
class _Wanted:
    name: str
    test: Predicate | None


class FrameReader:
    """Reads one connection: bytes in, wanted frames out.

    ``wanted`` names the events to keep, each with a predicate or None; responses are always kept. ``ignored`` names
    the events that are known to mean nothing here.
    """

    def __init__(
        self, wanted: Mapping[str, Predicate | None], ignored: Collection[str] = (), *, aligned: bool = True
    ) -> None:
        self._splitter = FrameSplitter(aligned=aligned)
        self._counts = FrameCounts()
        self._wanted = {name.casefold(): _Wanted(name, test) for name, test in wanted.items()}
        self._ignored = frozenset(name.casefold() for name in ignored) - self._wanted.keys()
        self._verdicts: dict[bytes, _Wanted | bool] = {}
        for name, test in wanted.items():
            self._verdicts |= dict.fromkeys(_first_lines(name), _Wanted(name, test))
        for name in set(ignored) - wanted.keys():
            self._verdicts |= dict.fromkeys(_first_lines(name), False)

    @property
    def position(self) -> int:
        """Bytes of the connection read so far."""
        return self._splitter.position

    @property
    def counts(self) -> FrameCounts:
        """What became of the messages so far."""
        counts = self._counts
        return FrameCounts(
            counts.kept,
            counts.ignored,
            counts.unselected,
            counts.unknown.copy(),
            counts.problems + self._splitter.rejected,
        )

    def feed(self, chunk: bytes, received_at: datetime) -> list[Frame]:
        """The wanted frames that are complete with this chunk."""
        cut = self._splitter.cut(chunk)
        if not cut.parts:
            return []
        kept: list[Frame] = []
        ignored = unselected = 0
        for index, verdict in enumerate(map(self._verdicts.get, _first_lines_of(cut.parts))):
            if verdict is False:
                ignored += 1
            elif isinstance(verdict, _Wanted):
                if verdict.test is None or verdict.test(cut.parts[index]):
                    offset, raw = trim(cut.parts[index], cut.starts[index])
                    kept.append(Frame(FrameKind.EVENT, verdict.name, raw, offset, received_at))
                else:
                    unselected += 1
            else:
                kept += self._look_closer(cut, index, received_at)
        self._counts.kept += len(kept)
        self._counts.ignored += ignored
        self._counts.unselected += unselected
        return kept

    def end(self) -> None:
        """The connection ended; an unfinished message is counted."""
        self._splitter.end()

    def _look_closer(self, cut: Cut, index: int, received_at: datetime) -> list[Frame]:
        """For a message whose first line is not one of the expected: a response, a stranger, or oddly written."""
        offset, raw = trim(cut.parts[index], cut.starts[index])
        if not raw:
            return []
        headers = Frame(FrameKind.EVENT, "", raw, offset, received_at)
        event, response = headers.get("Event"), headers.get("Response")
        if event is None:
            if response is None:
                self._counts.problems[NAMELESS] += 1
                return []
            return [Frame(FrameKind.RESPONSE, response, raw, offset, received_at)]
        wanted = self._wanted.get(event.casefold())
        if wanted is None:
            self._count_unwanted(event)
            return []
        if wanted.test is not None and not wanted.test(raw):
            self._counts.unselected += 1
            return []
        return [Frame(FrameKind.EVENT, wanted.name, raw, offset, received_at)]

    def _count_unwanted(self, event: str) -> None:
        if event.casefold() in self._ignored:
            self._counts.ignored += 1
            return
        name = event[:_LONGEST_NAME].encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
        known = name in self._counts.unknown or len(self._counts.unknown) < _MOST_UNKNOWN_NAMES
        self._counts.unknown[name if known else _OTHER_NAMES] += 1


def holds(*texts: bytes) -> Predicate:
    """A predicate: the message holds one of these texts. A compiled search costs less than a function of our own."""
    return re.compile(b"|".join(map(re.escape, texts))).search


def _first_lines(name: str) -> tuple[bytes, bytes]:
    """How a message of this name begins, up to the LF."""
    return f"Event: {name}\r".encode(), f"Event: {name}".encode()


def _first_lines_of(parts: list[bytes]) -> list[bytes]:
    try:
        return [part[: part.index(b"\n")] for part in parts]
    except ValueError:  # a message of a single line
        return [part.partition(b"\n")[0] for part in parts]
