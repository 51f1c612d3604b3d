"""The node's store in its own Postgres database."""

from services.delivery_node.store.heads import PostgresHeads
from services.delivery_node.store.inbox import PostgresInbox
from services.delivery_node.store.proofs import PostgresProofs
from services.delivery_node.store.sealed_bytes import PostgresBytes


class PostgresStore(PostgresHeads, PostgresBytes, PostgresProofs, PostgresInbox):
    """Implements Store over one Database."""
