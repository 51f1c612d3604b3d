"""Numbering in PostgreSQL. Everything that takes a position moves the one row of outbox_counter, and it decides who is
first.

Accepting is two statements. The first reads where the numbering stands and what of a group is known. The second writes
the whole group, but only if the counter still stands where it was read: then nothing was accepted in between, here or
in another process, and what was read is still true. Else the group begins anew. One statement is one transaction, so
the number, the bytes and the receipt are durable together or not at all.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from libs.db.database import Database, Transaction
from libs.errors import Unavailable
from libs.values import Digest, MeldingId, Reference, TjenesteId
from services.intake.domain import SenderKey
from services.intake.numbering import Candidate, Counter, Known, Standing
from services.intake.store.contract import Accepted, Decide, Decision, DueHead

ATTEMPTS = 50
"""Of a group; each that fails means that another process has accepted one."""


class PostgresAcceptStore:
    """See AcceptStore."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def accept(self, group: Sequence[Candidate], decide: Decide) -> Decision:
        """See AcceptStore."""
        for _ in range(ATTEMPTS):
            standing = await self._standing(group)
            decision = await decide(standing)
            if not decision.accepted or await self._write(standing.last_position, decision.accepted):
                return decision
        raise Unavailable(f"others accepted first, {ATTEMPTS} times in a row", retry_after_seconds=1)

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

    async def _standing(self, group: Sequence[Candidate]) -> Standing:
        rows = await self._database.statement(
            "accept_look_up",
            """
            -- accept: where the numbering stands, and whatever of these keys, ids and references is taken
            SELECT 'counter' AS kind, last_position AS position, NULL AS receiver, NULL::bigint AS epoch,
              NULL::bigint AS last_number, NULL AS sender_scope, NULL AS idempotency_key, NULL::uuid AS melding_id,
              NULL AS reference, NULL::bytea AS digest, NULL AS receipt
            FROM outbox_counter
            UNION ALL
            SELECT 'receiver', NULL, receiver, epoch, last_number, NULL, NULL, NULL, NULL, NULL, NULL
            FROM receiver
            WHERE receiver = ANY($5::text[])
            UNION ALL
            SELECT 'known', NULL, NULL, NULL, NULL, m.sender_scope, m.idempotency_key, m.melding_id, m.reference,
              m.digest, m.receipt
            FROM unnest($1::text[], $2::text[], $3::uuid[], $4::text[]) AS asked (scope, key, id, reference)
            CROSS JOIN LATERAL (
              SELECT melding_id FROM melding WHERE sender_scope = asked.scope AND idempotency_key = asked.key
              UNION ALL
              SELECT melding_id FROM melding WHERE melding_id = asked.id
              UNION ALL
              SELECT melding_id FROM melding WHERE reference = asked.reference
            ) AS taken
            JOIN melding m ON m.melding_id = taken.melding_id
            ORDER BY kind, receiver, melding_id
            """,
            [each.key[0] for each in group],
            [each.key[1] for each in group],
            [each.melding_id.uuid for each in group],
            [str(each.reference) for each in group],
            list(dict.fromkeys(str(each.admitted.receiver) for each in group)),
        )
        (last_position,) = [row["position"] for row in rows if row["kind"] == "counter"]
        known = [row for row in rows if row["kind"] == "known"]
        return Standing(
            last_position,
            counters={
                TjenesteId(row["receiver"]): Counter(row["epoch"], row["last_number"])
                for row in rows
                if row["kind"] == "receiver"
            },
            by_key={
                SenderKey((row["sender_scope"], row["idempotency_key"])): Known(Digest(row["digest"]), row["receipt"])
                for row in known
            },
            melding_ids=frozenset(MeldingId(str(row["melding_id"])) for row in known),
            references=frozenset(Reference.parse(row["reference"]) for row in known),
        )

    async def _write(self, expected_position: int, accepted: Sequence[Accepted]) -> bool:
        last = {each.new.candidate.admitted.receiver: each.new for each in accepted}
        meldinger = [_melding_row(each) for each in accepted]
        parts = [row for each in accepted for row in _part_rows(each.new.candidate)]
        rows = await self._database.statement(
            "accept",
            """
            -- accept: counters, meldinger, parts and events, if the counter stands where it was read
            WITH counted AS (
              UPDATE outbox_counter SET last_position = $1 WHERE last_position = $27 RETURNING last_position
            ), numbered AS (
              INSERT INTO receiver (receiver, epoch, last_number)
              SELECT receiver, epoch, last_number
              FROM counted, unnest($2::text[], $3::bigint[], $4::bigint[]) AS r (receiver, epoch, last_number)
              ON CONFLICT (receiver) DO UPDATE SET last_number = excluded.last_number
            ), accepted AS (
              INSERT INTO melding (melding_id, sender_scope, idempotency_key, digest, receiver, epoch, number,
                reference, received_at, receipt, traceparent, lookup_id, access_token_hash)
              SELECT melding_id, sender_scope, idempotency_key, digest, receiver, epoch, number, reference, received_at,
                receipt, traceparent, lookup_id, access_token_hash
              FROM counted, unnest($5::uuid[], $6::text[], $7::text[], $8::bytea[], $9::text[], $10::bigint[],
                $11::bigint[], $12::text[], $13::timestamptz[], $14::text[], $15::text[], $16::bytea[], $17::bytea[])
                AS m (melding_id, sender_scope, idempotency_key, digest, receiver, epoch, number, reference,
                  received_at, receipt, traceparent, lookup_id, access_token_hash)
            ), sealed AS (
              INSERT INTO part (melding_id, part_index, purpose, key_id, sha256, size_bytes, sealed)
              SELECT melding_id, part_index, purpose, key_id, sha256, size_bytes, sealed
              FROM counted, unnest($18::uuid[], $19::smallint[], $20::text[], $21::text[], $22::bytea[], $23::integer[],
                $24::bytea[]) AS p (melding_id, part_index, purpose, key_id, sha256, size_bytes, sealed)
            ), told AS (
              INSERT INTO outbox (position, melding_id, salt)
              SELECT position, melding_id, salt
              FROM counted, unnest($25::bigint[], $5::uuid[], $26::bytea[]) AS e (position, melding_id, salt)
            )
            SELECT last_position
            FROM counted
            """,
            accepted[-1].new.position,
            [str(receiver) for receiver in last],
            [new.epoch for new in last.values()],
            [new.number for new in last.values()],
            *_columns(meldinger),
            *_columns(parts),
            [each.new.position for each in accepted],
            [each.new.candidate.salt for each in accepted],
            expected_position,
            is_change=True,
        )
        return bool(rows)


async def _lock_numbering(tx: Transaction) -> int:
    last_position: int = await tx.fetchval("SELECT last_position FROM outbox_counter FOR UPDATE")
    return last_position


def _columns(rows: Sequence[tuple[object, ...]]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]


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
