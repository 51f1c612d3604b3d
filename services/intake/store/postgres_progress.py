"""What became of accepted meldinger, in PostgreSQL: copies, proofs, erasure, and the reporter's view of them."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from libs.db.database import Database, Transaction
from libs.values import Digest, MeldingId, TjenesteId
from services.intake.store.contract import MeldingKey, StatusEntry, VerifiedProof

MAX_STATUS_ENTRIES = 4
"""A lookup id is the reporter's own 128 bits; more than one entry exists only if somebody tries to confuse."""

_STATUS_COLUMNS = ("access_token_hash", "receipt", "received_at", "is_copied", "is_stored", "is_erased")


class PostgresProgressStore:
    """See ProgressStore."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find_meldinger(self, melding_ids: Sequence[MeldingId]) -> Mapping[MeldingId, MeldingKey]:
        """See ProgressStore."""

        async def work(tx: Transaction) -> dict[MeldingId, MeldingKey]:
            rows = await tx.fetch(
                """
                -- find_meldinger
                SELECT melding_id, receiver, epoch, number, digest
                FROM melding
                WHERE melding_id = ANY($1::uuid[])
                ORDER BY melding_id
                """,
                [each.uuid for each in melding_ids],
            )
            return {
                MeldingId(str(row["melding_id"])): MeldingKey(
                    TjenesteId(row["receiver"]), row["epoch"], row["number"], Digest(row["digest"])
                )
                for row in rows
            }

        return await self._database.transact("find_meldinger", work)

    async def record_copies(self, melding_ids: Sequence[MeldingId], at: datetime) -> None:
        """See ProgressStore."""

        async def work(tx: Transaction) -> None:
            await tx.execute(
                """
                -- record_copies
                INSERT INTO progress (melding_id, copied_at)
                SELECT DISTINCT asked, $2::timestamptz FROM unnest($1::uuid[]) AS asked ORDER BY asked
                ON CONFLICT (melding_id) DO UPDATE SET copied_at = excluded.copied_at WHERE progress.copied_at IS NULL
                """,
                [each.uuid for each in melding_ids],
                at,
            )

        await self._database.transact("record_copies", work)

    async def record_proofs(self, proofs: Sequence[VerifiedProof], at: datetime) -> None:
        """See ProgressStore."""

        async def work(tx: Transaction) -> None:
            await tx.execute(
                """
                -- record_proofs
                INSERT INTO proof (melding_id, kind, proof, proven_at, recorded_at)
                SELECT melding_id, kind, proof, proven_at, $5::timestamptz
                FROM unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[])
                  AS proven (melding_id, kind, proof, proven_at)
                ORDER BY melding_id, kind
                ON CONFLICT (melding_id, kind) DO NOTHING
                """,
                [each.melding_id.uuid for each in proofs],
                [each.kind for each in proofs],
                [each.proof for each in proofs],
                [each.proven_at for each in proofs],
                at,
            )
            await tx.execute(
                """
                -- record_proofs
                INSERT INTO progress (melding_id, stored_at)
                SELECT DISTINCT asked, $2::timestamptz FROM unnest($1::uuid[]) AS asked ORDER BY asked
                ON CONFLICT (melding_id) DO UPDATE SET stored_at = excluded.stored_at WHERE progress.stored_at IS NULL
                """,
                [each.melding_id.uuid for each in proofs if each.kind == "stored"],
                at,
            )

        await self._database.transact("record_proofs", work)

    async def erase_bytes(self, limit: int, at: datetime) -> int:
        """See ProgressStore."""

        async def work(tx: Transaction) -> int:
            rows = await tx.fetch(
                """
                -- erase_bytes
                SELECT melding_id
                FROM progress
                WHERE copied_at IS NOT NULL AND stored_at IS NOT NULL AND erased_at IS NULL
                ORDER BY melding_id
                LIMIT $1
                FOR UPDATE SKIP LOCKED
                """,
                limit,
            )
            erased = [row["melding_id"] for row in rows]
            await tx.execute("UPDATE part SET sealed = NULL WHERE melding_id = ANY($1::uuid[])", erased)
            await tx.execute("UPDATE progress SET erased_at = $2 WHERE melding_id = ANY($1::uuid[])", erased, at)
            return len(erased)

        return await self._database.transact("erase_bytes", work)

    async def find_status(self, lookup_id: bytes) -> list[StatusEntry]:
        """See ProgressStore."""

        async def work(tx: Transaction) -> list[StatusEntry]:
            rows = await tx.fetch(
                """
                -- find_status
                SELECT m.melding_id, m.access_token_hash, m.receipt, m.received_at,
                  p.copied_at IS NOT NULL AS is_copied,
                  p.stored_at IS NOT NULL AS is_stored,
                  p.erased_at IS NOT NULL AS is_erased
                FROM melding m
                LEFT JOIN progress p ON p.melding_id = m.melding_id
                WHERE m.lookup_id = $1
                ORDER BY m.received_at, m.melding_id
                LIMIT $2
                """,
                lookup_id,
                MAX_STATUS_ENTRIES,
            )
            return [
                StatusEntry(MeldingId(str(row["melding_id"])), *[row[name] for name in _STATUS_COLUMNS]) for row in rows
            ]

        return await self._database.transact("find_status", work)

    async def list_proofs(self, melding_id: MeldingId) -> list[VerifiedProof]:
        """See ProgressStore."""

        async def work(tx: Transaction) -> list[VerifiedProof]:
            rows = await tx.fetch(
                """
                -- list_proofs
                SELECT kind, proof, proven_at
                FROM proof
                WHERE melding_id = $1
                ORDER BY proven_at, kind
                """,
                melding_id.uuid,
            )
            return [VerifiedProof(melding_id, row["kind"], row["proof"], row["proven_at"]) for row in rows]

        return await self._database.transact("list_proofs", work)
