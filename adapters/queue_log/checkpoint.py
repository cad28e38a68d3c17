"""The note from which the reading of a log goes on: which file it was, how far it was read, what had come before."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256

import msgspec

from adapters.queue_log.content import HEAD, Content
from adapters.queue_log.identity import NOTHING_CARRIED, Carried


@dataclass(frozen=True, slots=True, kw_only=True)
class FileMark:
    """A file by device, inode and the hash of its first ``head_bytes``; read up to ``offset``, where a line ends.

    ``prior`` is the head of the last file with rows before it, of which ``carried`` counts the last ones
    (`identity.Carried`). ``newest`` is the second of the newest row so far. After the end of a copy, and of what is
    damaged, rows may be missing. Since ``lost_at`` (seconds) the log is not heard; if that ``heals``, nothing of it
    will be missing.
    """

    device: int
    inode: int
    head: str = ""
    head_bytes: int = 0
    offset: int = 0
    prior: str = ""
    prior_bytes: int = 0
    newest: int | None = None
    carried: Mapping[str, int] = field(default_factory=dict)
    carried_newest: int = 0
    is_packed: bool = False
    is_copy: bool = False
    is_damaged: bool = False
    lost_at: int | None = None
    heals: bool = False

    @property
    def before(self) -> Carried:
        """What was carried over from the file before."""
        return Carried(self.carried_newest, self.carried) if self.carried else NOTHING_CARRIED

    def begins(self, content: bytes) -> bool:
        """Whether this content begins as the marked file does. Of a file of which nothing was read, nobody knows."""
        return _begins(content, self.head, self.head_bytes)

    def came_after(self, content: bytes) -> bool:
        """Whether this content begins as the file did that was read before the marked one."""
        return _begins(content, self.prior, self.prior_bytes)

    def is_of(self, content: Content) -> bool:
        """True if the open, plain file is the one that was marked, and still holds what was read of it."""
        status = content.status
        if (status.st_dev, status.st_ino) != (self.device, self.inode) or status.st_size < self.offset:
            return False
        return self.head_bytes == 0 or self.begins(content.head(self.head_bytes))

    def read_to(self, offset: int, newest: int | None, carried: Carried, content: Content) -> "FileMark":
        """The same file, read further. The hash covers nothing that Asterisk may still be writing."""
        head, head_bytes = self.head, self.head_bytes
        if head_bytes < HEAD and offset > head_bytes:
            head_bytes = min(HEAD, offset)
            head = _hash(content.head(head_bytes))
        return replace(
            self,
            offset=offset,
            head=head,
            head_bytes=head_bytes,
            newest=newest,
            carried=carried.counts,
            carried_newest=carried.newest,
        )

    def text(self) -> str:
        """As a checkpoint."""
        return msgspec.json.encode(asdict(self)).decode()


def read_mark(checkpoint: str | None) -> FileMark | None:
    """The mark that a checkpoint holds; None if it is none of ours, so that reading begins anew."""
    try:
        return msgspec.json.decode(checkpoint or "", type=FileMark)
    except msgspec.DecodeError:
        return None


def _begins(content: bytes, head: str, head_bytes: int) -> bool:
    return 0 < head_bytes <= len(content) and _hash(content[:head_bytes]) == head


def _hash(head: bytes) -> str:
    return sha256(head).hexdigest()
