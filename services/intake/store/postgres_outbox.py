"""The outbox in PostgreSQL, and the sealed bytes it speaks of."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import asyncpg

from libs.db.database import Database, Transaction
from libs.sealing.digest import PartDigest
from libs.values import Digest, MeldingId, TjenesteId
from services.intake.store.contract import Event, EventMelding, HeldPart


class PostgresOutboxStore:
    """See OutboxStore."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_events(self, after_position: int, limit: int) -> list[Event]:
        """See OutboxStore."""

        async def work(tx: Transaction) -> list[Event]:
            rows = await tx.fetch(
                """
                -- list_events
                SELECT o.position, o.salt, o.sequence_head, m.melding_id, m.receiver, m.epoch, m.number, m.digest,
                  m.receipt, m.traceparent
                FROM outbox o
                LEFT JOIN melding m ON m.melding_id = o.melding_id
                WHERE o.position > $1
                ORDER BY o.position
                LIMIT $2
                """,
                after_position,
                limit,
            )
            parts = await _parts_of(tx, [row["melding_id"] for row in rows if row["melding_id"] is not None])
            return [_event(row, parts) for row in rows]

        return await self._database.transact("list_events", work)

    async def list_parts(self, melding_id: MeldingId, first_bytes: int) -> list[HeldPart]:
        """See OutboxStore."""

        async def work(tx: Transaction) -> list[HeldPart]:
            rows = await tx.fetch(
                """
                -- list_parts
                SELECT purpose, key_id, sha256, size_bytes, substring(sealed FROM 1 FOR $2) AS first
                FROM part
                WHERE melding_id = $1 AND sealed IS NOT NULL
                ORDER BY part_index
                """,
                melding_id.uuid,
                first_bytes,
            )
            return [HeldPart(_part(row), row["first"]) for row in rows]

        return await self._database.transact("list_parts", work)

    async def read_part(self, melding_id: MeldingId, part_index: int, offset: int, length: int) -> bytes | None:
        """See OutboxStore."""

        async def work(tx: Transaction) -> bytes | None:
            stretch: bytes | None = await tx.fetchval(
                """
                -- read_part
                SELECT substring(sealed FROM $3 + 1 FOR $4)
                FROM part
                WHERE melding_id = $1 AND part_index = $2
                """,
                melding_id.uuid,
                part_index,
                offset,
                length,
            )
            return stretch

        return await self._database.transact("read_part", work)

    async def cursor(self, name: str) -> int:
        """See OutboxStore."""

        async def work(tx: Transaction) -> int:
            position: int | None = await tx.fetchval("SELECT position FROM cursor WHERE name = $1", name)
            return position or 0

        return await self._database.transact("cursor", work)

    async def move_cursor(self, name: str, position: int) -> None:
        """See OutboxStore."""

        async def work(tx: Transaction) -> None:
            await tx.execute(
                """
                -- move_cursor
                INSERT INTO cursor (name, position) VALUES ($1, $2)
                ON CONFLICT (name) DO UPDATE SET position = greatest(cursor.position, excluded.position)
                """,
                name,
                position,
            )

        await self._database.transact("move_cursor", work)


async def _parts_of(tx: Transaction, melding_ids: Sequence[UUID]) -> Mapping[UUID, list[PartDigest]]:
    rows = await tx.fetch(
        """
        -- list_events: the parts
        SELECT melding_id, purpose, key_id, sha256, size_bytes
        FROM part
        WHERE melding_id = ANY($1::uuid[])
        ORDER BY melding_id, part_index
        """,
        melding_ids,
    )
    parts: dict[UUID, list[PartDigest]] = {melding_id: [] for melding_id in melding_ids}
    for row in rows:
        parts[row["melding_id"]].append(_part(row))
    return parts


def _part(row: asyncpg.Record) -> PartDigest:
    return PartDigest(row["purpose"], row["key_id"], row["sha256"], row["size_bytes"])


def _event(row: asyncpg.Record, parts: Mapping[UUID, list[PartDigest]]) -> Event:
    if row["melding_id"] is None:
        return Event(row["position"], row["salt"], None, row["sequence_head"])
    melding = EventMelding(
        MeldingId(str(row["melding_id"])),
        TjenesteId(row["receiver"]),
        row["epoch"],
        row["number"],
        Digest(row["digest"]),
        row["receipt"],
        tuple(parts[row["melding_id"]]),
        row["traceparent"],
    )
    return Event(row["position"], row["salt"], melding, None)
