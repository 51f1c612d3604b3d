"""The node's store in its own Postgres database."""

from services.delivery_node.store_bytes import PostgresBytes
from services.delivery_node.store_heads import PostgresHeads
from services.delivery_node.store_inbox import PostgresInbox
from services.delivery_node.store_proofs import PostgresProofs


class PostgresStore(PostgresHeads, PostgresBytes, PostgresProofs, PostgresInbox):
    """Implements Store over one Database."""
