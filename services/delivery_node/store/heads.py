"""Heads, counts, sequence heads and findings in SQL."""

from collections.abc import Sequence
from datetime import datetime

from libs.db.database import Database, Transaction
from libs.statements.payloads import SequenceHead, moment, timestamp
from services.delivery_node.counting import EpochCount, Finding
from services.delivery_node.domain import Arrival, MeldingNumber
from services.delivery_node.store.rows import settle


class PostgresHeads:
    """Implements HeadStore."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def remember_heads(self, arrivals: Sequence[Arrival], now: datetime) -> list[MeldingNumber]:
        """As in HeadStore."""

        async def work(tx: Transaction) -> list[MeldingNumber]:
            return [each.which for each in arrivals if not await _remember(tx, each, now)]

        return await self._database.transact("remember_heads", work)

    async def counts(self) -> list[EpochCount]:
        """As in HeadStore."""

        async def work(tx: Transaction) -> list[EpochCount]:
            rows = await tx.fetch(
                """
                -- counts of each epoch
                WITH stored AS (
                    SELECT epoch, count(*) AS known, max(number) AS highest
                    FROM melding
                    GROUP BY epoch
                )
                SELECT epoch,
                       coalesce(stored.known, 0) AS known,
                       coalesce(stored.highest, 0) AS highest,
                       coalesce(sequence_head.last_number, 0) AS announced,
                       (
                           SELECT min(here.number)
                           FROM (
                               SELECT 0::bigint AS number
                               UNION ALL
                               SELECT melding.number FROM melding WHERE melding.epoch = both_.epoch
                           ) AS here
                           WHERE NOT EXISTS (
                               SELECT 1 FROM melding AS next
                               WHERE next.epoch = both_.epoch AND next.number = here.number + 1
                           )
                       ) AS unbroken
                FROM (SELECT epoch FROM stored UNION SELECT epoch FROM sequence_head) AS both_
                LEFT JOIN stored USING (epoch)
                LEFT JOIN sequence_head USING (epoch)
                ORDER BY epoch
                """
            )
            return [EpochCount(*(row[name] for name in EpochCount.__slots__)) for row in rows]

        return await self._database.transact("counts", work)

    async def missing(self, limit: int) -> list[MeldingNumber]:
        """As in HeadStore."""

        async def work(tx: Transaction) -> list[MeldingNumber]:
            rows = await tx.fetch(
                """
                -- numbers without a head
                WITH last AS (
                    SELECT epoch, max(number) AS number
                    FROM (
                        SELECT epoch, number FROM melding
                        UNION ALL
                        SELECT epoch, last_number FROM sequence_head
                    ) AS heard
                    GROUP BY epoch
                )
                SELECT last.epoch, wanted.number
                FROM last, generate_series(1, last.number) AS wanted (number)
                WHERE NOT EXISTS (
                    SELECT 1 FROM melding
                    WHERE melding.epoch = last.epoch AND melding.number = wanted.number
                )
                ORDER BY last.epoch, wanted.number
                LIMIT $1
                """,
                limit,
            )
            return [MeldingNumber(row["epoch"], row["number"]) for row in rows]

        return await self._database.transact("missing", work)

    async def sequence_head(self, epoch: int) -> SequenceHead | None:
        """As in HeadStore. The receiver is left out of the row: a node has one."""

        async def work(tx: Transaction) -> SequenceHead | None:
            row = await tx.fetchrow(
                """
                -- newest sequence head of an epoch
                SELECT last_number, at FROM sequence_head WHERE epoch = $1
                """,
                epoch,
            )
            if row is None:
                return None
            return SequenceHead(receiver="", epoch=epoch, last_number=row["last_number"], at=timestamp(row["at"]))

        return await self._database.transact("sequence_head", work)

    async def keep_sequence_head(self, head: SequenceHead, statement: str, now: datetime) -> None:
        """As in HeadStore."""

        async def work(tx: Transaction) -> None:
            await tx.execute(
                """
                -- keep sequence head
                INSERT INTO sequence_head (epoch, last_number, at, statement, seen_at)
                VALUES ($1, $2, $3, $4, $5)
                ON CONFLICT (epoch) DO UPDATE
                SET last_number = $2, at = $3, statement = $4, seen_at = $5
                """,
                *(head.epoch, head.last_number, moment(head.at), statement, now),
            )
            await settle(tx, Finding.SEQUENCE_HEAD_REFUSED, [MeldingNumber(0, 0)], now)

        await self._database.transact("keep_sequence_head", work)

    async def note(self, finding: Finding, which: MeldingNumber, now: datetime) -> None:
        """As in HeadStore."""

        async def work(tx: Transaction) -> None:
            await tx.execute(
                """
                -- note finding
                INSERT INTO finding (code, epoch, number, first_at, last_at, times, settled_at)
                VALUES ($1, $2, $3, $4, $4, 1, NULL)
                ON CONFLICT (code, epoch, number) DO UPDATE
                SET last_at = $4, times = finding.times + 1, settled_at = NULL
                """,
                *(finding.value, *which, now),
            )

        await self._database.transact("note_finding", work)


async def _remember(tx: Transaction, arrival: Arrival, now: datetime) -> bool:
    """Whether this melding, and no other, is stored under its number now."""
    status = await tx.execute(
        """
        -- remember head
        INSERT INTO melding (
            epoch, number, melding_id, reference, type, suite, digest, kommunenummer, kommunenavn, bydelsnummer,
            bydelsnavn, received_at, feedback_due, is_urgent, receipt, traceparent, head_at, fetch_attempts, fetch_after
        )
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, 0, $17)
        ON CONFLICT DO NOTHING
        """,
        *(*arrival.which, arrival.melding_id.uuid, arrival.reference.value, arrival.type, arrival.suite),
        *(arrival.digest.value, arrival.kommune.nummer, arrival.kommune.navn, arrival.bydel.nummer, arrival.bydel.navn),
        *(arrival.received_at, arrival.feedback_due, arrival.is_urgent, arrival.receipt, arrival.traceparent, now),
    )
    if status == "INSERT 0 0":
        known = await tx.fetchval(
            """
            -- digest under a number
            SELECT digest FROM melding WHERE epoch = $1 AND number = $2
            """,
            *arrival.which,
        )
        if known != arrival.digest.value:
            return False
        await settle(tx, Finding.HEAD_REFUSED, [arrival.which], now)
        return True
    await tx.executemany(
        """
        -- remember parts
        INSERT INTO part (epoch, number, part_index, purpose, key_id, sha256, size_bytes)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        """,
        [
            (*arrival.which, index, part.purpose, part.key_id, part.sha256, part.size_bytes)
            for index, part in enumerate(arrival.parts)
        ],
    )
    await settle(tx, Finding.HEAD_REFUSED, [arrival.which], now)
    return True
