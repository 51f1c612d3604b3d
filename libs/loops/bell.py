"""Wakes who waits for news inside one process. A hint only: whoever wakes reads the store, and reads it now and then
anyway.

heard = bell.listen()      before reading, so that nothing rung since is missed
... read, find nothing ...
await heard.wait(30.0)
"""

import asyncio


class Heard:
    """What one listener has heard since it began to listen."""

    def __init__(self, rung: asyncio.Event) -> None:
        self._rung = rung

    @property
    def is_rung(self) -> bool:
        """Whether the bell was rung since."""
        return self._rung.is_set()

    async def wait(self, timeout_seconds: float) -> bool:
        """True when the bell was rung since, False when the time was over first."""
        try:
            async with asyncio.timeout(timeout_seconds):
                await self._rung.wait()
        except TimeoutError:
            return False
        return True


class Bell:
    """Rung by whoever has made something new durable."""

    def __init__(self) -> None:
        self._next = asyncio.Event()

    def listen(self) -> Heard:
        """Hears every ring from now on."""
        return Heard(self._next)

    def ring(self) -> None:
        """Everybody who listens wakes."""
        rung, self._next = self._next, asyncio.Event()
        rung.set()
