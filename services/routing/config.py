"""What routing is told when it starts."""

from pathlib import Path

import msgspec

from libs.rpc.config import Peer, ServerConfig, Tls
from libs.telemetry.config import TelemetryConfig

MAX_REQUEST_BYTES = 64 * 1024
"""Requests name a place and nothing else."""


class Peers(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Whom routing calls."""

    directory: Peer
    """Publishes the snapshot."""
    keys: Peer
    """Signs the labels."""


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The configuration file of routing."""

    listen: str
    """Host and port of the gRPC server."""
    tls: Tls
    peers: Peers
    root: Path
    """root.json: the pinned key that snapshots and labels are verified from."""
    snapshot_interval_seconds: float = 5.0
    """How often the directory is asked for a newer snapshot; the answer is empty when there is none."""
    telemetry: TelemetryConfig = TelemetryConfig()

    @property
    def server(self) -> ServerConfig:
        """The listening server."""
        return ServerConfig(listen=self.listen, tls=self.tls, max_message_bytes=MAX_REQUEST_BYTES)
