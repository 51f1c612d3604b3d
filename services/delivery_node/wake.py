"""Wakes a loop. A hint only: what there is to do stands in the store, and the loop looks there anyway."""

import asyncio

FALLBACK_SECONDS = 30.0
"""A loop looks again after this without being woken."""


class Wake:
    """One sleeper, many who may wake it. Waking before it sleeps lets it not sleep."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def ring(self) -> None:
        """The sleeper, now or next, goes on."""
        self._event.set()

    async def wait(self, seconds: float = FALLBACK_SECONDS) -> None:
        """Woken, or so many seconds later."""
        try:
            async with asyncio.timeout(seconds):
                await self._event.wait()
        except TimeoutError:
            return
        self._event.clear()
