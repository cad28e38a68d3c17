"""The one place where keys of Redis are made.

Every key has exactly one hash tag, the PBX: what belongs to one PBX lives on one node of a cluster, and several PBXs
spread over all nodes.
"""

from dataclasses import dataclass
from urllib.parse import quote

from callcenter.domain.errors import SettingsError
from callcenter.domain.ids import PbxId


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of one site. ``prefix`` keeps sites apart that share a server."""

    prefix: str = "cc"

    def __post_init__(self) -> None:
        if not self.prefix or set(self.prefix) & set("{}"):
            raise SettingsError("", "prefix", f"{self.prefix!r} is no prefix: it is empty or holds a brace", "cc")

    def events(self, pbx: PbxId) -> str:
        """The stream of batches."""
        return f"{self.prefix}:{_tag(pbx)}:events"

    def live(self, pbx: PbxId) -> str:
        """The stream of snapshots and deltas of the floor."""
        return f"{self.prefix}:{_tag(pbx)}:live"

    def dead(self, pbx: PbxId) -> str:
        """The stream of entries that could not be handled."""
        return f"{self.prefix}:{_tag(pbx)}:dead"


def _tag(pbx: PbxId) -> str:
    """The PBX in braces. All but letters, digits and ``_.-~`` is written %XX, so that no name can break the tag."""
    try:
        name = quote(pbx, safe="")
    except UnicodeEncodeError:
        raise SettingsError("", "pbx.name", f"{pbx!r} is not valid text", "pbx1") from None
    if not name:
        raise SettingsError("", "pbx.name", "the name of a PBX is empty", "pbx1")
    return f"{{{name}}}"
