"""What a program cannot make up by itself and is handed instead: time, ids and chance.

Everything that reads the world asks one of these, so that a test or a simulation can be the world.
"""

import uuid
from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """The time of day and the passing of time."""

    def now(self) -> datetime:
        """The wall time, aware, in UTC. It may jump, also backwards."""
        ...

    def monotonic(self) -> float:
        """Seconds since some moment; never goes back. For durations only."""
        ...


class Ids(Protocol):
    """Names nobody else has."""

    def uuid4(self) -> uuid.UUID:
        """A new random UUID."""
        ...

    def token(self, n_bytes: int) -> bytes:
        """`n_bytes` that nobody can guess."""
        ...


class Rng(Protocol):
    """Chance where nothing depends on its secrecy, such as jitter."""

    def uniform(self, low: float, high: float) -> float:
        """A number between low and high."""
        ...
