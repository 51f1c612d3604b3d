"""How much one program takes in at once: requests and bytes, in all and from one address.

A flood is answered at once with a refusal that says when to come back, and whoever floods cannot use up the places of
others. Addresses are known here alone, and only while a request of theirs runs.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from libs.errors import Overloaded

RETRY_SECONDS = 2.0


class TooManyFromHere(Overloaded):
    """This address has its full share already; others are served."""


@dataclass(frozen=True, slots=True)
class AdmissionLimits:
    """What is let in at once."""

    max_requests: int = 256
    max_requests_per_address: int = 128
    max_bytes: int = 96_000_000
    """Of bodies that have come so far. A melding costs about five times its body while it is passed on."""
    max_bytes_per_address: int = 48_000_000


@dataclass(slots=True)
class _Usage:
    requests: int = 0
    size_bytes: int = 0


class Admission:
    """Counts what is inside."""

    def __init__(self, limits: AdmissionLimits) -> None:
        self._limits = limits
        self._all = _Usage()
        self._by_address: dict[str, _Usage] = {}

    @contextmanager
    def enter(self, address: str) -> Iterator["Place"]:
        """A place for one request inside the block; raises Overloaded or TooManyFromHere."""
        usage = self._by_address.get(address) or _Usage()
        if self._all.requests >= self._limits.max_requests:
            raise Overloaded("too many requests at once", retry_after_seconds=RETRY_SECONDS)
        if usage.requests >= self._limits.max_requests_per_address:
            raise TooManyFromHere("too many requests at once from your address", retry_after_seconds=RETRY_SECONDS)
        self._by_address[address] = usage
        usage.requests += 1
        self._all.requests += 1
        place = Place(self._limits, self._all, usage)
        try:
            yield place
        finally:
            place.leave()
            if usage.requests == 0:
                del self._by_address[address]


class Place:
    """One request's place; it grows as its body comes."""

    def __init__(self, limits: AdmissionLimits, everyone: _Usage, own: _Usage) -> None:
        self._limits = limits
        self._everyone = everyone
        self._own = own
        self._size_bytes = 0

    def hold(self, size_bytes: int) -> None:
        """These bytes are in memory until the place is left; raises Overloaded or TooManyFromHere."""
        if self._everyone.size_bytes + size_bytes > self._limits.max_bytes:
            raise Overloaded("too many bytes at once", retry_after_seconds=RETRY_SECONDS)
        if self._own.size_bytes + size_bytes > self._limits.max_bytes_per_address:
            raise TooManyFromHere("too many bytes at once from your address", retry_after_seconds=RETRY_SECONDS)
        self._size_bytes += size_bytes
        self._everyone.size_bytes += size_bytes
        self._own.size_bytes += size_bytes

    def leave(self) -> None:
        """Gives everything back."""
        for usage in (self._everyone, self._own):
            usage.requests -= 1
            usage.size_bytes -= self._size_bytes
