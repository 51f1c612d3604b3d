"""What nodes ask for and bring, in PostgreSQL."""

import uuid
from datetime import datetime
from itertools import takewhile

from libs.db.database import Database, Transaction
from libs.values import MeldingId, TjenesteId
from services.delivery.domain import Head, Number, SequenceHeadEvent
from services.delivery.store.contract import ProofRow
from services.delivery.store.postgres_rows import heads_of


class PostgresNodeStore:
    """See NodeStore."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_heads(self, receiver: TjenesteId, epoch: int, after_number: int, limit: int) -> list[Head]:
        """See NodeStore."""

        async def work(tx: Transaction) -> list[Head]:
            rows = await tx.fetch(
                """/* list_heads */
                SELECT receiver, epoch, number, position, melding_id, digest, receipt, traceparent,
                  copied_at IS NOT NULL OR retry_at IS NOT NULL AS is_tried
                FROM melding
                WHERE receiver = $1 AND (epoch, number) > ($2, $3)
                ORDER BY epoch, number
                LIMIT $4""",
                str(receiver),
                epoch,
                after_number,
                limit,
            )
            return await heads_of(tx, list(takewhile(lambda row: row["is_tried"], rows)))

        return await self._database.transact("list_heads", work)

    async def sequence_head(self, receiver: TjenesteId) -> SequenceHeadEvent | None:
        """See NodeStore."""

        async def work(tx: Transaction) -> SequenceHeadEvent | None:
            row = await tx.fetchrow(
                "/* select_sequence_head */ SELECT position, statement FROM sequence_head WHERE receiver = $1",
                str(receiver),
            )
            return None if row is None else SequenceHeadEvent(row["position"], receiver, row["statement"])

        return await self._database.transact("select_sequence_head", work)

    async def find_head(self, at: Number) -> tuple[Head, bool] | None:
        """See NodeStore."""

        async def work(tx: Transaction) -> tuple[Head, bool] | None:
            row = await tx.fetchrow(
                """/* find_head */
                SELECT receiver, epoch, number, position, melding_id, digest, receipt, traceparent,
                  copied_at IS NOT NULL AS is_held
                FROM melding
                WHERE receiver = $1 AND epoch = $2 AND number = $3""",
                str(at.receiver),
                at.epoch,
                at.number,
            )
            return None if row is None else ((await heads_of(tx, [row]))[0], row["is_held"])

        return await self._database.transact("find_head", work)

    async def read_part(self, melding_id: MeldingId, part_index: int, offset: int, length: int) -> bytes | None:
        """See NodeStore."""

        async def work(tx: Transaction) -> bytes | None:
            content: bytes | None = await tx.fetchval(
                """/* read_part */
                SELECT substring(sealed FROM $3 FOR $4)
                FROM part
                WHERE melding_id = $1 AND part_index = $2""",
                melding_id.uuid,
                part_index,
                offset + 1,
                length,
            )
            return content

        return await self._database.transact("read_part", work)

    async def insert_proof(self, proof: ProofRow, salt: bytes, at: datetime) -> None:
        """See NodeStore."""

        async def work(tx: Transaction) -> None:
            await tx.execute(
                """/* insert_proof */
                INSERT INTO proof (melding_id, kind, statement, salt, recorded_at, forward_at)
                VALUES ($1, $2, $3, $4, $5, $5)
                ON CONFLICT (melding_id, kind) DO NOTHING""",
                proof.melding_id.uuid,
                proof.kind,
                proof.statement,
                salt,
                at,
            )

        await self._database.transact("insert_proof", work)

    async def take_lease(self, receiver: TjenesteId, token: uuid.UUID, at: datetime) -> None:
        """See NodeStore."""

        async def work(tx: Transaction) -> None:
            await tx.execute(
                """/* take_lease */
                INSERT INTO lease (receiver, token, taken_at)
                VALUES ($1, $2, $3)
                ON CONFLICT (receiver) DO UPDATE
                SET token = excluded.token, taken_at = excluded.taken_at""",
                str(receiver),
                token,
                at,
            )

        await self._database.transact("take_lease", work)

    async def holds_lease(self, receiver: TjenesteId, token: uuid.UUID) -> bool:
        """See NodeStore."""

        async def work(tx: Transaction) -> bool:
            held = await tx.fetchval("/* select_lease */ SELECT token FROM lease WHERE receiver = $1", str(receiver))
            return bool(held == token)

        return await self._database.transact("select_lease", work)
