"""Proofs in SQL: due, signed, sent, acknowledged."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import asyncpg

from libs.db.database import Database, Transaction
from libs.statements.payloads import ProofKind
from services.delivery_node.counting import Finding
from services.delivery_node.domain import MeldingNumber
from services.delivery_node.facts import PROOF_ORDER, DueProof
from services.delivery_node.store.rows import load, settle, split


class PostgresProofs:
    """Implements ProofStore."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def due_signatures(self, limit: int) -> list[DueProof]:
        """As in ProofStore."""

        async def work(tx: Transaction) -> list[DueProof]:
            rows = await tx.fetch(
                """
                -- proofs to sign
                SELECT epoch, number, kind, fact_at, statement, send_attempts
                FROM proof
                WHERE statement IS NULL
                ORDER BY epoch, number, array_position($2::text[], kind)
                LIMIT $1
                """,
                *(limit, PROOF_ORDER),
            )
            return await _due_proofs(tx, rows)

        return await self._database.transact("due_signatures", work)

    async def keep_proofs(self, statements: Mapping[tuple[MeldingNumber, ProofKind], str], now: datetime) -> None:
        """As in ProofStore."""
        stored = [which for which, kind in statements if kind == "stored"]

        async def work(tx: Transaction) -> None:
            await tx.executemany(
                """
                -- keep proofs
                UPDATE proof
                SET statement = $4, send_after = $5
                WHERE epoch = $1 AND number = $2 AND kind = $3 AND statement IS NULL
                """,
                [(*which, kind, statement, now) for (which, kind), statement in statements.items()],
            )
            await tx.execute(
                """
                -- keep proofs: stored from now on
                UPDATE melding
                SET stored_at = $3
                FROM unnest($1::bigint[], $2::bigint[]) AS proven (epoch, number)
                WHERE melding.epoch = proven.epoch AND melding.number = proven.number AND melding.stored_at IS NULL
                """,
                *(*split(stored), now),
            )
            await settle(tx, Finding.READ_BACK_DIFFERS, stored, now)

        await self._database.transact("keep_proofs", work)

    async def due_sendings(self, now: datetime, limit: int) -> list[DueProof]:
        """As in ProofStore."""

        async def work(tx: Transaction) -> list[DueProof]:
            rows = await tx.fetch(
                """
                -- proofs to send
                SELECT epoch, number, kind, fact_at, statement, send_attempts
                FROM proof
                WHERE statement IS NOT NULL AND acknowledged_at IS NULL AND send_after <= $1
                ORDER BY epoch, number, array_position($3::text[], kind)
                LIMIT $2
                """,
                *(now, limit, PROOF_ORDER),
            )
            return await _due_proofs(tx, rows)

        return await self._database.transact("due_sendings", work)

    async def hurry_sendings(self, now: datetime) -> None:
        """As in ProofStore."""

        async def work(tx: Transaction) -> None:
            await tx.execute(
                """
                -- send all now
                UPDATE proof
                SET send_after = $1
                WHERE statement IS NOT NULL AND acknowledged_at IS NULL AND send_after > $1
                """,
                now,
            )

        await self._database.transact("hurry_sendings", work)

    async def acknowledge(self, proofs: Sequence[tuple[MeldingNumber, ProofKind]], now: datetime) -> None:
        """As in ProofStore."""

        async def work(tx: Transaction) -> None:
            await tx.executemany(
                """
                -- acknowledge
                UPDATE proof
                SET acknowledged_at = $4
                WHERE epoch = $1 AND number = $2 AND kind = $3 AND statement IS NOT NULL AND acknowledged_at IS NULL
                """,
                [(*which, kind, now) for which, kind in proofs],
            )
            await settle(tx, Finding.PROOF_REFUSED, [which for which, _ in proofs], now)

        await self._database.transact("acknowledge", work)

    async def postpone_sending(self, which: MeldingNumber, kind: ProofKind, until: datetime) -> None:
        """As in ProofStore."""

        async def work(tx: Transaction) -> None:
            await tx.execute(
                """
                -- postpone sending
                UPDATE proof
                SET send_after = $4, send_attempts = send_attempts + 1
                WHERE epoch = $1 AND number = $2 AND kind = $3 AND acknowledged_at IS NULL
                """,
                *(*which, kind, until),
            )

        await self._database.transact("postpone_sending", work)


async def _due_proofs(tx: Transaction, rows: Sequence[asyncpg.Record]) -> list[DueProof]:
    numbers = list(dict.fromkeys(MeldingNumber(row["epoch"], row["number"]) for row in rows))
    arrivals = {each.arrival.which: each.arrival for each in await load(tx, numbers)}
    return [
        DueProof(
            arrivals[MeldingNumber(row["epoch"], row["number"])],
            row["kind"],
            row["fact_at"],
            row["statement"],
            row["send_attempts"],
        )
        for row in rows
    ]
