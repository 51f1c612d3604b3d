"""The directory's questions to its database. Whatever changes a row makes the next snapshot in the same transaction, so
that what is published follows from what is stored and no change can be forgotten."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from libs.db.database import Database, Transaction
from libs.errors import Unavailable
from services.directory.domain import Connected, Tjeneste
from services.directory.rows import end_tjeneste, insert_tables, insert_tjeneste, select_connected, select_tables
from services.directory.snapshot import snapshot_of
from services.directory.tables import Tables

KEPT_SNAPSHOTS = 10


@dataclass(frozen=True, slots=True)
class Made:
    """A snapshot as it was made."""

    version: int
    issued_at: datetime
    payload: bytes
    is_signed: bool


class Store:
    """The store in PostgreSQL. Each method is one transaction and safe to repeat."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load_tables(self, tables: Tables, now: datetime) -> bool:
        """These tables are the ones stored. True when they were not before."""

        async def work(tx: Transaction) -> bool:
            await _lock(tx)
            stored = await tx.fetchval("/* tables_stored */ SELECT tables_sha256 FROM directory_state")
            if stored == tables.sha256:
                return False
            await insert_tables(tx, tables)
            await tx.execute("/* tables_loaded */ UPDATE directory_state SET tables_sha256 = $1", tables.sha256)
            await _make_snapshot(tx, now)
            return True

        return await self._database.transact("load_tables", work)

    async def load_connected(self) -> Connected:
        """Who is connected now."""
        return await self._database.transact("load_connected", select_connected)

    async def save_tjenester(
        self,
        decide: Callable[[Connected], Sequence[Tjeneste]],
        log_indices: Mapping[str, int],
        now: datetime,
    ) -> int:
        """The tjenester that `decide` names are stored as it names them, and all others as before; how many.

        `decide` sees who is connected while nobody else can change it, and raises what it refuses. `log_indices` has
        the key log's index of each certificate that is new.
        """

        async def work(tx: Transaction) -> int:
            await _lock(tx)
            tjenester = decide(await select_connected(tx))
            for tjeneste in tjenester:
                await end_tjeneste(tx, tjeneste.id, now)
            for tjeneste in tjenester:
                await insert_tjeneste(tx, tjeneste, log_indices.get(tjeneste.certificate.key_id), now)
            if tjenester:
                await _make_snapshot(tx, now)
            return len(tjenester)

        return await self._database.transact("save_tjenester", work)

    async def make_snapshot(self, issued_before: datetime, now: datetime) -> None:
        """The newest snapshot was issued at that moment or later; else there is a new one, issued now."""

        async def work(tx: Transaction) -> None:
            await _lock(tx)
            newest = await _newest(tx)
            if newest is not None and newest.issued_at < issued_before:
                await _make_snapshot(tx, now)

        await self._database.transact("make_snapshot", work)

    async def newest_snapshot(self) -> Made:
        """The newest one, signed or not. Raises Unavailable before the tables are loaded."""
        newest = await self._database.transact("newest_snapshot", _newest)
        if newest is None:
            raise Unavailable("the directory has not loaded its tables yet", retry_after_seconds=1)
        return newest

    async def sign_snapshot(self, version: int, statement: str) -> None:
        """That version is signed, if it is still there."""

        async def work(tx: Transaction) -> None:
            await tx.execute(
                """/* sign_snapshot */
                UPDATE snapshot SET statement = $2
                WHERE version = $1 AND statement IS NULL""",
                version,
                statement,
            )
            await tx.execute(
                """/* forget_old_snapshots */
                DELETE FROM snapshot
                WHERE version NOT IN (SELECT version FROM snapshot ORDER BY version DESC LIMIT $1)""",
                KEPT_SNAPSHOTS,
            )

        await self._database.transact("sign_snapshot", work)

    async def newest_statement(self, known_version: int) -> str | None:
        """The newest signed snapshot; None when the caller has that version or a newer. Raises Unavailable."""

        async def work(tx: Transaction) -> str | None:
            version = await tx.fetchval(
                "/* newest_signed_version */ SELECT max(version) FROM snapshot WHERE statement IS NOT NULL"
            )
            if version is None:
                raise Unavailable("no snapshot is signed yet", retry_after_seconds=1)
            if version <= known_version:
                return None
            statement: str = await tx.fetchval(
                "/* newest_statement */ SELECT statement FROM snapshot WHERE version = $1", version
            )
            return statement

        return await self._database.transact("newest_statement", work, isolation="repeatable_read")


async def _lock(tx: Transaction) -> None:
    await tx.execute("/* lock_directory */ SELECT FROM directory_state FOR UPDATE")


async def _newest(tx: Transaction) -> Made | None:
    row = await tx.fetchrow(
        """/* newest_snapshot */
        SELECT version, issued_at, payload, statement IS NOT NULL AS is_signed
        FROM snapshot
        ORDER BY version DESC
        LIMIT 1"""
    )
    return Made(**row) if row is not None else None


async def _make_snapshot(tx: Transaction, now: datetime) -> None:
    """The caller holds the lock. A version that was not signed yet is replaced and never will be."""
    version = await tx.fetchval(
        "/* next_version */ UPDATE directory_state SET last_version = last_version + 1 RETURNING last_version"
    )
    snapshot = snapshot_of(version, now, await select_tables(tx), await select_connected(tx))
    await tx.execute("/* forget_unsigned */ DELETE FROM snapshot WHERE statement IS NULL")
    await tx.execute(
        """/* insert_snapshot */
        INSERT INTO snapshot (version, issued_at, payload)
        VALUES ($1, $2, $3)""",
        version,
        now,
        snapshot.encode(),
    )
