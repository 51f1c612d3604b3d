"""What audit keeps, in PostgreSQL. A log's row lock orders its appends; entries, tiles and size change together."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from libs.db.database import Database, Transaction
from libs.errors import Overloaded
from libs.tlog.hashes import HASH_BYTES, leaf_hash
from libs.tlog.tiles import EntryBundle, Tile
from libs.tlog.tree import edge_tiles, grow
from services.audit.domain import MAX_BATCHED, MAX_WAITING, LogName, LogState, Signing, fill_batches

RETRY_AFTER_SECONDS = 10.0


class Store(Protocol):
    """The questions audit asks its store. Each method is one transaction; each write is safe to repeat."""

    async def insert_commitments(self, commitments: Sequence[bytes], now: datetime) -> None:
        """The commitments are durable; one that waits already stays as it is. Raises Overloaded."""
        ...

    async def append_batches(self, padding: Sequence[bytes], batch_size: int) -> int:
        """The oldest waiting commitments are in the event log, in whole batches filled up from `padding`, and wait no
        more; what the log has already is dropped. Returns how many entries were appended."""
        ...

    async def append_key_entry(self, entry: bytes) -> int:
        """The index of the entry in the key log, where it stands once."""
        ...

    async def load_state(self, log: LogName) -> LogState:
        """The log as it is."""
        ...

    async def begin_signing(self, log: LogName) -> Signing | None:
        """The checkpoint to ask for: the one already begun, else one over the whole tree, else (all is signed) None."""
        ...

    async def finish_signing(self, log: LogName, size: int, checkpoint: str) -> None:
        """The checkpoint begun over `size` entries is the newest. Nothing changes if another one is begun by now."""
        ...

    async def load_tiles(self, log: LogName, tiles: Sequence[Tile]) -> dict[Tile, bytes]:
        """The hashes of the tiles, all of which the tree has."""
        ...

    async def load_entries(self, log: LogName, bundle: EntryBundle) -> list[bytes]:
        """The entries of a bundle that the log has, in order."""
        ...

    async def find_leaf(self, log: LogName, leaf: bytes) -> int | None:
        """The index of the entry with this leaf hash."""
        ...


class PostgresStore:
    """The store in PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def insert_commitments(self, commitments: Sequence[bytes], now: datetime) -> None:
        """See Store."""

        async def work(tx: Transaction) -> None:
            waiting = await tx.fetchval(
                "/* count_waiting */ SELECT count(*) FROM (SELECT FROM pending_commitment LIMIT $1) AS waiting",
                MAX_WAITING,
            )
            if waiting + len(commitments) > MAX_WAITING:
                raise Overloaded(f"{MAX_WAITING} commitments wait", retry_after_seconds=RETRY_AFTER_SECONDS)
            await tx.execute(
                """/* insert_commitments */
                INSERT INTO pending_commitment (commitment, received_at)
                SELECT commitment, $2 FROM unnest($1::bytea[]) AS commitment ORDER BY commitment
                ON CONFLICT (commitment) DO NOTHING""",
                list(commitments),
                now,
            )

        await self._database.transact("insert_commitments", work)

    async def append_batches(self, padding: Sequence[bytes], batch_size: int) -> int:
        """See Store."""

        async def work(tx: Transaction) -> int:
            size = await _lock(tx, "events")
            rows = await tx.fetch(
                """/* select_waiting */
                SELECT commitment FROM pending_commitment ORDER BY received_at, commitment LIMIT $1""",
                MAX_BATCHED,
            )
            waiting = {leaf_hash(row["commitment"]): bytes(row["commitment"]) for row in rows}
            for leaf in await _leaves_in_log(tx, "events", list(waiting)):
                del waiting[leaf]
            entries = fill_batches(list(waiting.values()), padding, batch_size)
            await _append(tx, "events", size, entries)
            await tx.execute(
                "/* delete_waiting */ DELETE FROM pending_commitment WHERE commitment = ANY($1::bytea[])",
                [row["commitment"] for row in rows],
            )
            return len(entries)

        return await self._database.transact("append_batches", work)

    async def append_key_entry(self, entry: bytes) -> int:
        """See Store."""

        async def work(tx: Transaction) -> int:
            size = await _lock(tx, "keys")
            found = await _find_leaf(tx, "keys", leaf_hash(entry))
            if found is not None:
                return found
            await _append(tx, "keys", size, [entry])
            return size

        return await self._database.transact("append_key_entry", work)

    async def load_state(self, log: LogName) -> LogState:
        """See Store."""

        async def work(tx: Transaction) -> LogState:
            row = await tx.fetchrow(
                "/* load_state */ SELECT size, signed_size, checkpoint FROM log WHERE name = $1", log
            )
            assert row is not None, "the first migration writes both rows"
            return LogState(row["size"], row["signed_size"], row["checkpoint"])

        return await self._database.transact("load_state", work)

    async def begin_signing(self, log: LogName) -> Signing | None:
        """See Store."""

        async def work(tx: Transaction) -> Signing | None:
            row = await tx.fetchrow(
                """/* begin_signing */
                UPDATE log SET signing_size = coalesce(signing_size, size)
                WHERE name = $1 AND (signing_size IS NOT NULL OR signed_size < size OR checkpoint IS NULL)
                RETURNING signed_size, signing_size""",
                log,
            )
            return Signing(row["signed_size"], row["signing_size"]) if row is not None else None

        return await self._database.transact("begin_signing", work)

    async def finish_signing(self, log: LogName, size: int, checkpoint: str) -> None:
        """See Store."""

        async def work(tx: Transaction) -> None:
            await tx.execute(
                """/* finish_signing */
                UPDATE log SET signed_size = $2, checkpoint = $3, signing_size = NULL
                WHERE name = $1 AND signing_size = $2""",
                log,
                size,
                checkpoint,
            )

        await self._database.transact("finish_signing", work)

    async def load_tiles(self, log: LogName, tiles: Sequence[Tile]) -> dict[Tile, bytes]:
        """See Store."""

        async def work(tx: Transaction) -> dict[Tile, bytes]:
            return await _load_tiles(tx, log, tiles)

        return await self._database.transact("load_tiles", work)

    async def load_entries(self, log: LogName, bundle: EntryBundle) -> list[bytes]:
        """See Store."""

        async def work(tx: Transaction) -> list[bytes]:
            rows = await tx.fetch(
                """/* load_entries */
                SELECT entry FROM log_entry WHERE log = $1 AND index >= $2 AND index < $3 ORDER BY index""",
                log,
                bundle.start,
                bundle.start + bundle.width,
            )
            return [bytes(row["entry"]) for row in rows]

        return await self._database.transact("load_entries", work)

    async def find_leaf(self, log: LogName, leaf: bytes) -> int | None:
        """See Store."""

        async def work(tx: Transaction) -> int | None:
            return await _find_leaf(tx, log, leaf)

        return await self._database.transact("find_leaf", work)


