"""How old forms of events become new ones: (wire name, version) → a function from old field values to those of
version + 1."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

UPCASTS: Mapping[tuple[str, int], Callable[[Sequence[Any]], Sequence[Any]]] = {}
