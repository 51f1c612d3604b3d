"""What delivery is told when it starts. Secrets are named by path."""

from pathlib import Path

import msgspec

from libs.db.config import DbConfig
from libs.rpc.config import Peer, ServerConfig, Tls
from libs.telemetry.config import TelemetryConfig


class Peers(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whom delivery calls."""

    intake: Peer
    """Gives what was accepted, takes proofs."""
    directory: Peer
    """Gives the snapshot with nodes' proof keys."""
    audit: Peer
    """Takes commitments."""


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The configuration file of delivery."""

    listen: str
    """Host and port of the gRPC server that nodes dial."""
    tls: Tls
    db: DbConfig
    peers: Peers
    root: Path
    """The pinned root.json."""
    telemetry: TelemetryConfig = TelemetryConfig()

    @property
    def server(self) -> ServerConfig:
        """The listening server. Requests are small; each node holds a stream, and a place or two beside it."""
        return ServerConfig(
            listen=self.listen,
            tls=self.tls,
            max_message_bytes=100_000,
            max_concurrent=1_600,
            max_concurrent_per_caller=16,
        )
