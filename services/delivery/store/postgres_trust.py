"""The directory's word and what audit shall know, in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime

from libs.db.database import Database, Transaction
from libs.values import MeldingId
from services.delivery.store.contract import ToAudit


class PostgresTrustStore:
    """See TrustStore."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def snapshot(self) -> tuple[int, str] | None:
        """See TrustStore."""

        async def work(tx: Transaction) -> tuple[int, str] | None:
            row = await tx.fetchrow("/* select_snapshot */ SELECT version, statement FROM snapshot")
            return None if row is None else (row["version"], row["statement"])

        return await self._database.transact("select_snapshot", work)

    async def keep_snapshot(self, version: int, statement: str) -> None:
        """See TrustStore."""

        async def work(tx: Transaction) -> None:
            await tx.execute(
                """/* upsert_snapshot */
                INSERT INTO snapshot (version, statement)
                VALUES ($1, $2)
                ON CONFLICT (is_only) DO UPDATE
                SET version = excluded.version, statement = excluded.statement
                WHERE snapshot.version < excluded.version""",
                version,
                statement,
            )

        await self._database.transact("upsert_snapshot", work)

    async def list_to_audit(self, limit: int) -> list[ToAudit]:
        """See TrustStore."""

        async def work(tx: Transaction) -> list[ToAudit]:
            copies = await tx.fetch(
                """/* list_copies_to_audit */
                SELECT melding_id, NULL AS kind, salt, receipt AS statement
                FROM melding
                WHERE copied_at IS NOT NULL AND audited_at IS NULL
                ORDER BY position
                LIMIT $1""",
                limit,
            )
            proofs = await tx.fetch(
                """/* list_proofs_to_audit */
                SELECT melding_id, kind, salt, statement
                FROM proof
                WHERE audited_at IS NULL
                ORDER BY recorded_at, melding_id, kind
                LIMIT $1""",
                limit - len(copies),
            )
            return [
                ToAudit(MeldingId(str(row["melding_id"])), row["kind"], row["salt"], row["statement"])
                for row in (*copies, *proofs)
            ]

        return await self._database.transact("list_to_audit", work)

    async def mark_audited(self, rows: Sequence[ToAudit], at: datetime) -> None:
        """See TrustStore."""

        async def work(tx: Transaction) -> None:
            await tx.execute(
                "/* mark_copies_audited */ UPDATE melding SET audited_at = $2 WHERE melding_id = ANY($1)",
                [row.melding_id.uuid for row in rows if row.kind is None],
                at,
            )
            await tx.executemany(
                "/* mark_proof_audited */ UPDATE proof SET audited_at = $3 WHERE melding_id = $1 AND kind = $2",
                [(row.melding_id.uuid, row.kind, at) for row in rows if row.kind is not None],
            )

        await self._database.transact("mark_audited", work)
