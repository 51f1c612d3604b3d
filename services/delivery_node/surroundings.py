"""What every loop of the worker is handed."""

import asyncio
from dataclasses import dataclass, field

from libs.loops.bell import Bell
from libs.statements import Root
from libs.telemetry.telemetry import Telemetry
from libs.values import TjenesteId
from libs.world import Clock, Rng
from services.delivery_node.centre import Centre
from services.delivery_node.store.contract import Store

FIRST_DELAY_SECONDS = 1.0
LONGEST_DELAY_SECONDS = 60.0
FALLBACK_SECONDS = 30.0
"""A loop looks into the store after this without being woken."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The node's world, and the bells by which its loops wake each other."""

    receiver: TjenesteId
    root: Root
    store: Store
    centre: Centre
    clock: Clock
    rng: Rng
    telemetry: Telemetry
    to_fetch: Bell = field(default_factory=Bell)
    to_prove: Bell = field(default_factory=Bell)
    to_send: Bell = field(default_factory=Bell)

    def delay_seconds(self, attempts: int) -> float:
        """How long one melding waits after so many failures, with jitter: 1 s, 2 s, 4 s ... a minute."""
        longest = min(FIRST_DELAY_SECONDS * 2.0 ** min(attempts, 16), LONGEST_DELAY_SECONDS)
        return self.rng.uniform(longest / 2, longest)

    async def ring_after(self, bell: Bell, seconds: float) -> None:
        """The bell is rung then: something that was put off is due."""
        await asyncio.sleep(seconds)
        bell.ring()
