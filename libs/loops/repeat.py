"""The one loop all workers share: work while there is work, wait for a bell or the fallback, back off on our errors.

Anything but our own errors ends the loop and with it the program, whose supervisor starts it again from the store.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from libs.errors import SamvernError
from libs.loops.bell import Bell
from libs.rpc.backoff import backoff
from libs.telemetry.telemetry import Telemetry
from libs.world import Rng

BASE_SECONDS = 0.25
CAP_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Loop:
    """One worker's loop."""

    name: str
    """In logs and metrics."""
    step: Callable[[], Awaitable[bool]]
    """Does a bounded piece of work from the store; True when there may be more at once."""
    fallback_seconds: float
    """The longest wait between two looks at the store."""
    bell: Bell = field(default_factory=Bell)
    """Ends the wait early."""
    spacing_seconds: float = 0.0
    """The shortest wait, however often the bell is rung: what follows may ask others."""


async def repeat(loop: Loop, rng: Rng, telemetry: Telemetry) -> None:
    """Runs until cancelled. Our errors are logged and the step is tried again after a growing, jittered delay."""
    failures = telemetry.counter("loop_failures_total", "Steps of loops that failed.", ("worker", "reason"))
    delays = backoff(rng, BASE_SECONDS, CAP_SECONDS)
    while True:
        heard = loop.bell.listen()
        try:
            is_more = await loop.step()
        except SamvernError as error:
            delay = max(next(delays), min(error.retry_after_seconds or 0.0, CAP_SECONDS))
            failures.labels(loop.name, error.reason_name).inc()
            telemetry.log.failure("loop_failed", error, level="warning", worker=loop.name, delay_seconds=delay)
            await asyncio.sleep(delay)
        else:
            delays = backoff(rng, BASE_SECONDS, CAP_SECONDS)
            if not is_more:
                await asyncio.sleep(loop.spacing_seconds)
                await heard.wait(loop.fallback_seconds)