async def _lock(tx: Transaction, log: LogName) -> int:
    size = await tx.fetchval("/* lock_log */ SELECT size FROM log WHERE name = $1 FOR UPDATE", log)
    assert isinstance(size, int), "the first migration writes both rows"
    return size


async def _append(tx: Transaction, log: LogName, size: int, entries: Sequence[bytes]) -> None:
    """The caller holds the log's lock and has read its size under it."""
    if not entries:
        return
    leaves = [leaf_hash(entry) for entry in entries]
    edge = await _load_tiles(tx, log, edge_tiles(size))
    growth = grow(size, edge, leaves)
    await tx.execute(
        """/* insert_entries */
        INSERT INTO log_entry (log, index, entry, leaf_hash)
        SELECT $1, index, entry, leaf
        FROM unnest($2::bigint[], $3::bytea[], $4::bytea[]) AS new (index, entry, leaf)""",
        log,
        list(range(size, growth.size)),
        list(entries),
        leaves,
    )
    await tx.execute(
        """/* upsert_tiles */
        INSERT INTO log_tile (log, level, index, hashes)
        SELECT $1, level, index, hashes
        FROM unnest($2::smallint[], $3::bigint[], $4::bytea[]) AS new (level, index, hashes)
        ON CONFLICT (log, level, index) DO UPDATE SET hashes = excluded.hashes""",
        log,
        [level for level, _ in growth.tiles],
        [index for _, index in growth.tiles],
        [bytes(hashes) for hashes in growth.tiles.values()],
    )
    await tx.execute("/* grow_log */ UPDATE log SET size = $2 WHERE name = $1", log, growth.size)


async def _load_tiles(tx: Transaction, log: LogName, tiles: Sequence[Tile]) -> dict[Tile, bytes]:
    rows = await tx.fetch(
        """/* load_tiles */
        SELECT level, index, hashes FROM log_tile
        JOIN unnest($2::smallint[], $3::bigint[]) AS wanted (level, index) USING (level, index)
        WHERE log = $1 ORDER BY level, index""",
        log,
        [tile.level for tile in tiles],
        [tile.index for tile in tiles],
    )
    stored = {(row["level"], row["index"]): bytes(row["hashes"]) for row in rows}
    return {tile: stored[tile.level, tile.index][: tile.width * HASH_BYTES] for tile in tiles}


async def _find_leaf(tx: Transaction, log: LogName, leaf: bytes) -> int | None:
    index = await tx.fetchval(
        "/* find_leaf */ SELECT index FROM log_entry WHERE log = $1 AND leaf_hash = $2", log, leaf
    )
    return index if isinstance(index, int) else None


async def _leaves_in_log(tx: Transaction, log: LogName, leaves: Sequence[bytes]) -> list[bytes]:
    rows = await tx.fetch(
        """/* leaves_in_log */
        SELECT leaf_hash FROM log_entry WHERE log = $1 AND leaf_hash = ANY($2::bytea[]) ORDER BY index""",
        log,
        list(leaves),
    )
    return [bytes(row["leaf_hash"]) for row in rows]
