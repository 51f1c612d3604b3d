"""Numbering in PostgreSQL. The row of outbox_counter is its lock: it is taken before anything is looked up, so that a
transaction sees everything that was accepted before it, in this process and in others.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from libs.db.database import Database, Transaction
from libs.values import Digest, MeldingId, Reference, TjenesteId
from services.intake.domain import SenderKey
from services.intake.numbering import Candidate, Counter, Known, Standing
from services.intake.store.contract import Accepted, Decide, Decision, DueHead


class PostgresAcceptStore:
    """See AcceptStore."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def accept(self, group: Sequence[Candidate], decide: Decide) -> Decision:
        """See AcceptStore."""

        async def work(tx: Transaction) -> Decision:
            last_position = await _lock_numbering(tx)
            decision = await decide(await _standing(tx, last_position, group))
            if decision.accepted:
                await _write(tx, decision.accepted)
            return decision

        return await self._database.transact("accept", work)

    async def append_heads(
        self,
        due_before: datetime,
        limit: int,
        at: datetime,
        make: Callable[[DueHead], Awaitable[tuple[str, bytes]]],
    ) -> int:
        """See AcceptStore."""

        async def work(tx: Transaction) -> int:
            position = await _lock_numbering(tx)
            due = await _due_heads(tx, due_before, limit)
            heads = [await make(each) for each in due]
            if heads:
                await _write_heads(tx, position, due, heads, at)
            return len(heads)

        return await self._database.transact("append_heads", work)


async def _lock_numbering(tx: Transaction) -> int:
    last_position: int = await tx.fetchval("SELECT last_position FROM outbox_counter FOR UPDATE")
    return last_position


async def _standing(tx: Transaction, last_position: int, group: Sequence[Candidate]) -> Standing:
    known = await tx.fetch(
        """
        -- accept: whatever of these keys, ids and references is taken
        SELECT sender_scope, idempotency_key, melding_id, reference, digest, receipt
        FROM melding
        WHERE (sender_scope, idempotency_key) IN (SELECT s, k FROM unnest($1::text[], $2::text[]) AS asked (s, k))
        UNION
        SELECT sender_scope, idempotency_key, melding_id, reference, digest, receipt
        FROM melding
        WHERE melding_id = ANY($3::uuid[])
        UNION
        SELECT sender_scope, idempotency_key, melding_id, reference, digest, receipt
        FROM melding
        WHERE reference = ANY($4::text[])
        ORDER BY melding_id
        """,
        [each.key[0] for each in group],
        [each.key[1] for each in group],
        [each.melding_id.uuid for each in group],
        [str(each.reference) for each in group],
    )
    receivers = list(dict.fromkeys(str(each.admitted.receiver) for each in group))
    counters = await tx.fetch(
        """
        -- accept: where these receivers stand
        SELECT receiver, epoch, last_number
        FROM receiver
        WHERE receiver = ANY($1::text[])
        ORDER BY receiver
        """,
        receivers,
    )
    return Standing(
        last_position,
        counters={TjenesteId(row["receiver"]): Counter(row["epoch"], row["last_number"]) for row in counters},
        by_key={
            SenderKey((row["sender_scope"], row["idempotency_key"])): Known(Digest(row["digest"]), row["receipt"])
            for row in known
        },
        melding_ids=frozenset(MeldingId(str(row["melding_id"])) for row in known),
        references=frozenset(Reference.parse(row["reference"]) for row in known),
    )


async def _write(tx: Transaction, accepted: Sequence[Accepted]) -> None:
    await _move_counters(tx, accepted)
    await _insert_meldinger(tx, accepted)
    await _insert_parts(tx, accepted)
    await tx.execute(
        """
        -- accept: the events
        INSERT INTO outbox (position, melding_id, salt)
        SELECT position, melding_id, salt
        FROM unnest($1::bigint[], $2::uuid[], $3::bytea[]) AS e (position, melding_id, salt)
        """,
        [each.new.position for each in accepted],
        [each.new.candidate.melding_id.uuid for each in accepted],
        [each.new.candidate.salt for each in accepted],
    )


