"""The directory's newest public snapshot, verified from the pinned root, in memory.

It comes from intake, so that a gateway started cold while directory and routing are away still knows every place. A
snapshot that does not verify is not used; the one before it stays.
"""

import asyncio

from libs.errors import StatementRefused, Unavailable
from libs.loops.repeat import Loop
from libs.statements import Root, Typ, verify
from libs.statements.payloads import decode
from libs.statements.snapshot import Snapshot
from libs.telemetry.telemetry import Telemetry
from services.gateway.places import Places
from services.gateway.upstream import Intake

REFRESH_SECONDS = 30.0


class SnapshotCache:
    """Holds what is known of places."""

    def __init__(self, intake: Intake, root: Root, telemetry: Telemetry) -> None:
        self._intake = intake
        self._root = root
        self._telemetry = telemetry
        self._places: Places | None = None
        self._asking = asyncio.Lock()
        self._version = telemetry.gauge("gateway_snapshot_version", "Version of the snapshot in use.")

    async def places(self) -> Places:
        """What is known; asks intake when nothing is yet. Raises Unavailable."""
        if self._places is None:
            await self.refresh()
        if self._places is None:
            raise Unavailable("no directory snapshot yet")
        return self._places

    async def refresh(self) -> bool:
        """The newest snapshot is in use; False, for a loop that then waits. Raises our errors; the old one stays."""
        async with self._asking:
            known = self._places.snapshot.version if self._places else 0
            statement = await self._intake.snapshot(known)
            if statement is not None:
                self._use(decode(verify(statement, Typ.SNAPSHOT, self._root), Snapshot), known)
        return False

    def _use(self, snapshot: Snapshot, known: int) -> None:
        if snapshot.version < known:
            raise StatementRefused("the snapshot is older than the one in use")
        self._places = Places(snapshot)
        self._version.set(snapshot.version)
        self._telemetry.log.info("snapshot_in_use", snapshot_version=snapshot.version)

    def loop(self) -> Loop:
        """Looks for a newer snapshot twice a minute."""
        return Loop("snapshot", self.refresh, REFRESH_SECONDS)
