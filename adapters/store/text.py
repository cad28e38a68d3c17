"""Text that every database can hold.

Names come from strangers: PostgreSQL refuses NUL and lone surrogates, and no index holds a name of 64 KiB. What cannot
be stored as it stands is written out (``\\x00``, ``\\udcff``), long keys are cut and told apart by a hash. Ordinary
text is stored as it is, and storing twice changes nothing.
"""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from hashlib import blake2b
from typing import Any, TypeVar, cast, overload

T = TypeVar("T")

KEY_LENGTH = 255
"""The longest key, in characters. Two of them, four bytes each, fit into one index entry of PostgreSQL (2700 bytes)."""

_HASH_BYTES = 8


@overload
def storable(text: str) -> str: ...
@overload
def storable(text: None) -> None: ...
@overload
def storable(text: str | None) -> str | None: ...
def storable(text: str | None) -> str | None:
    """Free text as it can be stored: NUL and lone surrogates written out."""
    if text is None or (text.isascii() and "\0" not in text):
        return text
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")


@overload
def key(text: str) -> str: ...
@overload
def key(text: None) -> None: ...
@overload
def key(text: str | None) -> str | None: ...
def key(text: str | None) -> str | None:
    """A name as it can be stored and found by: storable, and no longer than an index can bear."""
    if text is None or (text.isascii() and len(text) <= KEY_LENGTH and "\0" not in text):
        return text
    text = storable(text)
    if len(text) <= KEY_LENGTH:
        return text
    digest = blake2b(text.encode(), digest_size=_HASH_BYTES).hexdigest()
    return f"{text[: KEY_LENGTH - len(digest) - 1]}…{digest}"


def storable_throughout(value: T) -> T:
    """A record, or any value of plain parts, with every text in it storable."""
    return cast(T, _cleaned(value))


def _cleaned(value: Any) -> Any:
    if type(value) is str:
        return storable(value)
    if isinstance(value, tuple | list):
        return type(value)(map(_cleaned, value))
    if isinstance(value, Mapping):
        return {_cleaned(name): _cleaned(item) for name, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{f.name: _cleaned(getattr(value, f.name)) for f in fields(value)})
    return value