async def _move_counters(tx: Transaction, accepted: Sequence[Accepted]) -> None:
    last = {each.new.candidate.admitted.receiver: each.new for each in accepted}
    await tx.execute(
        """
        -- accept: the counters
        WITH counted AS (
          UPDATE outbox_counter SET last_position = $4
        )
        INSERT INTO receiver (receiver, epoch, last_number)
        SELECT receiver, epoch, last_number
        FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS r (receiver, epoch, last_number)
        ON CONFLICT (receiver) DO UPDATE SET last_number = excluded.last_number
        """,
        [str(receiver) for receiver in last],
        [new.epoch for new in last.values()],
        [new.number for new in last.values()],
        accepted[-1].new.position,
    )


async def _insert_meldinger(tx: Transaction, accepted: Sequence[Accepted]) -> None:
    await tx.executemany(
        """
        -- accept: the meldinger
        INSERT INTO melding (melding_id, sender_scope, idempotency_key, digest, receiver, epoch, number, reference,
          received_at, receipt, traceparent, lookup_id, access_token_hash)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
        """,
        [_melding_row(each) for each in accepted],
    )


def _melding_row(accepted: Accepted) -> tuple[object, ...]:
    new, candidate, submission = accepted.new, accepted.new.candidate, accepted.new.candidate.admitted.submission
    return (
        candidate.melding_id.uuid,
        *candidate.key,
        candidate.digest.value,
        str(candidate.admitted.receiver),
        new.epoch,
        new.number,
        str(candidate.reference),
        accepted.received_at,
        accepted.receipt,
        candidate.traceparent,
        submission.lookup_id,
        submission.access_token_hash,
    )


async def _insert_parts(tx: Transaction, accepted: Sequence[Accepted]) -> None:
    await tx.executemany(
        """
        -- accept: the parts
        INSERT INTO part (melding_id, part_index, purpose, key_id, sha256, size_bytes, sealed)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        """,
        [row for each in accepted for row in _part_rows(each.new.candidate)],
    )


def _part_rows(candidate: Candidate) -> list[tuple[object, ...]]:
    sealed = [part.sealed for part in candidate.admitted.submission.parts]
    return [
        (candidate.melding_id.uuid, index, part.purpose, part.key_id, part.sha256, part.size_bytes, sealed[index])
        for index, part in enumerate(candidate.admitted.parts)
    ]


async def _due_heads(tx: Transaction, due_before: datetime, limit: int) -> list[DueHead]:
    rows = await tx.fetch(
        """
        -- append_heads: who is due, longest ago first
        SELECT receiver, epoch, last_number
        FROM receiver
        WHERE head_signed_at IS NULL OR head_signed_at <= $1
        ORDER BY head_signed_at NULLS FIRST, receiver
        LIMIT $2
        """,
        due_before,
        limit,
    )
    return [DueHead(TjenesteId(row["receiver"]), Counter(row["epoch"], row["last_number"])) for row in rows]


async def _write_heads(
    tx: Transaction, position: int, due: Sequence[DueHead], heads: Sequence[tuple[str, bytes]], at: datetime
) -> None:
    await tx.execute(
        """
        -- append_heads: the events
        INSERT INTO outbox (position, sequence_head, salt)
        SELECT position, sequence_head, salt
        FROM unnest($1::bigint[], $2::text[], $3::bytea[]) AS e (position, sequence_head, salt)
        """,
        list(range(position + 1, position + 1 + len(heads))),
        [statement for statement, _ in heads],
        [salt for _, salt in heads],
    )
    await tx.execute("UPDATE outbox_counter SET last_position = $1", position + len(heads))
    await tx.execute(
        "UPDATE receiver SET head_signed_at = $2 WHERE receiver = ANY($1::text[])",
        [str(each.receiver) for each in due],
        at,
    )
