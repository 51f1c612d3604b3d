"""What a gateway is told. It runs twice: as the portal, and as the sealing process on an origin of its own."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from libs.rpc.config import Peer, ServerConfig, Tls
from libs.telemetry.config import TelemetryConfig

Role = Literal["portal", "sealing"]


@dataclass(frozen=True, slots=True)
class Origins:
    """The two processes as browsers reach them, without a slash at the end."""

    portal: str
    sealing: str


class Peers(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Whom it calls."""

    intake: Peer
    routing: Peer
    audit: Peer | None = None
    """Needed by the portal only: the logs' files."""


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One gateway process."""

    role: Role
    """"portal": pages and API. "sealing": what browsers without JavaScript post is sealed in memory and submitted."""
    listen: str
    """gRPC (health only): host and port."""
    http_listen: str
    """HTTP: host and port."""
    public_url: str
    """This process as browsers reach it, without a slash at the end, e.g. "http://127.0.0.1:8080"."""
    portal_url: str
    """The portal as browsers reach it."""
    sealing_url: str
    """The sealing process as browsers reach it; its origin differs from the portal's."""
    root: Path
    """The pinned root.json that snapshots, labels and receipts are verified from."""
    tls: Tls
    peers: Peers
    telemetry: TelemetryConfig = TelemetryConfig()
    trusted_proxies: tuple[str, ...] = ()
    """Addresses whose X-Forwarded-For is believed. Else all requests through a proxy share one address's limits."""

    @property
    def server(self) -> ServerConfig:
        """Where health is asked for."""
        return ServerConfig(listen=self.listen, tls=self.tls)

    @property
    def origins(self) -> Origins:
        """The two processes."""
        return Origins(self.portal_url, self.sealing_url)
