"""Delivery's store in PostgreSQL: what it takes from intake, and the whole of it put together."""

from collections.abc import Sequence
from datetime import datetime

from libs.db.database import Database, Transaction
from libs.values import Digest, MeldingId
from services.delivery.domain import Head, SequenceHeadEvent
from services.delivery.store.contract import Copied, ProofRow, Registered
from services.delivery.store.postgres_nodes import PostgresNodeStore
from services.delivery.store.postgres_rows import heads_of, proof_row
from services.delivery.store.postgres_trust import PostgresTrustStore


class PostgresIntakeStore:
    """See IntakeStore."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def cursor(self) -> int:
        """See IntakeStore."""

        async def work(tx: Transaction) -> int:
            return int(await tx.fetchval("/* select_cursor */ SELECT position FROM intake_cursor"))

        return await self._database.transact("select_cursor", work)

    async def register(
        self, heads: Sequence[Registered], sequence_heads: Sequence[SequenceHeadEvent], position: int, at: datetime
    ) -> None:
        """See IntakeStore."""

        async def work(tx: Transaction) -> None:
            await _insert_heads(tx, heads, at)
            await _upsert_sequence_heads(tx, sequence_heads)
            await tx.execute(
                "/* move_cursor */ UPDATE intake_cursor SET position = greatest(position, $1)",
                position,
            )

        await self._database.transact("register", work)

    async def list_to_copy(self, at: datetime, limit: int) -> list[Head]:
        """See IntakeStore."""

        async def work(tx: Transaction) -> list[Head]:
            rows = await tx.fetch(
                """/* list_to_copy */
                SELECT receiver, epoch, number, position, melding_id, digest, receipt, traceparent
                FROM melding
                WHERE copied_at IS NULL AND (retry_at IS NULL OR retry_at <= $1)
                ORDER BY position
                LIMIT $2""",
                at,
                limit,
            )
            return await heads_of(tx, rows)

        return await self._database.transact("list_to_copy", work)

    async def insert_copies(self, copies: Sequence[tuple[MeldingId, Sequence[bytes]]], at: datetime) -> None:
        """See IntakeStore."""
        parts = [(each.uuid, index, sealed) for each, parts in copies for index, sealed in enumerate(parts)]

        async def work(tx: Transaction) -> None:
            await tx.executemany(
                """/* fill_part */
                UPDATE part SET sealed = $3
                WHERE melding_id = $1 AND part_index = $2 AND sealed IS NULL""",
                parts,
            )
            await tx.execute(
                """/* mark_copied */
                UPDATE melding SET copied_at = $2
                WHERE melding_id = ANY($1) AND copied_at IS NULL""",
                [melding_id.uuid for melding_id, _ in copies],
                at,
            )

        await self._database.transact("insert_copies", work)

    async def postpone_copy(self, melding_id: MeldingId, retry_at: datetime) -> None:
        """See IntakeStore."""

        async def work(tx: Transaction) -> None:
            await tx.execute(
                "/* postpone_copy */ UPDATE melding SET retry_at = $2 WHERE melding_id = $1 AND copied_at IS NULL",
                melding_id.uuid,
                retry_at,
            )

        await self._database.transact("postpone_copy", work)

    async def list_to_report(self, limit: int) -> list[Copied]:
        """See IntakeStore."""

        async def work(tx: Transaction) -> list[Copied]:
            rows = await tx.fetch(
                """/* list_to_report */
                SELECT melding_id, digest
                FROM melding
                WHERE copied_at IS NOT NULL AND reported_at IS NULL
                ORDER BY position
                LIMIT $1""",
                limit,
            )
            return [Copied(MeldingId(str(row["melding_id"])), Digest(row["digest"])) for row in rows]

        return await self._database.transact("list_to_report", work)

    async def mark_reported(self, melding_ids: Sequence[MeldingId], at: datetime) -> None:
        """See IntakeStore."""

        async def work(tx: Transaction) -> None:
            await tx.execute(
                "/* mark_reported */ UPDATE melding SET reported_at = $2 WHERE melding_id = ANY($1)",
                [melding_id.uuid for melding_id in melding_ids],
                at,
            )

        await self._database.transact("mark_reported", work)

    async def list_to_forward(self, at: datetime, limit: int) -> list[ProofRow]:
        """See IntakeStore."""

        async def work(tx: Transaction) -> list[ProofRow]:
            rows = await tx.fetch(
                """/* list_to_forward */
                SELECT melding_id, kind, statement
                FROM proof
                WHERE forward_at <= $1
                ORDER BY forward_at, melding_id, kind
                LIMIT $2""",
                at,
                limit,
            )
            return [proof_row(row) for row in rows]

        return await self._database.transact("list_to_forward", work)

    async def mark_forwarded(self, proofs: Sequence[ProofRow]) -> None:
        """See IntakeStore."""

        async def work(tx: Transaction) -> None:
            await tx.executemany(
                "/* mark_forwarded */ UPDATE proof SET forward_at = NULL WHERE melding_id = $1 AND kind = $2",
                [(proof.melding_id.uuid, proof.kind) for proof in proofs],
            )

        await self._database.transact("mark_forwarded", work)

    async def postpone_forward(self, proof: ProofRow, forward_at: datetime) -> None:
        """See IntakeStore."""

        async def work(tx: Transaction) -> None:
            await tx.execute(
                """/* postpone_forward */
                UPDATE proof SET forward_at = $3
                WHERE melding_id = $1 AND kind = $2 AND forward_at IS NOT NULL""",
                proof.melding_id.uuid,
                proof.kind,
                forward_at,
            )

        await self._database.transact("postpone_forward", work)


class PostgresStore(PostgresIntakeStore, PostgresNodeStore, PostgresTrustStore):
    """See Store."""


async def _insert_heads(tx: Transaction, heads: Sequence[Registered], at: datetime) -> None:
    await tx.executemany(
        """/* insert_melding */
        INSERT INTO melding (
          receiver, epoch, number, position, melding_id, digest, receipt, traceparent, salt, registered_at
        )
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        ON CONFLICT (melding_id) DO NOTHING""",
        [
            (
                str(each.head.at.receiver),
                each.head.at.epoch,
                each.head.at.number,
                each.head.position,
                each.head.melding_id.uuid,
                each.head.digest.value,
                each.head.receipt,
                each.head.traceparent,
                each.salt,
                at,
            )
            for each in heads
        ],
    )
    await tx.executemany(
        """/* insert_part */
        INSERT INTO part (melding_id, part_index, purpose, key_id, sha256, size_bytes)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (melding_id, part_index) DO NOTHING""",
        [
            (each.head.melding_id.uuid, index, part.purpose, part.key_id, part.sha256, part.size_bytes)
            for each in heads
            for index, part in enumerate(each.head.parts)
        ],
    )


async def _upsert_sequence_heads(tx: Transaction, sequence_heads: Sequence[SequenceHeadEvent]) -> None:
    await tx.executemany(
        """/* upsert_sequence_head */
        INSERT INTO sequence_head (receiver, position, statement)
        VALUES ($1, $2, $3)
        ON CONFLICT (receiver) DO UPDATE
        SET position = excluded.position, statement = excluded.statement
        WHERE sequence_head.position < excluded.position""",
        [(str(each.receiver), each.position, each.statement) for each in sequence_heads],
    )
