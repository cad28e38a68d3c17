"""Who a complete list has not named is not there."""

from collections.abc import Hashable, Iterable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
M = TypeVar("M", bound=Hashable)


class RollCall(Generic[K, M]):
    """Lists under way, by what they are a list of. One that is cut off says nothing: the next one begins anew."""

    def __init__(self) -> None:
        self._unconfirmed: dict[K, set[M]] = {}

    def begin(self, of: K, present: Iterable[M]) -> None:
        """A list begins while these are thought to be there; who comes later need not be named."""
        self._unconfirmed[of] = set(present)

    def confirm(self, of: K, member: M) -> None:
        """The list names this one, or this one was heard of since."""
        self._unconfirmed.get(of, set()).discard(member)

    def end(self, of: K) -> set[M]:
        """The list is complete: these are not there any more."""
        return self._unconfirmed.pop(of, set())
