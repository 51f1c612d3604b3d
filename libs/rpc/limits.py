"""Places for calls in flight, in all and per caller: the one too many is answered at once, and delays nobody."""

from types import TracebackType

from libs.errors import Overloaded
from libs.rpc.identity import Identity

RETRY_AFTER_SECONDS = 1.0


class Limits:
    """Counts the calls in flight of one server."""

    def __init__(self, max_concurrent: int, max_concurrent_per_caller: int) -> None:
        self._max_concurrent = max_concurrent
        self._max_per_caller = max_concurrent_per_caller
        self.in_flight = 0
        self._by_caller: dict[Identity, int] = {}

    def place(self, identity: Identity) -> "Place":
        """A place to enter with `with`. Raises Overloaded on entering when there is none."""
        return Place(self, identity)

    def take(self, identity: Identity) -> None:
        """One more call of this caller is in flight. Raises Overloaded."""
        taken = self._by_caller.get(identity, 0)
        if self.in_flight >= self._max_concurrent or taken >= self._max_per_caller:
            raise Overloaded("too many calls at once", retry_after_seconds=RETRY_AFTER_SECONDS)
        self.in_flight += 1
        self._by_caller[identity] = taken + 1

    def give_back(self, identity: Identity) -> None:
        """The call is over."""
        self.in_flight -= 1
        left = self._by_caller[identity] - 1
        if left:
            self._by_caller[identity] = left
        else:
            del self._by_caller[identity]


class Place:
    """One call's place."""

    __slots__ = ("_identity", "_limits")

    def __init__(self, limits: Limits, identity: Identity) -> None:
        self._limits = limits
        self._identity = identity

    def __enter__(self) -> None:
        self._limits.take(self._identity)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._limits.give_back(self._identity)
