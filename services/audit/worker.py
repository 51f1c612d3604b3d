"""The loop that puts waiting commitments into the event log, batch by batch, and has both logs published.

It is woken by a commitment, and then waits for the next stroke of the interval, so that the time of a batch tells when
something happened only as closely as the interval. What a crash left behind is found at the start and every 30 seconds.
"""

import asyncio

from libs.loops.bell import Bell
from libs.loops.repeat import Loop
from libs.telemetry.telemetry import Telemetry
from libs.world import Clock, Ids
from services.audit.domain import COMMITMENT_BYTES
from services.audit.publisher import Publisher
from services.audit.store import Store

FALLBACK_SECONDS = 30.0


class Worker:
    """What one loop does; a second one in another process does no harm."""

    def __init__(
        self,
        store: Store,
        publisher: Publisher,
        *,
        batch_interval_seconds: float,
        batch_size: int,
        clock: Clock,
        ids: Ids,
        telemetry: Telemetry,
    ) -> None:
        self._store = store
        self._publisher = publisher
        self._interval_seconds = batch_interval_seconds
        self._batch_size = batch_size
        self._clock = clock
        self._ids = ids
        self._telemetry = telemetry

    def loop(self, bell: Bell) -> Loop:
        """To be repeated; `bell` is rung when commitments wait."""
        return Loop("batches", self._step, FALLBACK_SECONDS, bell)

    async def _step(self) -> bool:
        await asyncio.sleep(self._interval_seconds - self._clock.monotonic() % self._interval_seconds)
        await self.run_once()
        return False

    async def run_once(self) -> None:
        """Everything that waited is in the logs, under a signed checkpoint."""
        while True:
            padding = [self._ids.token(COMMITMENT_BYTES) for _ in range(self._batch_size - 1)]
            appended = await self._store.append_batches(padding, self._batch_size)
            if not appended:
                break
            self._telemetry.log.info("batch_appended", log="events", size=appended)
        await self._publisher.publish_all()
