"""What the directory is told when it starts. Secrets are named by path."""

from pathlib import Path

import msgspec

from libs.db.config import DbConfig
from libs.rpc.config import Peer, ServerConfig, Tls
from libs.telemetry.config import TelemetryConfig


class Peers(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Whom the directory calls."""

    keys: Peer
    """Signs the snapshots."""
    audit: Peer
    """Has each receiver certificate in the key log before anyone is told of it."""


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The configuration file of the directory."""

    listen: str
    """Host and port of the gRPC server."""
    tls: Tls
    db: DbConfig
    peers: Peers
    root: Path
    """root.json: what keys answers is believed only if it verifies from here."""
    telemetry: TelemetryConfig = TelemetryConfig()

    @property
    def server(self) -> ServerConfig:
        """The listening server. The largest request imports 400 tjenester with a certificate each."""
        return ServerConfig(listen=self.listen, tls=self.tls, max_message_bytes=4_000_000)
