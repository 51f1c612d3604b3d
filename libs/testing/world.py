"""A world to hold in the hand: a clock that is stepped, and chance that repeats."""

import random
import uuid
from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


class FakeClock:
    """Time that stands still until it is advanced."""

    def __init__(self, start: datetime = START) -> None:
        self._now = start
        self._monotonic = 0.0

    def now(self) -> datetime:
        """The time it was set to."""
        return self._now

    def monotonic(self) -> float:
        """Seconds advanced so far."""
        return self._monotonic

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._now += timedelta(seconds=seconds)
        self._monotonic += max(seconds, 0.0)

    def jump(self, to: datetime) -> None:
        """Set the wall time, as an operator or a broken clock would."""
        self._now = to


class SeededIds:
    """Ids that are the same in each run of one seed."""

    def __init__(self, seed: int = 0) -> None:
        self._random = random.Random(seed)

    def uuid4(self) -> uuid.UUID:
        """The next UUID of this seed."""
        return uuid.UUID(bytes=self._random.randbytes(16), version=4)

    def token(self, n_bytes: int) -> bytes:
        """The next bytes of this seed."""
        return self._random.randbytes(n_bytes)


class SeededRng:
    """Jitter that is the same in each run of one seed."""

    def __init__(self, seed: int = 0) -> None:
        self._random = random.Random(seed)

    def uniform(self, low: float, high: float) -> float:
        """The next number of this seed."""
        return self._random.uniform(low, high)
