"""What intake is told when it starts. Secrets are named by path."""

from pathlib import Path
from typing import Annotated, Literal

import msgspec

from libs.db.config import DbConfig
from libs.rpc.config import Peer, ServerConfig, Tls
from libs.telemetry.config import TelemetryConfig


class Peers(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whom intake calls; none of them on the way of a melding."""

    directory: Peer
    """Gives the snapshot."""
    routing: Peer
    """Gives the labels."""
    keys: Peer
    """Certifies the receipt key."""
    audit: Peer
    """Takes commitments."""


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The configuration file of intake."""

    listen: str
    """Host and port of the gRPC server."""
    tls: Tls
    db: DbConfig
    peers: Peers
    root: Path
    """The pinned root.json that every label and snapshot is verified from."""
    keystore_dir: Path
    """Folder of the file keystore that holds the receipt key."""
    passphrase_file: Path
    """What the keystore's files are encrypted under."""
    durability: Literal["one disk", "two disks"]
    """What a receipt says of where a committed melding lies: "two disks" only with a synchronous standby."""
    sequence_head_interval_seconds: Annotated[float, msgspec.Meta(gt=0)] = 3600.0
    """Each receiver's last number is signed this often, in silent hours too."""
    telemetry: TelemetryConfig = TelemetryConfig()

    @property
    def server(self) -> ServerConfig:
        """The listening server; its limits fit a melding of 5 000 000 bytes."""
        return ServerConfig(listen=self.listen, tls=self.tls)
