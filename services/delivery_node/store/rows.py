"""What several stores of the node share: a melding's row as a value, and two changes that belong to others' facts."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg

from libs.db.database import Transaction
from libs.sealing.digest import PartDigest
from libs.statements.payloads import Numbered, ProofKind
from libs.values import Digest, MeldingId, Reference
from services.delivery_node.counting import Finding
from services.delivery_node.domain import Arrival, MeldingNumber
from services.delivery_node.facts import Listed


def split(numbers: Sequence[MeldingNumber]) -> tuple[list[int], list[int]]:
    """Epochs and numbers, as two parameters of one query."""
    return [each.epoch for each in numbers], [each.number for each in numbers]


async def load(tx: Transaction, numbers: Sequence[MeldingNumber]) -> list[Listed]:
    """The meldinger of these numbers that exist, in the order given."""
    rows = await tx.fetch(
        """
        -- meldinger by number
        SELECT epoch, number, melding_id, reference, type, suite, digest, kommunenummer, kommunenavn, bydelsnummer,
               bydelsnavn, received_at, feedback_due, is_urgent, receipt, traceparent, stored_at, opened_at,
               confirmed_at
        FROM unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY AS wanted (epoch, number, rank)
        JOIN melding USING (epoch, number)
        ORDER BY rank
        """,
        *split(numbers),
    )
    parts = await _parts(tx, numbers)
    return [_listed(row, parts[MeldingNumber(row["epoch"], row["number"])]) for row in rows]


async def _parts(tx: Transaction, numbers: Sequence[MeldingNumber]) -> dict[MeldingNumber, list[PartDigest]]:
    rows = await tx.fetch(
        """
        -- parts by number
        SELECT epoch, number, purpose, key_id, sha256, size_bytes
        FROM unnest($1::bigint[], $2::bigint[]) AS wanted (epoch, number)
        JOIN part USING (epoch, number)
        ORDER BY epoch, number, part_index
        """,
        *split(numbers),
    )
    parts: dict[MeldingNumber, list[PartDigest]] = {each: [] for each in numbers}
    for row in rows:
        part = PartDigest(row["purpose"], row["key_id"], row["sha256"], row["size_bytes"])
        parts[MeldingNumber(row["epoch"], row["number"])].append(part)
    return parts


def _listed(row: asyncpg.Record, parts: Sequence[PartDigest]) -> Listed:
    arrival = Arrival(
        which=MeldingNumber(row["epoch"], row["number"]),
        melding_id=MeldingId(str(row["melding_id"])),
        reference=Reference(row["reference"]),
        type=row["type"],
        suite=row["suite"],
        digest=Digest(row["digest"]),
        parts=tuple(parts),
        kommune=Numbered(row["kommunenummer"], row["kommunenavn"]),
        bydel=Numbered(row["bydelsnummer"], row["bydelsnavn"]),
        received_at=row["received_at"],
        feedback_due=row["feedback_due"],
        is_urgent=row["is_urgent"],
        receipt=row["receipt"],
        traceparent=row["traceparent"],
    )
    return Listed(arrival, row["stored_at"], row["opened_at"], row["confirmed_at"])


async def insert_due_proof(tx: Transaction, which: MeldingNumber, kind: ProofKind, fact_at: datetime) -> None:
    """A proof of this fact is due, once; it belongs into the transaction of the fact."""
    await tx.execute(
        """
        -- due proof
        INSERT INTO proof (epoch, number, kind, fact_at, send_attempts, send_after)
        VALUES ($1, $2, $3, $4, 0, $4)
        ON CONFLICT (epoch, number, kind) DO NOTHING
        """,
        *(*which, kind, fact_at),
    )


async def settle(tx: Transaction, finding: Finding, numbers: Sequence[MeldingNumber], now: datetime) -> None:
    """The finding stands no longer; it belongs into the transaction of what ended it."""
    await tx.execute(
        """
        -- settle finding
        UPDATE finding
        SET settled_at = $4
        FROM unnest($2::bigint[], $3::bigint[]) AS over (epoch, number)
        WHERE finding.code = $1 AND finding.epoch = over.epoch AND finding.number = over.number
            AND finding.settled_at IS NULL
        """,
        *(finding.value, *split(numbers), now),
    )
