"""All of intake's store in PostgreSQL."""

from libs.db.database import Database
from services.intake.store.contract import Stores
from services.intake.store.postgres_accept import PostgresAcceptStore
from services.intake.store.postgres_addresses import PostgresAddressStore
from services.intake.store.postgres_outbox import PostgresOutboxStore
from services.intake.store.postgres_progress import PostgresProgressStore


def postgres_stores(database: Database) -> Stores:
    """The stores of one intake, shared by its replicas."""
    return Stores(
        PostgresAcceptStore(database),
        PostgresOutboxStore(database),
        PostgresProgressStore(database),
        PostgresAddressStore(database),
    )
