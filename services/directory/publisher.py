"""Has the newest snapshot signed. What keys answers is verified before it is stored: it becomes the truth of others."""

from datetime import timedelta
from typing import Protocol

from libs.errors import StatementRefused
from libs.statements import Root, Typ, verify
from libs.telemetry.telemetry import Telemetry
from libs.world import Clock
from services.directory.store import Store

REISSUE_AFTER = timedelta(hours=24)
"""A snapshot is made anew each day though nothing changed, so that everybody can see that the directory lives."""


class Signer(Protocol):
    """What publishing asks of keys."""

    async def sign_snapshot(self, payload: bytes) -> str:
        """The payload as a signed statement; the same payload gives the same."""
        ...


class Publisher:
    """Used by the worker and, so that an import need not wait for it, by the service."""

    def __init__(self, store: Store, keys: Signer, root: Root, clock: Clock, telemetry: Telemetry) -> None:
        self._store = store
        self._keys = keys
        self._root = root
        self._clock = clock
        self._log = telemetry.log
        self._version = telemetry.gauge("snapshot_version", "Version of the newest published snapshot.")
        self._issued = telemetry.gauge("snapshot_issued_timestamp_seconds", "When the newest published was made.")

    async def publish(self) -> int:
        """The newest snapshot is signed and not older than a day; its version. Safe to repeat, and at the same time.

        Raises Unavailable when keys or the database is away: it stays to be done.
        """
        await self._store.make_snapshot(self._clock.now() - REISSUE_AFTER, self._clock.now())
        newest = await self._store.newest_snapshot()
        if not newest.is_signed:
            statement = await self._signed(newest.payload)
            await self._store.sign_snapshot(newest.version, statement)
            self._log.info("snapshot_published", snapshot_version=newest.version, size_bytes=len(statement))
        self._version.set(newest.version)
        self._issued.set(newest.issued_at.timestamp())
        return newest.version

    async def _signed(self, payload: bytes) -> str:
        statement = await self._keys.sign_snapshot(payload)
        if verify(statement, Typ.SNAPSHOT, self._root, at=self._clock.now()) != payload:
            raise StatementRefused("keys signed another snapshot than it was asked to")
        return statement
