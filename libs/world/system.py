"""The real world. Only main.py builds these."""

import random
import secrets
import time
import uuid
from datetime import UTC, datetime


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The wall time in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds since the machine started, roughly."""
        return time.monotonic()


class SystemIds:
    """Ids from the operating system's random source."""

    def uuid4(self) -> uuid.UUID:
        """A new random UUID."""
        return uuid.uuid4()

    def token(self, n_bytes: int) -> bytes:
        """`n_bytes` that nobody can guess."""
        return secrets.token_bytes(n_bytes)


class SystemRng:
    """Chance for jitter."""

    def uniform(self, low: float, high: float) -> float:
        """A number between low and high."""
        return random.uniform(low, high)
