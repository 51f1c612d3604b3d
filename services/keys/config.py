"""What keys is told when it starts, and what its provisioning is told. Secrets are named by path."""

from pathlib import Path

import msgspec

from libs.rpc.config import ServerConfig, Tls
from libs.telemetry.config import TelemetryConfig


class Logs(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The origins of our two logs, which are also the names of their checkpoint keys."""

    keys_origin: str
    """For instance "samvern.local/log/keys"."""
    events_origin: str

    def by_name(self) -> dict[str, str]:
        """The origin of each log."""
        return {"keys": self.keys_origin, "events": self.events_origin}


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The configuration file of keys."""

    listen: str
    """Host and port of the gRPC server."""
    tls: Tls
    keystore_dir: Path
    """Folder of the key files, the certifications and the memory of signed checkpoints."""
    passphrase_file: Path
    """Opens the key files; mode 0600."""
    logs: Logs
    root: Path
    """Where provisioning writes root.json; logs.json is written beside it. The running service does not read it."""
    telemetry: TelemetryConfig = TelemetryConfig()

    @property
    def server(self) -> ServerConfig:
        """The listening server. The largest request is a snapshot of 4 MiB."""
        return ServerConfig(listen=self.listen, tls=self.tls)
