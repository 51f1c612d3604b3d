"""People's questions in SQL."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

import asyncpg

from libs.db.database import Database, Transaction
from libs.errors import NotFound
from services.delivery_node.counting import Finding
from services.delivery_node.domain import MeldingNumber
from services.delivery_node.facts import AccessEntry, Listed, Person
from services.delivery_node.store.contract import NotedFinding
from services.delivery_node.store.rows import insert_due_proof, load

NO_SUCH_MELDING = "there is no such melding in this inbox"


class PostgresInbox:
    """Implements InboxStore."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def inbox(self, limit: int, before: MeldingNumber | None = None) -> list[Listed]:
        """As in InboxStore."""
        epoch, number = before or (None, None)

        async def work(tx: Transaction) -> list[Listed]:
            rows = await tx.fetch(
                """
                -- inbox
                SELECT epoch, number
                FROM melding
                WHERE $2::bigint IS NULL OR (epoch, number) < ($2, $3::bigint)
                ORDER BY epoch DESC, number DESC
                LIMIT $1
                """,
                *(limit, epoch, number),
            )
            return await load(tx, [MeldingNumber(row["epoch"], row["number"]) for row in rows])

        return await self._database.transact("inbox", work)

    async def on_its_way(self) -> int:
        """As in InboxStore."""

        async def work(tx: Transaction) -> int:
            count = await tx.fetchval(
                """
                -- on their way
                SELECT count(*) FROM melding WHERE stored_at IS NULL
                """
            )
            return int(count)

        return await self._database.transact("on_its_way", work)

    async def find(self, which: MeldingNumber) -> Listed:
        """As in InboxStore."""

        async def work(tx: Transaction) -> list[Listed]:
            return await load(tx, [which])

        found = await self._database.transact("find", work)
        if not found:
            raise NotFound(NO_SUCH_MELDING)
        return found[0]

    async def sealed_parts(self, which: MeldingNumber) -> tuple[bytes, ...]:
        """As in InboxStore."""

        async def work(tx: Transaction) -> tuple[bytes, ...]:
            rows = await tx.fetch(
                """
                -- sealed parts of a stored melding
                SELECT sealed_part.sealed
                FROM melding
                JOIN sealed_part USING (epoch, number)
                WHERE epoch = $1 AND number = $2 AND stored_at IS NOT NULL
                ORDER BY part_index
                """,
                *which,
            )
            return tuple(row["sealed"] for row in rows)

        parts = await self._database.transact("sealed_parts", work)
        if not parts:
            raise NotFound(NO_SUCH_MELDING)
        return parts

    async def log_access(self, entry: AccessEntry) -> None:
        """As in InboxStore."""

        async def work(tx: Transaction) -> None:
            await _insert_entry(tx, entry)

        await self._logging("log_access", work)

    async def mark_opened(self, which: MeldingNumber, at: datetime) -> None:
        """As in InboxStore."""

        async def work(tx: Transaction) -> None:
            status = await tx.execute(
                """
                -- mark opened
                UPDATE melding
                SET opened_at = $3
                WHERE epoch = $1 AND number = $2 AND stored_at IS NOT NULL AND opened_at IS NULL
                """,
                *(*which, at),
            )
            if status == "UPDATE 1":
                await insert_due_proof(tx, which, "opened", at)

        await self._database.transact("mark_opened", work)

    async def confirm(self, entry: AccessEntry) -> None:
        """As in InboxStore."""

        async def work(tx: Transaction) -> None:
            status = await tx.execute(
                """
                -- confirm
                UPDATE melding
                SET confirmed_at = coalesce(confirmed_at, $3)
                WHERE epoch = $1 AND number = $2 AND stored_at IS NOT NULL
                """,
                *(*entry.which, entry.at),
            )
            if status == "UPDATE 0":
                raise NotFound(NO_SUCH_MELDING)
            await _insert_entry(tx, entry)
            await insert_due_proof(tx, entry.which, "confirmed", entry.at)

        await self._logging("confirm", work)

    async def access_list(self, which: MeldingNumber) -> list[AccessEntry]:
        """As in InboxStore."""

        async def work(tx: Transaction) -> list[AccessEntry]:
            rows = await tx.fetch(
                """
                -- access list
                SELECT entry_id, at, subject, name, act, reason
                FROM access_entry
                WHERE epoch = $1 AND number = $2
                ORDER BY at DESC, entry_id
                """,
                *which,
            )
            return [
                AccessEntry(
                    str(row["entry_id"]),
                    which,
                    row["at"],
                    Person(row["subject"], row["name"]),
                    row["act"],
                    row["reason"],
                )
                for row in rows
            ]

        return await self._database.transact("access_list", work)

    async def findings(self) -> list[NotedFinding]:
        """As in InboxStore."""

        async def work(tx: Transaction) -> list[NotedFinding]:
            rows = await tx.fetch(
                """
                -- findings that stand
                SELECT code, epoch, number, first_at, last_at, times
                FROM finding
                WHERE settled_at IS NULL
                ORDER BY code, epoch, number
                """
            )
            return [
                NotedFinding(
                    Finding(row["code"]),
                    MeldingNumber(row["epoch"], row["number"]),
                    row["first_at"],
                    row["last_at"],
                    row["times"],
                )
                for row in rows
            ]

        return await self._database.transact("findings", work)

    async def _logging(self, name: str, work: Callable[[Transaction], Awaitable[None]]) -> None:
        try:
            await self._database.transact(name, work)
        except asyncpg.ForeignKeyViolationError as error:
            raise NotFound(NO_SUCH_MELDING) from error


async def _insert_entry(tx: Transaction, entry: AccessEntry) -> None:
    await tx.execute(
        """
        -- access entry
        INSERT INTO access_entry (entry_id, epoch, number, at, subject, name, act, reason)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (entry_id) DO NOTHING
        """,
        *(UUID(entry.id), *entry.which, entry.at, entry.person.subject, entry.person.name, entry.act, entry.reason),
    )
