"""What the databases say of meldinger that have receipts: each is there once, with its number, and when it was stored.

Read as the services' own roles. A receipt without its melding, or a melding twice, ends the measurement.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from libs.bench.failed import BenchFailed
from libs.statements.payloads import Receipt

MUST_BE_ON = ("fsync", "synchronous_commit", "full_page_writes")
_OFF = ("off", "local")
"""A commit that does not wait for its own disk; "local" would not wait for a standby."""


@dataclass(frozen=True, slots=True)
class Login:
    """How one role reaches one database on this machine."""

    port: int
    database: str
    user: str
    password: str


class Witness:
    """Intake's database and the receiver's node's."""

    def __init__(
        self, intake: "asyncpg.Connection[asyncpg.Record]", node: "asyncpg.Connection[asyncpg.Record]"
    ) -> None:
        self._intake = intake
        self._node = node

    @classmethod
    @asynccontextmanager
    async def open(cls, intake: Login, node: Login) -> AsyncIterator["Witness"]:
        """Connected inside the block."""
        connections = [await _connect(each) for each in (intake, node)]
        try:
            yield cls(*connections)
        finally:
            for connection in connections:
                await connection.close(timeout=5)

    async def check_durable(self) -> None:
        """Commits wait for the disk, as the service's role sees the settings. Raises BenchFailed."""
        for connection in (self._intake, self._node):
            for name in MUST_BE_ON:
                value = await connection.fetchval("SELECT current_setting($1)", name)
                if value in _OFF:
                    raise BenchFailed(f"{name} is {value}: what is committed could be lost, so nothing is measured")

    async def check_once_in_each(self, receipts: Sequence[Receipt]) -> None:
        """Intake and the node hold exactly one melding for each receipt, with its number. Raises BenchFailed."""
        expected = {UUID(receipt.melding_id): receipt.number for receipt in receipts}
        if len(expected) != len(receipts):
            raise BenchFailed("two receipts name the same melding")
        for where, connection in (("intake", self._intake), ("the node", self._node)):
            rows = await connection.fetch(
                "SELECT melding_id, number FROM melding WHERE melding_id = ANY($1::uuid[]) ORDER BY number",
                list(expected),
            )
            found = {row["melding_id"]: row["number"] for row in rows}
            if len(rows) != len(receipts) or found != expected:
                raise BenchFailed(
                    f"{len(receipts)} receipts were given, but {where} holds {len(rows)} of them, or others"
                )

    async def stored(self, melding_ids: Sequence[UUID]) -> tuple[int, datetime | None]:
        """How many of them intake knows to be stored at the node, and when it heard of the last one."""
        row = await self._intake.fetchrow(
            """
            SELECT count(*) AS stored, max(stored_at) AS last_at
            FROM progress
            WHERE melding_id = ANY($1::uuid[]) AND stored_at IS NOT NULL
            """,
            melding_ids,
        )
        assert row is not None, "an aggregate has one row"
        return row["stored"], row["last_at"]


async def _connect(login: Login) -> "asyncpg.Connection[asyncpg.Record]":
    connection: asyncpg.Connection[asyncpg.Record] = await asyncpg.connect(
        host="127.0.0.1",
        port=login.port,
        user=login.user,
        password=login.password,
        database=login.database,
        timeout=10,
    )
    return connection
