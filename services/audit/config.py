"""What audit is told when it starts. Secrets are named by path."""

import msgspec

from libs.db.config import DbConfig
from libs.rpc.config import Peer, ServerConfig, Tls
from libs.telemetry.config import TelemetryConfig
from libs.tlog.note import VerifierKey
from services.audit.domain import LogName


class Peers(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whom audit calls."""

    keys: Peer
    """Signs the checkpoints."""


class Logs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Verifier keys (C2SP signed-note vkeys) of our two logs: what keys signs is believed only if it verifies."""

    keys_vkey: str
    events_vkey: str

    def by_name(self) -> dict[LogName, VerifierKey]:
        """The verifier key of each log; raises Malformed."""
        return {"keys": VerifierKey.parse(self.keys_vkey), "events": VerifierKey.parse(self.events_vkey)}


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The configuration file of audit."""

    listen: str
    """Host and port of the gRPC server."""
    tls: Tls
    db: DbConfig
    peers: Peers
    logs: Logs
    telemetry: TelemetryConfig = TelemetryConfig()
    batch_interval_seconds: float = 2.0
    """Commitments wait at most this long for their batch, so that a batch's time tells little of a report's."""
    batch_size: int = 16
    """Entries of one batch of the event log; it is filled up with random ones."""

    @property
    def server(self) -> ServerConfig:
        """The listening server. Requests are small: 1 000 commitments, or one certificate."""
        return ServerConfig(listen=self.listen, tls=self.tls, max_message_bytes=100_000)
