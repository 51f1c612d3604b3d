"""Snapshot, labels and certification in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime

from libs.db.database import Database, Transaction
from libs.values import Place
from services.intake.store.contract import StoredCertification, StoredLabel


class PostgresAddressStore:
    """See AddressStore."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def snapshot_version(self) -> int:
        """See AddressStore."""

        async def work(tx: Transaction) -> int:
            version: int | None = await tx.fetchval("SELECT version FROM directory_snapshot")
            return version or 0

        return await self._database.transact("snapshot_version", work)

    async def snapshot(self) -> str | None:
        """See AddressStore."""

        async def work(tx: Transaction) -> str | None:
            snapshot: str | None = await tx.fetchval("SELECT snapshot FROM directory_snapshot")
            return snapshot

        return await self._database.transact("snapshot", work)

    async def keep_snapshot(self, version: int, snapshot: str, at: datetime) -> None:
        """See AddressStore."""

        async def work(tx: Transaction) -> None:
            await tx.execute(
                """
                -- keep_snapshot
                INSERT INTO directory_snapshot (version, snapshot, fetched_at) VALUES ($1, $2, $3)
                ON CONFLICT (is_only) DO UPDATE
                SET version = excluded.version, snapshot = excluded.snapshot, fetched_at = excluded.fetched_at
                WHERE directory_snapshot.version < excluded.version
                """,
                version,
                snapshot,
                at,
            )

        await self._database.transact("keep_snapshot", work)

    async def label(self, place: Place) -> str | None:
        """See AddressStore."""

        async def work(tx: Transaction) -> str | None:
            label: str | None = await tx.fetchval(
                """
                -- label
                SELECT label
                FROM address_label
                WHERE kommunenummer = $1 AND bydelsnummer = $2
                """,
                str(place.kommune),
                str(place.bydel),
            )
            return label

        return await self._database.transact("label", work)

    async def keep_labels(self, labels: Sequence[StoredLabel], at: datetime) -> None:
        """See AddressStore."""
        kommuner = [str(each.place.kommune) for each in labels]
        bydeler = [str(each.place.bydel) for each in labels]

        async def work(tx: Transaction) -> None:
            await tx.execute(
                """
                -- keep_labels: places that are no longer connected
                DELETE FROM address_label
                WHERE (kommunenummer, bydelsnummer) NOT IN (
                  SELECT k, b FROM unnest($1::text[], $2::text[]) AS kept (k, b)
                )
                """,
                kommuner,
                bydeler,
            )
            await tx.execute(
                """
                -- keep_labels
                INSERT INTO address_label (kommunenummer, bydelsnummer, label, directory_version, fetched_at)
                SELECT k, b, label, version, $5::timestamptz
                FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) AS kept (k, b, label, version)
                ORDER BY k, b
                ON CONFLICT (kommunenummer, bydelsnummer) DO UPDATE
                SET label = excluded.label, directory_version = excluded.directory_version,
                  fetched_at = excluded.fetched_at
                WHERE address_label.label <> excluded.label
                """,
                kommuner,
                bydeler,
                [each.label for each in labels],
                [each.directory_version for each in labels],
                at,
            )

        await self._database.transact("keep_labels", work)

    async def certification(self, kid: str) -> StoredCertification | None:
        """See AddressStore."""

        async def work(tx: Transaction) -> StoredCertification | None:
            row = await tx.fetchrow(
                "SELECT kid, certification, valid_to FROM receipt_certification WHERE kid = $1", kid
            )
            return None if row is None else StoredCertification(row["kid"], row["certification"], row["valid_to"])

        return await self._database.transact("certification", work)

    async def keep_certification(self, certification: StoredCertification, at: datetime) -> None:
        """See AddressStore."""

        async def work(tx: Transaction) -> None:
            await tx.execute(
                """
                -- keep_certification
                INSERT INTO receipt_certification (kid, certification, valid_to, fetched_at) VALUES ($1, $2, $3, $4)
                ON CONFLICT (kid) DO UPDATE
                SET certification = excluded.certification, valid_to = excluded.valid_to,
                  fetched_at = excluded.fetched_at
                WHERE receipt_certification.valid_to < excluded.valid_to
                """,
                certification.kid,
                certification.certification,
                certification.valid_to,
                at,
            )

        await self._database.transact("keep_certification", work)
