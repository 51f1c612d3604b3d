"""Sealed bytes in SQL: what is to be fetched, committing, reading back."""

from collections.abc import Sequence
from datetime import datetime

from libs.db.database import Database, Transaction
from services.delivery_node.counting import Finding
from services.delivery_node.domain import MeldingNumber
from services.delivery_node.store.contract import DueFetch
from services.delivery_node.store.rows import insert_due_proof, load, settle, split


class PostgresBytes:
    """Implements BytesStore."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def due_fetches(self, now: datetime, limit: int) -> list[DueFetch]:
        """As in BytesStore."""

        async def work(tx: Transaction) -> list[DueFetch]:
            rows = await tx.fetch(
                """
                -- what lacks its bytes
                SELECT epoch, number, fetch_attempts
                FROM melding
                WHERE bytes_at IS NULL AND fetch_after <= $1
                ORDER BY fetch_after, epoch, number
                LIMIT $2
                """,
                *(now, limit),
            )
            listed = await load(tx, [MeldingNumber(row["epoch"], row["number"]) for row in rows])
            return [DueFetch(each.arrival, row["fetch_attempts"]) for each, row in zip(listed, rows, strict=True)]

        return await self._database.transact("due_fetches", work)

    async def hurry_fetches(self, now: datetime) -> None:
        """As in BytesStore."""

        async def work(tx: Transaction) -> None:
            await tx.execute(
                """
                -- fetch all now
                UPDATE melding SET fetch_after = $1 WHERE bytes_at IS NULL AND fetch_after > $1
                """,
                now,
            )

        await self._database.transact("hurry_fetches", work)

    async def postpone_fetch(self, which: MeldingNumber, until: datetime) -> None:
        """As in BytesStore."""

        async def work(tx: Transaction) -> None:
            await tx.execute(
                """
                -- postpone fetch
                UPDATE melding
                SET fetch_after = $3, fetch_attempts = fetch_attempts + 1
                WHERE epoch = $1 AND number = $2 AND bytes_at IS NULL
                """,
                *(*which, until),
            )

        await self._database.transact("postpone_fetch", work)

    async def commit_bytes(self, which: MeldingNumber, sealed: Sequence[bytes], now: datetime) -> None:
        """As in BytesStore."""

        async def work(tx: Transaction) -> None:
            status = await tx.execute(
                """
                -- commit bytes: the row is locked and filled once
                UPDATE melding SET bytes_at = $3 WHERE epoch = $1 AND number = $2 AND bytes_at IS NULL
                """,
                *(*which, now),
            )
            if status == "UPDATE 0":
                return
            await tx.executemany(
                """
                -- commit bytes: the parts
                INSERT INTO sealed_part (epoch, number, part_index, sealed) VALUES ($1, $2, $3, $4)
                """,
                [(*which, index, part) for index, part in enumerate(sealed)],
            )
            await insert_due_proof(tx, which, "stored", now)
            await settle(tx, Finding.BYTES_REFUSED, [which], now)

        await self._database.transact("commit_bytes", work)

    async def read_back(self, numbers: Sequence[MeldingNumber]) -> dict[MeldingNumber, tuple[bytes, ...]]:
        """As in BytesStore."""

        async def work(tx: Transaction) -> dict[MeldingNumber, tuple[bytes, ...]]:
            rows = await tx.fetch(
                """
                -- read back
                SELECT epoch, number, sealed
                FROM unnest($1::bigint[], $2::bigint[]) AS wanted (epoch, number)
                JOIN sealed_part USING (epoch, number)
                ORDER BY epoch, number, part_index
                """,
                *split(numbers),
            )
            found: dict[MeldingNumber, tuple[bytes, ...]] = {}
            for row in rows:
                which = MeldingNumber(row["epoch"], row["number"])
                found[which] = (*found.get(which, ()), row["sealed"])
            return found

        return await self._database.transact("read_back", work, fresh_connection=True)

    async def discard_bytes(self, which: MeldingNumber, until: datetime) -> None:
        """As in BytesStore."""

        async def work(tx: Transaction) -> None:
            status = await tx.execute(
                """
                -- discard bytes: unless they were proven
                UPDATE melding
                SET bytes_at = NULL, fetch_after = $3, fetch_attempts = fetch_attempts + 1
                WHERE epoch = $1 AND number = $2 AND bytes_at IS NOT NULL AND stored_at IS NULL
                """,
                *(*which, until),
            )
            if status == "UPDATE 0":
                return
            await tx.execute(
                """
                -- discard bytes: the parts
                DELETE FROM sealed_part WHERE epoch = $1 AND number = $2
                """,
                *which,
            )
            await tx.execute(
                """
                -- discard bytes: the proof is no longer due
                DELETE FROM proof WHERE epoch = $1 AND number = $2 AND kind = 'stored' AND statement IS NULL
                """,
                *which,
            )

        await self._database.transact("discard_bytes", work)
