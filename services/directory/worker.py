"""The loop that loads the tables once and then has every new snapshot signed, also after keys was away for long."""

from libs.loops.repeat import Loop, repeat
from libs.telemetry.telemetry import Telemetry
from libs.world import Clock, Rng
from services.directory.publisher import Publisher
from services.directory.store import Store
from services.directory.tables import Tables

FALLBACK_SECONDS = 30.0


class Worker:
    """One loop; a second one in another process does no harm."""

    def __init__(self, store: Store, publisher: Publisher, tables: Tables, clock: Clock, telemetry: Telemetry) -> None:
        self._store = store
        self._publisher = publisher
        self._tables = tables
        self._clock = clock
        self._telemetry = telemetry
        self._has_loaded = False

    async def run(self, rng: Rng) -> None:
        """Until cancelled."""
        await repeat(Loop("directory", self.step, FALLBACK_SECONDS), rng, self._telemetry)

    async def step(self) -> bool:
        """Everything that is stored is published."""
        if not self._has_loaded:
            # Once in a program's life: two programs with different tables would else replace each other's for ever.
            await self._load()
            self._has_loaded = True
        await self._publisher.publish()
        return False

    async def _load(self) -> None:
        if await self._store.load_tables(self._tables, self._clock.now()):
            self._telemetry.log.info("tables_loaded", count=len(self._tables.kommuner))
