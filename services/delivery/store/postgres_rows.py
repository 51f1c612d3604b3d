"""Rows of delivery's tables as the values they stand for."""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

import asyncpg

from libs.db.database import Transaction
from libs.sealing.digest import PartDigest
from libs.values import Digest, MeldingId, TjenesteId
from services.delivery.domain import Head, Number
from services.delivery.store.contract import ProofRow


async def heads_of(tx: Transaction, rows: Sequence[asyncpg.Record]) -> list[Head]:
    """The heads of rows of melding, in their order, with their parts."""
    parts: dict[UUID, list[PartDigest]] = defaultdict(list)
    found = await tx.fetch(
        """/* list_parts */
        SELECT melding_id, purpose, key_id, sha256, size_bytes
        FROM part
        WHERE melding_id = ANY($1)
        ORDER BY melding_id, part_index""",
        [row["melding_id"] for row in rows],
    )
    for part in found:
        digest = PartDigest(part["purpose"], part["key_id"], part["sha256"], part["size_bytes"])
        parts[part["melding_id"]].append(digest)
    return [_head(row, parts[row["melding_id"]]) for row in rows]


def _head(row: asyncpg.Record, parts: Sequence[PartDigest]) -> Head:
    return Head(
        Number(TjenesteId(row["receiver"]), row["epoch"], row["number"]),
        row["position"],
        MeldingId(str(row["melding_id"])),
        Digest(row["digest"]),
        row["receipt"],
        tuple(parts),
        row["traceparent"],
    )


def proof_row(row: asyncpg.Record) -> ProofRow:
    """The proof of a row of proof."""
    return ProofRow(MeldingId(str(row["melding_id"])), row["kind"], row["statement"])
